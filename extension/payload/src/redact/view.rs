//! A second reading of text: look-alikes folded, `%40`, `&#64;` and `\u0040` decoded, lines joined
//! that go on in the next, with the place of every character in the original.

use super::decode::decode;
use super::fold::{fold, look_alike};
use crate::interrupt;

pub(super) struct View {
    text: String,
    /// Where `text` comes from: a place in it and the one of the original, for every place where
    /// these stop going on together. Most text is the same for long stretches.
    turns: Vec<(u32, u32)>,
}

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
            let plain = bytes[at..].iter().take(interrupt::PIECE);
            let plain = plain.take_while(|b| is_plain(**b)).count();
            interrupt::check(plain + 1);
            if plain > 0 {
                view.turn(at);
                view.text.push_str(&text[at..at + plain]);
                at += plain;
                continue;
            }
            if bytes[at] < 0x80 {
                let written = decode(&bytes[at..]);
                let (read, length) =
                    written.map_or((Some(view.plain(&bytes[at..])), 1), |w| (w.read, w.length));
                view.push(read, at);
                at += length;
            } else {
                let c = text[at..].chars().next()?;
                let read = fold(c).or_else(|| disguised(text, at, c).map(Some));
                view.push(read.unwrap_or(Some(c)), at);
                at += c.len_utf8();
            }
        }
        view.turn(text.len());
        Some(view)
    }

    /// What stands for itself; but a plus in a number is the space of a form.
    fn plain(&self, bytes: &[u8]) -> char {
        let number = matches!(bytes, [b'+', b'0'..=b'9' | b'%', ..]);
        let last = self.text.as_bytes().last();
        if number && last.is_some_and(|b| b.is_ascii_digit() || *b == b')') {
            return ' ';
        }
        char::from(bytes[0])
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

/// ASCII that stands for itself wherever it is.
fn is_plain(byte: u8) -> bool {
    byte < 0x80 && !matches!(byte, b'%' | b'&' | b'\\' | b'+' | 0x1B)
}

/// True when what stands at byte `at` folds or decodes, and it could matter: text is full of dashes
/// and emoji.
pub(super) fn differs_at(text: &str, at: usize) -> bool {
    let bytes = text.as_bytes();
    match bytes[at] {
        b'\\' if matches!(bytes.get(at + 1), Some(b'n' | b'r' | b't')) => glued(&bytes[at + 2..]),
        ..0x80 => decode(&bytes[at..]).is_some(),
        // Of a character beyond ASCII, its first byte.
        0xC0.. => text[at..]
            .chars()
            .next()
            .is_some_and(|c| matters(text, at, c)),
        _ => false,
    }
}

/// True for a word that an escaped line end or tab before it could hide: an address, a number, a token, a
/// short name with a value. Of longer names the letter that is glued to them does no harm.
fn glued(word: &[u8]) -> bool {
    const SHORT: usize = 5;
    const TOKEN: usize = 16;
    const FAR: usize = 80;
    let (mut letters, mut digits) = (0, 0);
    for (at, byte) in word.iter().take(FAR).enumerate() {
        match byte {
            b'@' => return true,
            b'=' | b':' => return at <= SHORT && at == letters,
            b'0'..=b'9' => digits += 1,
            b'a'..=b'z' | b'A'..=b'Z' => letters += 1,
            b'_' | b'-' | b'+' | b'(' | b')' | b'.' => {}
            b' ' if digits > 0 => {}
            _ => break,
        }
        if digits >= 7 || at + 1 >= TOKEN && digits > 0 {
            return true;
        }
    }
    false
}

/// A folded character matters between letters and digits, a dash or space only between digits.
fn matters(text: &str, at: usize, c: char) -> bool {
    let bytes = text.as_bytes();
    let before = at.checked_sub(1).map_or(b' ', |i| bytes[i]);
    let after = bytes.get(at + c.len_utf8()).copied().unwrap_or(b' ');
    match fold(c) {
        None => {
            (before.is_ascii_alphabetic() || after.is_ascii_alphabetic())
                && disguised(text, at, c).is_some()
        }
        // Joiners and variation selectors belong to emoji; between ASCII they belong to nothing.
        Some(None) => {
            before < 0x80 && !before.is_ascii_whitespace()
                || after < 0x80 && !after.is_ascii_whitespace() && c != '\u{FE0F}'
        }
        Some(Some('-' | ' ')) => {
            before.is_ascii_digit() && after.is_ascii_digit() || before >= 0x80 && after >= 0x80
        }
        // A power, a footnote.
        Some(Some(digit)) if digit.is_ascii_digit() => before >= 0x80 || after >= 0x80,
        Some(Some(_)) => true,
    }
}

/// What a letter of another script reads as in a word that is otherwise ASCII. In a word of its own
/// script it is simply a letter.
fn disguised(text: &str, at: usize, c: char) -> Option<char> {
    let looks = look_alike(c)?;
    let before = mixes(text[..at].chars().rev())?;
    let after = mixes(text[at + c.len_utf8()..].chars())?;
    (before || after).then_some(looks)
}

/// Whether a word goes on in ASCII, behind letters that look like it; `None` behind others.
fn mixes(word: impl Iterator<Item = char>) -> Option<bool> {
    const WORD_MAX: usize = 16;
    for c in word.take(WORD_MAX) {
        interrupt::check(1);
        if c.is_ascii() {
            return Some(c.is_ascii_alphabetic());
        }
        if look_alike(c).is_none() && fold(c).is_none() {
            return (!c.is_alphabetic()).then_some(false);
        }
    }
    Some(false)
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
    fn letters_of_other_scripts_are_read_in_words_of_ascii_only() {
        for (text, read) in [
            ("DB_PАSSWORD=x", "DB_PASSWORD=x"),
            ("раѕѕword: x", "password: x"),
            ("paſſword", "password"),
            ("аlice@exаmple.com", "alice@example.com"),
            ("почтаbob", "почтаbob"),
            ("Токен и password", "Токен и password"),
            ("секрет", "секрет"),
        ] {
            assert_eq!(View::of(text).unwrap().text(), read);
        }
    }

    #[test]
    fn spaces_of_a_form_are_read_in_numbers() {
        let view = View::of("%2B1+%28415%29+555-0144&q=a+b").unwrap();
        assert_eq!(view.text(), "+1 (415) 555-0144&q=a+b");
    }

    #[test]
    fn lines_that_go_on_are_joined() {
        let text = "ghp_ab\\\n    cd";
        let view = View::of(text).unwrap();
        assert_eq!(view.text(), "ghp_abcd");
        assert_eq!(view.place(0, 8), (0, text.len()));
    }

    #[test]
    fn ordinary_text_has_none() {
        for text in [
            "plain",
            "100% of a & b",
            "naïve – café 🚀 日本語 👩‍👩‍👧",
            "C:\\users",
            "a — b",
            "Привет, API-ключ и μm, Δx, 10² m²",
            "printf(\"%d\\n\")",
        ] {
            assert!(!(0..text.len()).any(|at| differs_at(text, at)), "{text}");
        }
    }
}
