//! A second reading of text: look-alikes folded, `%40`, `&#64;` and `\u0040` decoded, with the
//! place of every character in the original.

use super::fold::fold;
use crate::interrupt;

pub(super) struct View {
    text: String,
    /// Where `text` comes from: a place in it and the one of the original, for every place where
    /// these stop going on together. Most text is the same for long stretches.
    turns: Vec<(u32, u32)>,
}

const ENTITY_MAX: usize = 10;
/// Places are kept in 32 bits; jsonb strings are far below.
const TEXT_MAX: usize = u32::MAX as usize;

impl View {
    /// `None` for text that is too long for jsonb, too.
    pub fn of(text: &str) -> Option<View> {
        if text.len() > TEXT_MAX {
            return None;
        }
        let bytes = text.as_bytes();
        let mut view = View {
            text: String::with_capacity(text.len()),
            turns: vec![(0, 0)],
        };
        let mut at = 0;
        while at < bytes.len() {
            interrupt::check(1);
            let (read, length) = match bytes[at] {
                b'%' => percent(&bytes[at..]),
                b'&' => entity(&bytes[at..]),
                b'\\' => escape(&bytes[at..]),
                byte if byte < 0x80 => None,
                _ => {
                    let c = text[at..].chars().next()?;
                    view.push(fold(c).unwrap_or(Some(c)), at);
                    at += c.len_utf8();
                    continue;
                }
            }
            .unwrap_or((char::from(bytes[at]), 1));
            view.push(Some(read), at);
            at += length;
        }
        view.turn(text.len());
        Some(view)
    }

    fn push(&mut self, c: Option<char>, at: usize) {
        if let Some(c) = c {
            self.turn(at);
            self.text.push(c);
        }
    }

    /// What is read next comes from byte `at` of the original.
    fn turn(&mut self, at: usize) {
        if self.origin(self.turns.last(), self.text.len()) != at {
            self.turns.push((self.text.len() as u32, at as u32));
        }
    }

    fn origin(&self, turn: Option<&(u32, u32)>, place: usize) -> usize {
        turn.map_or(place, |(from, origin)| {
            *origin as usize + (place - *from as usize)
        })
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// The range of the original behind `start..end`.
    pub fn place(&self, start: usize, end: usize) -> (usize, usize) {
        let at = |place: usize| {
            let next = self
                .turns
                .partition_point(|(from, _)| *from as usize <= place);
            self.origin(
                next.checked_sub(1).and_then(|turn| self.turns.get(turn)),
                place,
            )
        };
        (at(start), at(end))
    }
}

/// True when what stands at byte `at` folds or decodes, and it could matter: text is full of dashes
/// and emoji.
pub(super) fn differs_at(text: &str, at: usize) -> bool {
    let bytes = text.as_bytes();
    match bytes[at] {
        b'%' => percent(&bytes[at..]).is_some(),
        b'&' => entity(&bytes[at..]).is_some(),
        b'\\' => escape(&bytes[at..]).is_some(),
        // Of a character beyond ASCII, its first byte.
        0xC0.. => text[at..]
            .chars()
            .next()
            .is_some_and(|c| matters(bytes, at, c.len_utf8(), c)),
        _ => false,
    }
}

/// A folded character matters between letters and digits, a dash or space only between digits.
fn matters(bytes: &[u8], at: usize, length: usize, c: char) -> bool {
    let before = at.checked_sub(1).map_or(b' ', |i| bytes[i]);
    let after = bytes.get(at + length).copied().unwrap_or(b' ');
    match fold(c) {
        None => false,
        // Joiners and variation selectors belong to emoji; between ASCII they belong to nothing.
        Some(None) => {
            before < 0x80 && !before.is_ascii_whitespace()
                || after < 0x80 && !after.is_ascii_whitespace() && c != '\u{FE0F}'
        }
        Some(Some('-' | ' ')) => {
            before.is_ascii_digit() && after.is_ascii_digit() || before >= 0x80 && after >= 0x80
        }
        Some(Some(_)) => true,
    }
}

fn hex(digits: &[u8]) -> Option<u32> {
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// Printable ASCII only: the rest tells nothing.
fn printable(code: u32) -> Option<char> {
    (0x20..0x7F)
        .contains(&code)
        .then(|| char::from_u32(code))
        .flatten()
}

fn percent(bytes: &[u8]) -> Option<(char, usize)> {
    // Encoded twice: the percent sign is encoded itself.
    if bytes.starts_with(b"%25") {
        let twice = bytes.get(3..5).and_then(hex).and_then(printable);
        if let Some(c) = twice {
            return Some((c, 5));
        }
    }
    Some((printable(hex(bytes.get(1..3)?)?)?, 3))
}

fn escape(bytes: &[u8]) -> Option<(char, usize)> {
    match bytes {
        [_, b'u', rest @ ..] => Some((printable(hex(rest.get(..4)?)?)?, 6)),
        [_, b'x', rest @ ..] => Some((printable(hex(rest.get(..2)?)?)?, 4)),
        _ => None,
    }
}

fn entity(bytes: &[u8]) -> Option<(char, usize)> {
    let window = &bytes[..bytes.len().min(ENTITY_MAX)];
    let end = window.iter().position(|b| *b == b';')?;
    let code = match &window[1..end] {
        [b'#', b'x' | b'X', digits @ ..] => hex(digits)?,
        [b'#', digits @ ..] => std::str::from_utf8(digits).ok()?.parse().ok()?,
        b"commat" => 0x40,
        b"period" => 0x2E,
        b"colon" => 0x3A,
        b"equals" => 0x3D,
        b"amp" => 0x26,
        b"quot" => 0x22,
        b"lowbar" => 0x5F,
        _ => return None,
    };
    Some((printable(code)?, end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_lead_back() {
        let text = "q=a%40b.c&#64;ｄ\u{200b}e";
        let view = View::of(text).unwrap();
        assert_eq!(view.text(), "q=a@b.c@de");
        let at = view.text().find("a@b").unwrap();
        let (start, end) = view.place(at, at + 3);
        assert_eq!(&text[start..end], "a%40b");
        let (start, end) = view.place(8, 10);
        assert_eq!(&text[start..end], "ｄ\u{200b}e");
    }

    #[test]
    fn ordinary_text_has_none() {
        for text in [
            "plain",
            "100% of a & b",
            "naïve – café 🚀 日本語 👩‍👩‍👧",
            "C:\\users",
            "a — b",
        ] {
            assert!(!(0..text.len()).any(|at| differs_at(text, at)), "{text}");
        }
    }
}
