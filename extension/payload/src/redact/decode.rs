//! Characters written as something else: `%40`, `&#64;`, `\u0040`, also when encoded again.

use super::fold::fold;

const ESC: char = '\u{1b}';
const ENTITY_MAX: usize = 10;
/// How often an escape's own sign is looked for in its place: `%252540`, `&amp;amp;#64;`.
const AGAIN_MAX: usize = 4;

/// What stands for one character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Written {
    /// Nothing behind a line that goes on in the next.
    pub read: Option<char>,
    pub length: usize,
}

/// The character that the start of `bytes` stands for: of ASCII, or one that folds to it; the rest
/// tells nothing.
#[inline]
pub(super) fn decode(bytes: &[u8]) -> Option<Written> {
    let (read, length) = match bytes.first()? {
        b'%' => percent(bytes)?,
        b'&' => entity(bytes)?,
        b'\\' if matches!(bytes.get(1), Some(b'\n' | b'\r')) => {
            let length = 1 + spaces(&bytes[1..]);
            return Some(Written { read: None, length });
        }
        b'\\' => escape(bytes)?,
        0x1B => (ESC, 1),
        _ => return None,
    };
    if read == ESC {
        let length = length + colour(&bytes[length..])?;
        let read = Some(' ');
        return Some(Written { read, length });
    }
    let read = if read.is_ascii() {
        Some(read)
    } else {
        fold(read)?
    };
    Some(Written { read, length })
}

/// The line end and what the next line is indented by.
fn spaces(bytes: &[u8]) -> usize {
    const INDENT_MAX: usize = 40;
    let line = bytes.iter().take(INDENT_MAX);
    line.take_while(|b| b.is_ascii_whitespace()).count()
}

fn hex(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// Of ASCII what is printed, and the ends of words.
fn character(code: u32) -> Option<char> {
    let c = char::from_u32(code)?;
    (!c.is_ascii_control() || matches!(c, '\n' | '\r' | '\t' | ESC)).then_some(c)
}

/// How long a terminal's colour is that an escape character opens: `[31m`.
fn colour(bytes: &[u8]) -> Option<usize> {
    const LENGTH_MAX: usize = 16;
    let codes = bytes.strip_prefix(b"[")?.iter().take(LENGTH_MAX);
    let end = codes
        .take_while(|b| b.is_ascii_digit() || **b == b';')
        .count()
        + 1;
    matches!(bytes.get(end), Some(b'm' | b'K')).then_some(end + 1)
}

fn percent(bytes: &[u8]) -> Option<(char, usize)> {
    if let [_, b'u' | b'U', rest @ ..] = bytes {
        return Some((character(hex(rest.get(..4)?)?)?, 6));
    }
    let whole = utf8(bytes, |bytes| {
        if bytes.first() != Some(&b'%') {
            return None;
        }
        let mut at = 1;
        // Encoded again: the percent sign is encoded itself.
        for _ in 0..AGAIN_MAX {
            let again = bytes[at..].starts_with(b"25");
            if !again || bytes.get(at + 2..at + 4).and_then(hex).is_none() {
                break;
            }
            at += 2;
        }
        Some((hex(bytes.get(at..at + 2)?)? as u8, at + 2))
    });
    whole.or_else(|| bytes.starts_with(b"%25").then_some(('%', 3)))
}

/// A character of which every byte is written as `read` reads it.
fn utf8(bytes: &[u8], read: impl Fn(&[u8]) -> Option<(u8, usize)>) -> Option<(char, usize)> {
    let (first, mut end) = read(bytes)?;
    let length = match first {
        ..0x80 => return Some((character(u32::from(first))?, end)),
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => return None,
    };
    let mut all = [first, 0, 0, 0];
    for byte in &mut all[1..length] {
        let (next, length) = read(bytes.get(end..)?)?;
        *byte = next;
        end += length;
    }
    let c = std::str::from_utf8(&all[..length]).ok()?.chars().next()?;
    Some((c, end))
}

fn escape(bytes: &[u8]) -> Option<(char, usize)> {
    match bytes {
        [_, b'u', b'{', rest @ ..] => {
            let end = rest.iter().take(7).position(|b| *b == b'}')?;
            Some((character(hex(&rest[..end])?)?, end + 4))
        }
        [_, b'u', rest @ ..] => {
            let first = hex(rest.get(..4)?)?;
            if !(0xD800..0xDC00).contains(&first) {
                return Some((character(first)?, 6));
            }
            let [b'\\', b'u', second @ ..] = rest.get(4..10)? else {
                return None;
            };
            let low = hex(second)?.checked_sub(0xDC00).filter(|l| *l < 0x400)?;
            Some((character(0x10000 + ((first - 0xD800) << 10) + low)?, 12))
        }
        [_, b'0', b'3', b'3', ..] => Some((ESC, 4)),
        [_, b'e', b'[', ..] => Some((ESC, 2)),
        [_, b'U', rest @ ..] => Some((character(hex(rest.get(..8)?)?)?, 10)),
        [_, b'x', ..] => utf8(bytes, |bytes| match bytes {
            [b'\\', b'x', rest @ ..] => Some((hex(rest.get(..2)?)? as u8, 4)),
            _ => None,
        }),
        // A word behind an escaped line end: the letter is not part of it.
        [_, b'n' | b'r' | b't', next, ..] if is_start(*next) => Some(('\n', 2)),
        _ => None,
    }
}

fn is_start(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'(')
}

fn entity(bytes: &[u8]) -> Option<(char, usize)> {
    let mut at = 1;
    // Encoded again: the ampersand is encoded itself.
    for _ in 0..AGAIN_MAX {
        if !bytes[at..].starts_with(b"amp;") {
            break;
        }
        at += 4;
    }
    let window = &bytes[at..bytes.len().min(at + ENTITY_MAX)];
    let read = window.iter().position(|b| *b == b';').and_then(|end| {
        let code = match &window[..end] {
            [b'#', b'x' | b'X', digits @ ..] => hex(digits)?,
            [b'#', digits @ ..] => std::str::from_utf8(digits).ok()?.parse().ok()?,
            name => u32::from(named(name)?),
        };
        Some((character(code)?, at + end + 1))
    });
    read.or_else(|| (at > 1).then_some(('&', at)))
}

fn named(name: &[u8]) -> Option<char> {
    Some(match name {
        b"commat" => '@',
        b"period" => '.',
        b"colon" => ':',
        b"equals" => '=',
        b"quot" => '"',
        b"apos" => '\'',
        b"lowbar" => '_',
        b"lt" => '<',
        b"gt" => '>',
        b"num" => '#',
        b"dollar" => '$',
        b"percnt" => '%',
        b"plus" => '+',
        b"lpar" => '(',
        b"rpar" => ')',
        b"sol" => '/',
        b"semi" => ';',
        b"comma" => ',',
        b"quest" => '?',
        b"hyphen" | b"dash" | b"ndash" | b"mdash" | b"minus" => '-',
        b"nbsp" | b"ensp" | b"emsp" | b"thinsp" => ' ',
        b"shy" | b"zwnj" | b"zwj" | b"lrm" | b"rlm" => '\u{AD}',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(Option<char>, usize)> {
        decode(text.as_bytes()).map(|written| (written.read, written.length))
    }

    #[test]
    fn escapes_stand_for_characters() {
        for (text, c, length) in [
            ("%40x", '@', 3),
            ("%2540x", '@', 5),
            ("%252540x", '@', 7),
            ("%25 x", '%', 3),
            ("%25zz", '%', 3),
            ("%u0040", '@', 6),
            ("%E2%80%91x", '-', 9),
            ("%25EF%25BC%25A0", '@', 15),
            ("&#64;x", '@', 5),
            ("&#X40;x", '@', 6),
            ("&amp;#64;", '@', 9),
            ("&amp;amp;lt;b", '<', 12),
            ("&amp; b", '&', 5),
            ("&nbsp;x", ' ', 6),
            ("&#8209;x", '-', 7),
            ("\\u0040", '@', 6),
            ("\\u{40}", '@', 6),
            ("\\U00000040", '@', 10),
            ("\\x40", '@', 4),
            ("\\xef\\xbc\\xa0", '@', 12),
            ("\\uff20", '@', 6),
            ("\\ud835\\udc29", 'p', 12),
            ("\\nAKIA", '\n', 2),
            ("\\x1b[31mAKIA", ' ', 8),
            ("\\u001b[0;1mAKIA", ' ', 11),
            ("\\033[m", ' ', 6),
            ("\\e[1m", ' ', 5),
        ] {
            assert_eq!(read(text), Some((Some(c), length)), "{text}");
        }
        assert_eq!(read("\\\n   x"), Some((None, 5)));
        assert_eq!(read("&shy;x"), Some((None, 5)));
        assert_eq!(read("\\u200bx"), Some((None, 6)));
    }

    #[test]
    fn other_signs_stand_for_themselves() {
        for text in [
            "%",
            "%4",
            "% 40",
            "100%",
            "%E6%97%A5",
            "%00",
            "&",
            "& b",
            "&#;",
            "&lambda;",
            "&#128512;",
            "\\",
            "\\n\"",
            "\\users",
            "\\u12",
            "\\ud835",
            "\\u65e5",
            "\\x7f",
            "é",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
