//! PEM and OpenPGP private keys, to their end or, when cut off, to the end of the text.

use super::super::kind::Kind;
use super::super::spans::Hits;
use super::Input;
use crate::interrupt;

const LABEL_MAX: usize = 60;
const LABEL_END: &str = "-----";
/// Armour of a cut-off key: anything else ends it.
const BODY_GAP_MAX: usize = 2;
const LINES_MAX: usize = 8_192;

/// A key whose `-----BEGIN ` starts at `at`.
pub(crate) fn find(input: &Input<'_>, at: usize, hits: &mut Hits) {
    let rest = &input.text[at + "-----BEGIN ".len()..];
    let mut window = rest.len().min(LABEL_MAX);
    while !rest.is_char_boundary(window) {
        window -= 1;
    }
    let Some(label_end) = rest[..window].find(LABEL_END) else {
        return;
    };
    let label = &rest[..label_end];
    if !label.contains("PRIVATE KEY") {
        return;
    }
    let body = at + "-----BEGIN ".len() + label_end + LABEL_END.len();
    // The next dashes end it, or begin something else: looking no further keeps this linear.
    let dashes = interrupt::find(&input.text[body..], LABEL_END).map(|found| body + found);
    let end = match dashes {
        Some(line) if input.bytes[line..].starts_with(b"-----END ") => {
            let label = line + LABEL_END.len();
            let label_end = input.run(label, LABEL_MAX, |b| b != b'-');
            if input.bytes[label_end..].starts_with(LABEL_END.as_bytes()) {
                label_end + LABEL_END.len()
            } else {
                label
            }
        }
        Some(line) => cut_off(input, body, line),
        None => cut_off(input, body, input.bytes.len()),
    };
    hits.push(at, end, Kind::PRIVATE_KEY);
}

/// The body of an SSH2 key, which begins behind the line of `at`.
pub(crate) fn find_ssh2(input: &Input<'_>, at: usize, hits: &mut Hits) {
    let label = &input.text[at..input.ahead(at, LABEL_MAX)];
    let Some(label) = label.rfind(" ----").filter(|_| label.contains("PRIVATE")) else {
        return;
    };
    let body = at + label + " ----".len();
    let stop = input.ahead(body, LINES_MAX);
    let end = match input.text[body..stop].find("---- END") {
        Some(end) => body + end,
        None => cut_off(input, body, stop),
    };
    let end = body + input.text[body..end].trim_end().len();
    let lines = input.text[body..end].trim_start().len();
    hits.push(end - lines, end, Kind::PRIVATE_KEY);
}

/// The lines of a key before its end line, which is at `at`: the beginning was cut off.
pub(crate) fn find_end(input: &Input<'_>, at: usize, hits: &mut Hits) {
    const LINE_MIN: usize = 16;
    const LINE_MAX: usize = 80;
    let label = &input.text[at..input.ahead(at, LABEL_MAX)];
    if !label.contains("PRIVATE KEY-----") {
        return;
    }
    let (mut start, mut whole) = (at, 0);
    for _ in 0..LINES_MAX / LINE_MAX {
        let end = input.run_back(start, 1, |b| b == b'\n');
        let end = input.run_back(end, 1, |b| b == b'\r');
        let line = input.run_back(end, LINE_MAX, |b| {
            b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=')
        });
        // The last one may be short.
        let long = end - line >= LINE_MIN;
        if end == start || line == end || !long && start != at {
            break;
        }
        whole += usize::from(long);
        start = line;
    }
    if whole == 0 {
        return;
    }
    hits.push(start, at, Kind::PRIVATE_KEY);
}

/// PuTTY says how many lines its key has: `Private-Lines: 14`, the number at `at`.
pub(crate) fn find_putty(input: &Input<'_>, at: usize, hits: &mut Hits) {
    const COUNT_MAX: usize = 200;
    let digits = input.run(at, 3, |b| b.is_ascii_digit());
    let count = input.text[at..digits].parse().unwrap_or(0);
    let space = input.run(digits, 8, |b| matches!(b, b' ' | b'\r'));
    // What is said of lines is the end of one.
    if input.byte(space) != b'\n' {
        return;
    }
    let body = space + 1;
    let mut end = body;
    for _ in 0..COUNT_MAX.min(count) {
        end = line_end(input, end);
    }
    let end = body + input.text[body..end].trim_end().len();
    hits.push(body, end, Kind::PRIVATE_KEY);
}

/// Where the next line begins; in a long one, where the look at it ends.
fn line_end(input: &Input<'_>, at: usize) -> usize {
    let end = input.run(at, LINES_MAX, |b| b != b'\n');
    end + usize::from(input.byte(end) == b'\n')
}

/// True for the line that a private key begins with.
pub(crate) fn is_begin(line: &str) -> bool {
    line.starts_with("-----BEGIN ")
        && line.trim_end().ends_with(LABEL_END)
        && line.contains("PRIVATE KEY")
}

/// The end of a body without an end line: the last line that is armour.
fn cut_off(input: &Input<'_>, body: usize, stop: usize) -> usize {
    let (mut end, mut from, mut gap) = (body, body, 0);
    while from < stop {
        let line_end = input.run(from, stop - from, |b| !matches!(b, b'\n' | b'\r'));
        let next = stop.min(line_end + 1);
        let line = &input.text[from..next];
        interrupt::check(line.len());
        let words = line.trim_matches(interrupt::is_space);
        // Escaped line ends keep the whole body on one line.
        let has = |part| interrupt::contains(words, part);
        let armour = !has(" ") || has("\\n") || has(": ");
        if !armour {
            gap += 1;
            if gap > BODY_GAP_MAX {
                break;
            }
        } else if !words.is_empty() {
            gap = 0;
            end = from + line.trim_end_matches(interrupt::is_space).len();
        }
        from = next;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&str> {
        let input = Input::new(text, "");
        let mut hits = Hits::default();
        find(&input, text.find("-----BEGIN ")?, &mut hits);
        hits.iter().next().map(|h| &text[h.start..h.end])
    }

    #[test]
    fn private_keys_whole_escaped_and_cut() {
        let begin = concat!("-----BEGIN RSA PRIV", "ATE KEY-----");
        let end = concat!("-----END RSA PRIV", "ATE KEY-----");
        let whole = format!("{begin}\nabc/def+\nghi=\n{end}");
        assert_eq!(found(&format!("$ cat key\n{whole}\ndone")), Some(&*whole));
        let escaped = format!("{begin}\\nabc\\n{end}");
        assert_eq!(found(&format!("\"{escaped}\"")), Some(&*escaped));
        let cut = format!("{begin}\nabc/def+\nghi=");
        assert_eq!(found(&format!("{cut}\n")), Some(&*cut));
    }

    #[test]
    fn other_formats() {
        let found = |text: &str| {
            let (input, mut hits) = (Input::new(text, ""), Hits::default());
            if let Some(at) = text.find("---- BEGIN") {
                find_ssh2(&input, at, &mut hits);
            }
            if let Some(at) = text.find("Private-Lines: ") {
                find_putty(&input, at + "Private-Lines: ".len(), &mut hits);
            }
            hits.iter().next().map(|h| text[h.start..h.end].to_owned())
        };
        let ssh2 = concat!(
            "---- BEGIN SSH2 ENCRYPTED PRIV",
            "ATE KEY ----\nabc/\ndef+\n---- END x ----"
        );
        assert_eq!(found(ssh2).as_deref(), Some("abc/\ndef+"));
        let public = "---- BEGIN SSH2 PUBLIC KEY ----\nabc/\n---- END SSH2 PUBLIC KEY ----";
        assert_eq!(found(public), None);
        let putty = "Public-Lines: 1\nabc\nPrivate-Lines: 2\ndef\nghi\nPrivate-MAC: 12\n";
        assert_eq!(found(putty).as_deref(), Some("def\nghi"));
        assert_eq!(found("Private-Lines: many\nabc\n"), None);
    }

    #[test]
    fn keys_without_their_beginning() {
        let end = concat!("-----END RSA PRIV", "ATE KEY-----");
        let line = "kX7+pQ/2mZ".repeat(6);
        for (text, found) in [
            (
                format!("$ tail key\n{line}\n{line}\nab==\n{end}"),
                format!("{line}\n{line}\nab==\n"),
            ),
            (format!("x\r\n{line}\r\n{end}"), format!("{line}\r\n")),
            (format!("{line}\n-----END CERTIFICATE-----"), String::new()),
            (format!("no more\n\n{end}"), String::new()),
        ] {
            let (input, mut hits) = (Input::new(&text, ""), Hits::default());
            find_end(&input, text.find("-----END").unwrap(), &mut hits);
            let hit: String = hits.iter().map(|h| &text[h.start..h.end]).collect();
            assert_eq!(hit, found, "{text}");
        }
    }

    #[test]
    fn certificates_and_public_keys_stay() {
        for label in [
            "CERTIFICATE",
            "PUBLIC KEY",
            "PGP PUBLIC KEY BLOCK",
            "PGP MESSAGE",
        ] {
            assert_eq!(found(&format!("-----BEGIN {label}-----\nabc\n")), None);
        }
    }
}
