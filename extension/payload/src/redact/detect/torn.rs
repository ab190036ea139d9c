//! Words that are cut in two: by the end of a line, or by quotes in code that joins strings.

use super::super::values::is_opaque;
use super::Input;

const GAP_MAX: usize = 48;
const PARTS_MAX: usize = 8;
const PART_MAX: usize = 4_096;
/// A line goes on in the next one only with what looks random.
const LINE_MIN: usize = 6;

/// How a word goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Joint {
    /// `"…" + "…"`, and lines that say that they go on.
    Certain,
    /// A line end, or a comma between strings.
    Line,
}

/// Where a word goes on that ends at `at`.
pub(crate) fn next(input: &Input<'_>, at: usize) -> Option<(usize, Joint)> {
    match input.byte(at) {
        b'\n' | b'\r' | b'=' => return line(input, at),
        // A terminal's colour changes inside of it.
        0x1b => {
            let from = input.blanks(at, 0);
            return (from > at).then_some((from, Joint::Line));
        }
        _ => {}
    }
    // The quote may be escaped.
    let slashes = input.run(at, 8, |b| b == b'\\');
    let quote = input.byte(slashes);
    if !matches!(quote, b'"' | b'\'' | b'`') {
        return None;
    }
    let operator = input.run(slashes + 1, GAP_MAX, |b| {
        b.is_ascii_whitespace() || b"+.&|~<>,\\".contains(&b)
    });
    let from = operator + 1;
    let between = &input.bytes[slashes + 1..operator];
    let between = &between[..between.len().saturating_sub(slashes - at)];
    if input.byte(operator) != quote || between.is_empty() {
        return None;
    }
    let mut signs = between.iter().filter(|b| !b.is_ascii_whitespace());
    let comma = signs.clone().any(|b| *b == b',');
    let lines = signs.next().is_none();
    let joint = if comma || lines && !between.contains(&b'\n') {
        Joint::Line
    } else {
        Joint::Certain
    };
    Some((from, joint))
}

/// The next line, behind its indentation and the sign of a quotation or a comment.
fn line(input: &Input<'_>, at: usize) -> Option<(usize, Joint)> {
    let soft = input.byte(at) == b'=';
    let end = at + usize::from(soft);
    let end = end + usize::from(input.byte(end) == b'\r');
    if input.byte(end) != b'\n' {
        return None;
    }
    let space = |b: u8| matches!(b, b' ' | b'\t');
    let mut from = input.run(end + 1, GAP_MAX, space);
    if matches!(input.byte(from), b'>' | b'|' | b'+' | b'#') && space(input.byte(from + 1)) {
        from = input.run(from + 1, GAP_MAX, space);
    }
    Some((from, if soft { Joint::Certain } else { Joint::Line }))
}

/// The ranges of the word that ends at `at` in which it goes on, of bytes that belong to it.
pub(crate) fn parts(
    input: &Input<'_>,
    mut at: usize,
    least: Joint,
    belongs: impl Fn(u8) -> bool,
) -> Vec<(usize, usize)> {
    let mut parts = Vec::new();
    while parts.len() < PARTS_MAX
        && let Some((from, joint)) = next(input, at)
    {
        let end = input.run(from, PART_MAX, &belongs);
        let part = &input.text[from..end];
        let whole = !super::is_word(input.byte(end));
        let sure = joint == Joint::Certain && end > from
            || least == Joint::Line && whole && is_opaque(part, LINE_MIN);
        if !sure {
            break;
        }
        parts.push((from, end));
        at = end;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(text: &str, least: Joint) -> String {
        let input = Input::new(text, "");
        let end = text.find("ab").unwrap() + 2;
        let belongs = |b: u8| b.is_ascii_alphanumeric();
        let parts = parts(&input, end, least, belongs);
        parts.iter().map(|(s, e)| &text[*s..*e]).collect()
    }

    #[test]
    fn words_go_on() {
        for text in [
            "\"ab\" + \"cd12ef\"",
            "'ab'\n  'cd12ef'",
            "'ab' .. 'cd12ef'",
            "\\\"ab\\\" + \\\"cd12ef\\\"",
            "\"ab\" \\\n \"cd12ef\"",
            "ab=\r\ncd12ef",
        ] {
            assert_eq!(joined(text, Joint::Certain), "cd12ef", "{text}");
        }
        for text in [
            "ab\n  cd12ef\n",
            "ab\n> cd12ef",
            "[\"ab\", \"cd12ef\"]",
            "ab\x1b[31mcd12ef\x1b[0m",
        ] {
            assert_eq!(joined(text, Joint::Line), "cd12ef", "{text}");
            assert_eq!(joined(text, Joint::Certain), "", "{text}");
        }
    }

    #[test]
    fn other_words_do_not() {
        for text in [
            "ab\nplain",
            "ab\nplain words",
            "ab cd12ef",
            "\"ab\" and \"cd12ef\"",
            "\"ab\"",
            "ab=cd12ef",
            "\"ab\" + cd12ef",
            "ab",
        ] {
            assert_eq!(joined(text, Joint::Line), "", "{text}");
        }
    }
}
