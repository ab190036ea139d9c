//! Names letter by letter: separators and case count for nothing, but words begin with them.

use super::fold::fold_name;
use crate::interrupt;
use std::borrow::Cow;

/// Bytes of a name that are looked at, counted from its end.
pub(super) const NAME_MAX: usize = 64;

/// The letters of a name from the last to the first.
pub(super) struct Letters<'k> {
    bytes: &'k [u8],
    at: usize,
    left: usize,
}

impl<'k> Letters<'k> {
    /// ASCII, or folded as far as it goes. Of a long name the end is read.
    pub fn new(bytes: &'k [u8]) -> Self {
        let mut end = bytes.len();
        // A number behind a name counts for nothing: `password2`, `API_KEY_1`.
        while end > 0 && (bytes[end - 1].is_ascii_digit() || is_separator(bytes[end - 1])) {
            end -= 1;
        }
        if end == 0 || matches!(&bytes[end..], [b'2', ..] if end < 4) {
            end = bytes.len(); // `cvv2`, and names that are nothing but digits
        }
        Letters {
            bytes,
            at: end,
            left: NAME_MAX,
        }
    }
}

impl<'k> Iterator for Letters<'k> {
    type Item = Letter<'k>;

    #[inline]
    fn next(&mut self) -> Option<Letter<'k>> {
        loop {
            self.at = self.at.checked_sub(1)?;
            let byte = *self.bytes.get(self.at)?;
            if !is_separator(byte) {
                self.left = self.left.checked_sub(1)?;
                return Some(Letter {
                    bytes: self.bytes,
                    at: self.at,
                    lower: byte.to_ascii_lowercase(),
                });
            }
        }
    }
}

/// A letter of a name.
pub(super) struct Letter<'k> {
    bytes: &'k [u8],
    at: usize,
    pub lower: u8,
}

impl Letter<'_> {
    /// Whether a word starts with it.
    pub fn starts(&self) -> bool {
        let byte = self.bytes[self.at];
        let before = self.at.checked_sub(1).map_or(b' ', |i| self.bytes[i]);
        let after = self.bytes.get(self.at + 1).copied().unwrap_or(b' ');
        let camel = byte.is_ascii_uppercase()
            && (before.is_ascii_lowercase()
                || before.is_ascii_digit()
                || (before.is_ascii_uppercase() && after.is_ascii_lowercase()));
        is_separator(before) || camel
    }
}

/// Look-alikes are read as what they look like.
pub(super) fn folded(key: &str) -> Cow<'_, str> {
    if key.is_ascii() {
        return Cow::Borrowed(key);
    }
    let fold = |c| {
        interrupt::check(1);
        // Capitals of scripts that have them: `Пароль`.
        let c = match c {
            '\0'..='\x7f' => c,
            _ => c.to_lowercase().next().unwrap_or(c),
        };
        fold_name(c).unwrap_or(Some(c))
    };
    Cow::Owned(key.chars().filter_map(fold).collect())
}

/// A name without separators and case, and where its words start.
pub(super) struct Name {
    letters: [u8; NAME_MAX],
    length: usize,
    /// Bit i: a word starts at letter i.
    pub starts: u64,
}

impl Name {
    /// Built from the end, so that of a long name the end is kept.
    pub fn new(key: &str) -> Self {
        let mut name = Name {
            letters: [0; NAME_MAX],
            length: 0,
            starts: 0,
        };
        let mut from_end = 0u64;
        for letter in Letters::new(folded(key).as_bytes()) {
            name.letters[name.length] = letter.lower;
            from_end |= u64::from(letter.starts()) << name.length;
            name.length += 1;
        }
        name.letters[..name.length].reverse();
        if name.length > 0 {
            name.starts = from_end.reverse_bits() >> (64 - name.length);
        }
        name
    }

    /// How many letters its last word has.
    pub fn last_word(&self) -> usize {
        let start = 63 - (self.starts | 1).leading_zeros() as usize;
        self.length - start
    }

    pub fn text(&self) -> &[u8] {
        &self.letters[..self.length]
    }
}

pub(super) fn is_separator(byte: u8) -> bool {
    !byte.is_ascii_alphanumeric() && byte < 0x80
}
