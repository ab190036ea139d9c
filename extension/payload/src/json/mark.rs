//! Marks: how a string keeps what PostgreSQL text cannot hold.
//!
//! U+0000 and lone surrogates are valid in JSON text (`\u0000`, `\ud83d`) and come out of real tools,
//! but neither jsonb nor UTF-8 has room for them. Each such code unit is kept as a mark, `⟦u0000⟧`,
//! readable in a timeline and searchable. Text that already looks like a mark has its first bracket
//! marked (`⟦u27e6⟧u0000⟧`), so [`unmark`] always gives the original code units back.
//!
//! A number that numeric cannot hold is a string that is one mark, `⟦n1e999999⟧`. The dollar of a
//! member that would make an object look like text that was not JSON is marked too, see
//! [`super::UNPARSED`].

use super::Tokens;
use crate::interrupt::{self, PIECE};
use std::borrow::Cow;

pub(super) const OPEN: &str = "⟦u";
const BRACKET: u16 = 0x27E6;
const DOLLAR: u16 = 0x24;
const NUMBER_OPEN: &str = "⟦n";
const CLOSE: char = '⟧';
/// Length of the shortest mark: that of a number with one digit.
const SHORTEST: usize = NUMBER_OPEN.len() + 1 + CLOSE.len_utf8();

/// The code unit of a mark at the start of `text`.
fn mark_at_start(text: &str) -> Option<u16> {
    let rest = text.strip_prefix(OPEN)?;
    let hex = rest.get(..4)?;
    let canonical = hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if !canonical || !rest[4..].starts_with(CLOSE) {
        return None;
    }
    let unit = u16::from_str_radix(hex, 16).ok()?;
    matches!(unit, 0 | DOLLAR | BRACKET | 0xD800..=0xDFFF).then_some(unit)
}

/// Length of every mark of a code unit.
const MARK_LENGTH: usize = OPEN.len() + 4 + CLOSE.len_utf8();

/// The length of the mark that `text` starts with.
pub(crate) fn mark_length(text: &str) -> Option<usize> {
    mark_at_start(text).map(|_| MARK_LENGTH)
}

/// The mark of a number, by its spelling.
pub(super) fn mark_number(spelling: &str) -> String {
    format!("{NUMBER_OPEN}{spelling}{CLOSE}")
}

/// The spelling of the number that `text` is the mark of.
pub(super) fn marked_number(text: &str) -> Option<&str> {
    let spelling = text.strip_prefix(NUMBER_OPEN)?.strip_suffix(CLOSE)?;
    Tokens::is_number(spelling).then_some(spelling)
}

/// A key with its first character, a dollar, marked.
pub(super) fn mark_dollar(key: &str) -> String {
    let mut out = String::new();
    push_mark(&mut out, DOLLAR);
    out.push_str(key.strip_prefix('$').unwrap_or(key));
    out
}

/// Text whose own look-alikes of marks are marked themselves.
pub fn mark_string(text: &str) -> Cow<'_, str> {
    if text.len() < SHORTEST && !text.contains('\0') {
        return Cow::Borrowed(text);
    }
    let mut from = 0;
    while let Some(at) = next_special(text, from) {
        let mark = text.as_bytes()[at] == 0 || mark_at_start(&text[at..]).is_some();
        if mark || at == 0 && marked_number(text).is_some() {
            return mark_units(text, &[]);
        }
        from = at + '⟦'.len_utf8();
    }
    Cow::Borrowed(text)
}

/// Where the next bracket or NUL stands.
fn next_special(text: &str, mut from: usize) -> Option<usize> {
    while from < text.len() {
        let end = text.floor_char_boundary(from + PIECE);
        let piece = &text[from..end];
        interrupt::check(piece.len());
        // One at a time: each is a search that the standard library does many bytes at once.
        let bracket = piece.find('⟦');
        let nul = piece[..bracket.unwrap_or(piece.len())].find('\0');
        if let Some(at) = nul.or(bracket) {
            return Some(from + at);
        }
        from = end;
    }
    None
}

/// The same, with code units that text cannot hold put back at their byte offsets.
pub(super) fn mark_units(text: &str, units: &[(usize, u16)]) -> Cow<'static, str> {
    let mut out = String::with_capacity(text.len() + (units.len() + 1) * MARK_LENGTH);
    let mut from = 0;
    if units.is_empty() && marked_number(text).is_some() {
        push_mark(&mut out, BRACKET);
        from = '⟦'.len_utf8();
    }
    for &(at, unit) in units {
        interrupt::check(MARK_LENGTH);
        push_marked(&mut out, &text[from..at]);
        push_mark(&mut out, unit);
        from = at;
    }
    push_marked(&mut out, &text[from..]);
    Cow::Owned(out)
}

/// Appends literal text.
fn push_marked(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = next_special(rest, 0) {
        interrupt::push(out, &rest[..at]);
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix('\0') {
            push_mark(out, 0);
            rest = after;
        } else {
            if mark_at_start(rest).is_some() {
                push_mark(out, BRACKET);
            } else {
                out.push('⟦');
            }
            rest = &rest['⟦'.len_utf8()..];
        }
    }
    interrupt::push(out, rest);
}

fn push_mark(out: &mut String, unit: u16) {
    use std::fmt::Write;
    let _ = write!(out, "⟦u{unit:04x}⟧");
}

/// The UTF-16 escapes and characters behind the marks, as the inside of a JSON string.
///
/// The inverse of reading: a string that was read and then unmarked is the JSON escape of the same
/// code units.
pub fn unmark(text: &str) -> Cow<'_, str> {
    if !interrupt::contains(text, OPEN) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = interrupt::find(rest, OPEN) {
        interrupt::check(MARK_LENGTH);
        interrupt::push(&mut out, &rest[..at]);
        rest = &rest[at..];
        match mark_at_start(rest) {
            Some(unit @ (BRACKET | DOLLAR)) => {
                out.push(if unit == DOLLAR { '$' } else { '⟦' });
                rest = &rest[MARK_LENGTH..];
            }
            Some(unit) => {
                use std::fmt::Write;
                let _ = write!(out, "\\u{unit:04x}");
                rest = &rest[MARK_LENGTH..];
            }
            None => {
                out.push_str(OPEN);
                rest = &rest[OPEN.len()..];
            }
        }
    }
    interrupt::push(&mut out, rest);
    Cow::Owned(out)
}

/// Plain text behind the marks. What text cannot hold stays a mark.
pub(super) fn unmark_text(text: &str) -> Cow<'_, str> {
    if !interrupt::contains(text, OPEN) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = interrupt::find(rest, "⟦") {
        interrupt::check(MARK_LENGTH);
        let bracket = at + '⟦'.len_utf8();
        interrupt::push(&mut out, &rest[..bracket]);
        rest = match mark_at_start(&rest[at..]) {
            Some(BRACKET) => &rest[at + MARK_LENGTH..],
            _ => &rest[bracket..],
        };
    }
    interrupt::push(&mut out, rest);
    Cow::Owned(out)
}
