//! Marks: how a string keeps what PostgreSQL text cannot hold.
//!
//! U+0000 and lone surrogates are valid in JSON text (`\u0000`, `\ud83d`) and come out of real tools,
//! but neither jsonb nor UTF-8 has room for them. Each such code unit is kept as a mark, `⟦u0000⟧`,
//! readable in a timeline and searchable. Text that already looks like a mark has its first bracket
//! marked (`⟦u27e6⟧u0000⟧`), so [`unmark`] always gives the original code units back.

use std::borrow::Cow;

const OPEN: &str = "⟦u";
const BRACKET: u16 = 0x27E6;

/// The code unit of a mark at the start of `text`.
fn mark_at_start(text: &str) -> Option<u16> {
    let rest = text.strip_prefix(OPEN)?;
    let hex = rest.get(..4)?;
    let canonical = hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if !canonical || !rest[4..].starts_with('⟧') {
        return None;
    }
    let unit = u16::from_str_radix(hex, 16).ok()?;
    matches!(unit, 0 | BRACKET | 0xD800..=0xDFFF).then_some(unit)
}

const MARK_LENGTH: usize = OPEN.len() + 4 + "⟧".len();

/// Text whose own look-alikes of marks are marked themselves.
pub fn mark_string(text: &str) -> Cow<'_, str> {
    let clean = !text.contains('\0')
        && !text
            .match_indices(OPEN)
            .any(|(at, _)| mark_at_start(&text[at..]).is_some());
    if clean {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    push_marked(&mut out, text);
    Cow::Owned(out)
}

/// The same, with code units that text cannot hold put back at their byte offsets.
pub(super) fn mark_units(text: String, units: &[(usize, u16)]) -> Cow<'static, str> {
    let mut out = String::with_capacity(text.len() + units.len() * MARK_LENGTH);
    let mut from = 0;
    for &(at, unit) in units {
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
    while let Some(at) = rest.find(['\0', '⟦']) {
        out.push_str(&rest[..at]);
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
    out.push_str(rest);
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
    if !text.contains(OPEN) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(OPEN) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        match mark_at_start(rest) {
            Some(BRACKET) => {
                out.push('⟦');
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
    out.push_str(rest);
    Cow::Owned(out)
}
