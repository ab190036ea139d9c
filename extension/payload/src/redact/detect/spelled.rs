//! E-mail addresses that are spelled out: `name [at] host [dot] org`.

use super::super::kind::Kind;
use super::super::spans::Hits;
use super::Input;
use super::email::{LABEL_MAX, LOCAL_MAX, is_local_edge};

/// Ends of most domains.
const TLDS: [&str; 44] = [
    "com", "net", "org", "edu", "gov", "io", "dev", "app", "ai", "co", "me", "info", "biz", "us",
    "uk", "de", "fr", "nl", "ch", "at", "es", "it", "eu", "in", "ca", "au", "jp", "pl", "se", "dk",
    "fi", "nz", "ie", "pt", "br", "mx", "ru", "cn", "kr", "online", "cloud", "tech", "xyz",
    "example",
];
/// Words for `@`, found at `at..end`; a word for the dot must follow.
pub(crate) fn find(input: &Input<'_>, at: usize, end: usize, hits: &mut Hits) {
    let space = |b: u8| b == b' ';
    let sign = input.run_back(at, 3, space);
    let at = if input.byte(at) == b' ' { at + 1 } else { at };
    let mut start = input.run_back(sign, LOCAL_MAX, |b| {
        b.is_ascii_alphanumeric() || b"._+-".contains(&b)
    });
    while start < sign && !is_local_edge(input.byte(start)) {
        start += 1;
    }
    if start == sign {
        return;
    }
    let mut from = input.run(end, 3, space);
    // Everybody in a chat is no host.
    if ["everyone", "here", "channel"]
        .iter()
        .any(|all| input.bytes[from..].starts_with(all.as_bytes()))
    {
        return;
    }
    if let Some((start, stop)) = letters(input, sign, from) {
        hits.push(start, stop, Kind::EMAIL);
        return;
    }
    let signed = input.bytes[at..end].contains(&b'@');
    let apart = signed && (sign < at || from > end);
    let (mut dots, mut spelled, mut stop) = (0, 0, from);
    loop {
        let label = input.run(from, LABEL_MAX, |b| b.is_ascii_alphanumeric() || b == b'-');
        if label == from {
            break;
        }
        stop = label;
        match dot(input, label, apart) {
            Some((next, word)) if dots < 6 => {
                dots += 1;
                spelled += usize::from(word);
                from = next;
            }
            _ => break,
        }
    }
    let tld = input.run_back(stop, LABEL_MAX, |b| b.is_ascii_alphabetic());
    let bracketed = matches!(input.byte(at), b'[' | b'(' | b'{' | b'<');
    let escaped = matches!(input.byte(at), b'=' | b'\\');
    // Without brackets it may be a sentence: then the domain must end as most do.
    let last = &input.text[tld..stop];
    let enough = dots > 0
        && stop - tld >= 2
        && (bracketed || ((spelled > 0 || apart || escaped) && is_tld(last)));
    if enough && !super::is_word(input.byte(stop)) {
        hits.push(start, stop, Kind::EMAIL);
    }
}

/// True for the end of most domains.
pub(super) fn is_tld(label: &str) -> bool {
    TLDS.iter().any(|tld| label.eq_ignore_ascii_case(tld))
}

/// `a l i c e @ h o s t . o r g`, around the sign at `at..end`.
fn letters(input: &Input<'_>, at: usize, end: usize) -> Option<(usize, usize)> {
    let one =
        |at: usize| input.byte(at).is_ascii_alphanumeric() || b"._+-".contains(&input.byte(at));
    let single = |at: usize| one(at) && !super::is_word(input.byte(at + 1));
    let mut start = at;
    while at - start < 2 * LOCAL_MAX
        && start >= 2
        && one(start - 1)
        && !super::is_word(input.before(start - 1))
    {
        start -= 1;
        if input.before(start) != b' ' {
            break;
        }
        start -= 1;
    }
    if input.byte(start) == b' ' {
        start += 1;
    }
    let (mut stop, mut domain) = (end, String::new());
    while domain.len() < LABEL_MAX && single(stop) {
        domain.push(char::from(input.byte(stop)));
        stop += 1;
        if input.byte(stop) != b' ' || !single(stop + 1) {
            break;
        }
        stop += 1;
    }
    let (host, tld) = domain.rsplit_once('.')?;
    (is_tld(tld) && host.len() >= 2 && at - start >= 3).then_some((start, stop))
}

/// `name at host dot org`, found by its first " dot " at `at`: " at " is in every sentence.
pub(crate) fn find_by_dot(input: &Input<'_>, at: usize, hits: &mut Hits) {
    let label = input.run_back(at, LABEL_MAX, |b| b.is_ascii_alphanumeric() || b == b'-');
    let sign = label.checked_sub(" at ".len());
    let Some(sign) = sign.filter(|s| input.bytes[*s..label].eq_ignore_ascii_case(b" at ")) else {
        return;
    };
    find(input, sign, label, hits);
}

/// A dot behind a label, itself or as a word: where it ends, and whether it was a word. `apart`: the
/// sign has spaces beside it, so that the dot may have them too.
fn dot(input: &Input<'_>, at: usize, apart: bool) -> Option<(usize, bool)> {
    const WORDS: [&str; 9] = [
        "[dot]", "(dot)", "{dot}", "<dot>", "[ dot ]", "( dot )", "[.]", "(.)", "dot",
    ];
    let from = input.run(at, 3, |b| b == b' ');
    // `name @ host . org`
    if apart && from > at && input.bytes[from..].starts_with(b". ") {
        return Some((input.run(from + 1, 3, |b| b == b' '), false));
    }
    if input.byte(from) == b'.' && input.byte(from + 1).is_ascii_alphanumeric() {
        return (from == at).then_some((from + 1, false));
    }
    WORDS.iter().find_map(|word| {
        let found = input.text.get(from..from + word.len())?;
        let bare = *word == "dot";
        let apart = !bare || (from > at && input.byte(from + 3) == b' ');
        (apart && found.eq_ignore_ascii_case(word))
            .then(|| (input.run(from + word.len(), 3, |b| b == b' '), true))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        let input = Input::new(text, "");
        let mut hits = Hits::default();
        for word in ["[at]", "[ at ]", " @ ", "@ ", "@", "=40", "\\100"] {
            for (at, word) in text.match_indices(word) {
                find(&input, at, at + word.len(), &mut hits);
            }
        }
        for (at, _) in text.match_indices(" dot ") {
            find_by_dot(&input, at, &mut hits);
        }
        // The same sign is met with and without the spaces beside it.
        let mut found: Vec<&str> = hits.iter().map(|h| &text[h.start..h.end]).collect();
        found.dedup();
        found
    }

    #[test]
    fn words_for_signs() {
        for (text, address) in [
            (
                "to farid-98 [at] example [dot] com thanks",
                "farid-98 [at] example [dot] com",
            ),
            ("jo at example dot com", "jo at example dot com"),
            ("jo@example[.]com", "jo@example[.]com"),
            ("jo @ mail . example . org", "jo @ mail . example . org"),
            ("jo@ example.org", "jo@ example.org"),
            (
                "to j o @ e x a m p l e . c o m now",
                "j o @ e x a m p l e . c o m",
            ),
            ("q=jo=40example.com&p=2", "jo=40example.com"),
            ("jo\\100example.com", "jo\\100example.com"),
            (
                "jo [ at ] example [ dot ] com",
                "jo [ at ] example [ dot ] com",
            ),
        ] {
            assert_eq!(found(text), [address], "{text}");
        }
    }

    #[test]
    fn sentences_stay() {
        for text in [
            "meet at noon dot matrix",
            "look at main.rs",
            "see it at example.com",
            "a @ b",
            "jo@ the office. It is",
            "we pinged @ everyone . com",
            "width=40example",
            "f o o @ b a r",
        ] {
            assert_eq!(found(text), Vec::<&str>::new(), "{text}");
        }
    }
}
