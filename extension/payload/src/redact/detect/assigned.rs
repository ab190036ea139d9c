//! The value behind a name in text: where it stands, how it was written, whether it is a secret.

use super::super::keys::Class;
use super::super::values::{is_expression, is_opaque, is_placeholder, is_pointer};
use super::Input;
use super::authorization;
use super::join::Join;
use crate::interrupt;

const VALUE_MAX: usize = 4_096;
/// Of an unquoted value this much is judged; [`Assigned::extend`] finds its end.
const LOOK_MAX: usize = 128;
const TOKEN_MIN: usize = 8;
const OPAQUE_MIN: usize = 8;
const BESIDE_MIN: usize = 10;
const WORDS_MAX: usize = 3;

/// What stands behind a flag in a sentence about it.
const PROSE: [&str; 14] = [
    "option",
    "options",
    "flag",
    "flags",
    "argument",
    "arguments",
    "and",
    "parameter",
    "switch",
    "for",
    "with",
    "can",
    "must",
    "are",
];

/// A value in text.
pub(super) struct Assigned {
    pub start: usize,
    pub end: usize,
    pub quoted: bool,
}

impl Assigned {
    /// The value to its end, however long it is.
    pub(super) fn extend(self, input: &Input<'_>, join: Join) -> Self {
        if self.quoted || self.end - self.start + 4 < LOOK_MAX {
            return self;
        }
        Assigned {
            end: unquoted_end(input, self.start, join, usize::MAX),
            ..self
        }
    }
}

/// The value at `at`.
pub(super) fn read(input: &Input<'_>, at: usize, join: Join) -> Option<Assigned> {
    if let Some(quoted) = read_quoted(input, at) {
        return Some(quoted);
    }
    if join == Join::Call {
        return None;
    }
    let end = unquoted_end(input, at, join, LOOK_MAX);
    (end > at).then_some(Assigned {
        start: at,
        end,
        quoted: false,
    })
}

/// A value in quotes, which may be escaped (`\"`) as often as the text is nested.
fn read_quoted(input: &Input<'_>, at: usize) -> Option<Assigned> {
    let mut open = at;
    // Prefixes of string literals; an interpolated one is an expression.
    if matches!(
        input.byte(open),
        b'b' | b'r' | b'u' | b'f' | b'B' | b'R' | b'U' | b'F'
    ) && matches!(input.byte(open + 1), b'"' | b'\'')
    {
        open += 1;
    }
    let slashes_end = input.run(open, 32, |b| b == b'\\');
    let slashes = slashes_end - open;
    let quote = input.byte(slashes_end);
    if !matches!(quote, b'"' | b'\'' | b'`') {
        return None;
    }
    let start = slashes_end + 1;
    let (mut run, mut skip) = (0, false);
    let end = input.run(start, VALUE_MAX, |b| {
        if slashes == 0 {
            let escaped = skip;
            skip = b == b'\\' && !escaped;
            return escaped || (b != quote && b != b'\n');
        }
        let closing = b == quote && run <= slashes;
        run = if b == b'\\' { run + 1 } else { 0 };
        !closing && b != b'\n'
    });
    let end = if slashes > 0 {
        input.run_back(end, slashes, |b| b == b'\\').max(start)
    } else {
        end
    };
    Some(Assigned {
        start,
        end,
        quoted: true,
    })
}

fn unquoted_end(input: &Input<'_>, at: usize, join: Join, most: usize) -> usize {
    let stop = input.run(at, most, |b| {
        !b.is_ascii_whitespace()
            && !matches!(b, b'"' | b'\'' | b'`' | b'<' | b'>')
            && b != b';'
            && b != 0x1b
            && (join != Join::Query || !matches!(b, b'&' | b'#' | b')' | b']'))
    });
    let mut end = at;
    while end < stop {
        interrupt::check(1);
        let next = input.byte(end + 1);
        let ends = match input.byte(end) {
            b'\\' => matches!(next, b'n' | b'r' | b't' | b'"' | b'\''),
            // `a=1&b=2` and `a=1,b=2`: another name follows.
            b'&' | b',' | b'|' => {
                end + 1 == stop || names_follow(input, end + 1) || next == b'&' || next == b'|'
            }
            _ => false,
        };
        if ends {
            break;
        }
        end += 1;
    }
    // Brackets that the value does not open: not to be looked for again.
    let mut unopened = Vec::new();
    while end > at {
        interrupt::check(1);
        let open = match input.byte(end - 1) {
            b',' | b';' | b'.' | b':' => None,
            b')' => Some(b'('),
            b']' => Some(b'['),
            b'}' => Some(b'{'),
            _ => break,
        };
        if let Some(open) = open
            && !unopened.contains(&open)
        {
            if !interrupt::all(&input.bytes[at..end], |b| b != open) {
                break;
            }
            unopened.push(open);
        }
        end -= 1;
    }
    end
}

fn names_follow(input: &Input<'_>, at: usize) -> bool {
    let end = input.run(at, 40, |b| {
        super::is_word(b) || matches!(b, b'-' | b'.' | b'"' | b'\'')
    });
    end > at && matches!(input.byte(end), b'=' | b':')
}

/// True when the value is one that a secret of this class has.
pub(super) fn is_secret(
    input: &Input<'_>,
    name: &str,
    value: &Assigned,
    class: Class,
    join: Join,
) -> bool {
    let text = &input.text[value.start..value.end];
    if is_placeholder(text)
        || is_interpolated(input, value)
        || is_beginning(input, value)
        || (!value.quoted && is_pointer(text.as_bytes()))
        || text
            .trim_matches(|c: char| !c.is_ascii_alphanumeric())
            .eq_ignore_ascii_case(name)
    {
        return false;
    }
    let certain = matches!(join, Join::Query | Join::Flag | Join::Env);
    match class {
        Class::Code => (3..=10).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()),
        Class::Opaque => is_opaque(text, OPAQUE_MIN) && (value.quoted || !is_expression(text)),
        Class::Token if value.quoted || certain => {
            let path = !value.quoted && is_expression(text) && text.contains(['.', '_']);
            text.len() >= TOKEN_MIN
                && is_one_word(text)
                && (text.len() >= 16 || has_digit(text))
                && !is_call(text)
                && !path
        }
        Class::Token if join == Join::Beside => is_unquoted_secret(text, join),
        Class::Token => is_opaque(text, TOKEN_MIN) && !is_expression(text) && !is_call(text),
        Class::Secret if value.quoted => is_quoted_secret(text),
        Class::Secret => is_unquoted_secret(text, join),
        Class::Authorization | Class::Cookie => authorization::credential(text).is_some(),
    }
}

/// `sk-...`: the beginning of an example.
fn is_beginning(input: &Input<'_>, value: &Assigned) -> bool {
    let rest = &input.text[value.end..];
    value.end - value.start < 12 && (rest.starts_with("...") || rest.starts_with('…'))
}

/// `f"…{x}"`, `"…${x}"`, `"…" + x`.
fn is_interpolated(input: &Input<'_>, value: &Assigned) -> bool {
    let text = &input.text[value.start..value.end];
    let format = matches!(input.byte(value.start.saturating_sub(2)), b'f' | b'F')
        && value.quoted
        && text.contains('{');
    format
        || text.contains("${")
        || text.contains("{{")
        || text.contains("$(")
        || (value.quoted && text.contains("#{"))
}

fn is_quoted_secret(text: &str) -> bool {
    let words = text.split_ascii_whitespace().count();
    text.len() >= 3
        && (words == 1 || (words <= WORDS_MAX && has_digit(text)))
        && !(words == 1 && is_code_path(text))
}

/// `secrets.API_KEY`, `db.password`: a name of something, quoted.
fn is_code_path(text: &str) -> bool {
    text.contains(['.', '/', '_', '-', ':']) && is_expression(text) && !has_digit(text)
        || text.starts_with(['/', '.'])
}

fn is_unquoted_secret(text: &str, join: Join) -> bool {
    if is_call(text) {
        return false;
    }
    let digit = has_digit(text);
    let number = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if number {
        return text.len() >= 6
            && !text.contains('.')
            && matches!(join, Join::Env | Join::Flag | Join::Query);
    }
    match join {
        // What stands there is taken literally.
        Join::Env | Join::Flag | Join::Query | Join::Tag => {
            text.len() >= 3
                && !(is_expression(text) && text.contains(['.', '_', ':']))
                && !(join == Join::Flag && PROSE.contains(&text))
        }
        Join::Prose => digit && text.len() >= 6 && is_one_piece(text),
        Join::Beside => {
            is_opaque(text, BESIDE_MIN)
                && is_one_piece(text)
                && !is_expression(text)
                && !is_hash(text)
        }
        _ => {
            is_opaque(text, 16)
                || (digit || has_symbol(text)) && text.len() >= 4 && !is_expression(text)
        }
    }
}

fn is_call(text: &str) -> bool {
    text.contains('(') && is_expression(text)
        || text.contains("[") && is_expression(text)
        || text.contains("||")
        || text.contains("&&")
        || text.starts_with(['$', '&', '*'])
}

/// No path, no call, no version: what a person writes behind "is" is a word of prose or a secret.
fn is_one_piece(text: &str) -> bool {
    !text.contains(['/', '(', '[', '{', '.', ':', '='])
}

fn is_hash(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_hexdigit())
}

fn has_digit(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_digit())
}

fn has_symbol(text: &str) -> bool {
    let symbol = |b: u8| {
        matches!(
            b,
            b'!' | b'@' | b'#' | b'$' | b'%' | b'^' | b'&' | b'*' | b'+' | b'=' | b'~'
        )
    };
    text.bytes().any(symbol) && text.bytes().any(|b| b.is_ascii_alphanumeric())
}

fn is_one_word(text: &str) -> bool {
    !text.bytes().any(|b| b.is_ascii_whitespace())
}
