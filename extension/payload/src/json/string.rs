//! What an escaped JSON string says, and how it says it.

use super::mark::{mark_string, mark_units, unmark};
use super::plain::plain;
use crate::interrupt;
use std::borrow::Cow;

/// The first backslash: most are near, where a search that gets ready first is slower.
fn backslash(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = plain(bytes);
    while *bytes.get(at)? != b'\\' {
        at += 1;
        at += plain(&bytes[at..]);
    }
    Some(at)
}

/// The characters of an escaped string. What Unicode text cannot hold (NUL, lone surrogates)
/// becomes a mark, see [`mark_string`].
pub fn unescape(escaped: &str) -> Cow<'_, str> {
    if backslash(escaped).is_none() {
        return mark_string(escaped);
    }
    // Marks are put in last: only then is it known what an escape completes (`⟦\u0075`).
    let mut text = String::with_capacity(escaped.len());
    let mut units = Vec::new();
    let mut rest = escaped;
    while let Some(at) = backslash(rest) {
        interrupt::check(2);
        interrupt::push(&mut text, &rest[..at]);
        let (escape, next) = rest[at + 1..].split_at_checked(1).unwrap_or(("", ""));
        rest = next;
        match escape {
            "b" => text.push('\u{8}'),
            "f" => text.push('\u{c}'),
            "n" => text.push('\n'),
            "r" => text.push('\r'),
            "t" => text.push('\t'),
            "u" => {
                let unit = code_unit(rest);
                rest = rest.get(4..).unwrap_or("");
                let low = rest.strip_prefix("\\u").map(code_unit);
                match (unit, low) {
                    (0xD800..=0xDBFF, Some(low @ 0xDC00..=0xDFFF)) => {
                        let high = (u32::from(unit) - 0xD800) << 10;
                        text.extend(char::from_u32(0x10000 + high + (u32::from(low) - 0xDC00)));
                        rest = rest.get(6..).unwrap_or("");
                    }
                    _ => match char::from_u32(u32::from(unit)) {
                        Some(c) if unit != 0 => text.push(c),
                        _ => units.push((text.len(), unit)),
                    },
                }
            }
            other => text.push_str(other),
        }
    }
    interrupt::push(&mut text, rest);
    mark_units(&text, &units)
}

fn code_unit(hex: &str) -> u16 {
    hex.get(..4)
        .and_then(|h| u16::from_str_radix(h, 16).ok())
        .unwrap_or(0xFFFD)
}

/// The inside of a JSON string; what text cannot hold comes back out of its marks.
pub(crate) fn escape(text: &str) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(text.len() + text.len() / 16 + 8);
    let mut rest = text;
    loop {
        let (same, special) = rest.split_at(plain(rest.as_bytes()));
        interrupt::push(&mut out, same);
        let Some(byte) = special.bytes().next() else {
            break;
        };
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            control => {
                let _ = write!(out, "\\u{control:04x}");
            }
        }
        rest = &special[1..];
    }
    match unmark(&out) {
        Cow::Borrowed(_) => out,
        Cow::Owned(unmarked) => unmarked,
    }
}
