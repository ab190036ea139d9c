//! Detectors: each looks at a bounded window around what made it worth looking.

pub(super) mod apart;
pub(super) mod assigned;
pub(super) mod assignment;
pub(super) mod authorization;
pub(super) mod card;
pub(super) mod command;
pub(super) mod commands;
pub(super) mod cookie;
pub(super) mod dsn;
pub(super) mod email;
pub(super) mod encoded;
pub(super) mod hash;
pub(super) mod header;
pub(super) mod iban;
mod idiom;
mod insert;
pub(super) mod ip;
mod join;
pub(super) mod jwt;
pub(super) mod number;
pub(super) mod pem;
pub(super) mod pgpass;
pub(super) mod phone;
pub(super) mod piped;
pub(super) mod query;
pub(super) mod sealed;
pub(super) mod shaped;
pub(super) mod spelled;
pub(super) mod ssn;
mod table;
pub(super) mod token;
pub(super) mod torn;
pub(super) mod url;
pub(super) mod vendors;

use crate::interrupt::{self, PIECE};

/// What a detector is given.
#[derive(Clone, Copy)]
pub(super) struct Input<'t> {
    pub text: &'t str,
    pub bytes: &'t [u8],
    /// The key under which the text stands, or nothing.
    pub name: &'t str,
}

impl<'t> Input<'t> {
    pub fn new(text: &'t str, name: &'t str) -> Self {
        Input {
            text,
            bytes: text.as_bytes(),
            name,
        }
    }

    /// The byte at `at`, or a space outside.
    pub fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(b' ')
    }

    /// The byte before `at`, or a space at the start and behind a terminal's colour.
    pub fn before(&self, at: usize) -> u8 {
        let before = at.checked_sub(1).map_or(b' ', |i| self.byte(i));
        if before == b'm' && self.is_colour(at - 1) {
            return b' ';
        }
        before
    }

    /// Where a word begins that starts at `at` as the digits of a terminal's colour do.
    pub fn behind_colour(&self, at: usize) -> usize {
        if !self.byte(at).is_ascii_digit() || !matches!(self.before(at), b'[' | b';') {
            return at;
        }
        let end = self.run(at, 3, |b| b.is_ascii_digit());
        if self.byte(end) == b'm' && self.is_colour(end) {
            end + 1
        } else {
            at
        }
    }

    /// Behind the blanks at `at`, at most `max` of them, and the terminal's colours among them.
    pub fn blanks(&self, at: usize, max: usize) -> usize {
        let mut at = self.run(at, max, |b| b == b' ' || b == b'\t');
        while self.byte(at) == 0x1b {
            let end = self.run(at + 1, 16, |b| b != b'm');
            if self.byte(end) != b'm' || !self.is_colour(end) {
                break;
            }
            at = self.run(end + 1, max, |b| b == b' ' || b == b'\t');
        }
        at
    }

    /// True when the `m` at `end` ends a sequence as `\u{1b}[31m`.
    fn is_colour(&self, end: usize) -> bool {
        const LENGTH_MAX: usize = 16;
        let start = self.run_back(end, LENGTH_MAX, |b| b.is_ascii_digit() || b == b';');
        self.bytes[..start].ends_with(b"\x1b[")
    }

    /// End of the run from `at` on whose bytes all belong, at most `max` long.
    /// Both this and [`Input::run_back`] give character boundaries when `at` is one.
    pub fn run(&self, at: usize, max: usize, mut belongs: impl FnMut(u8) -> bool) -> usize {
        let at = at.min(self.bytes.len());
        let (mut end, mut left) = (at, max);
        loop {
            let window = self.bytes[end..].iter().take(left.min(PIECE));
            let run = window.take_while(|b| belongs(**b)).count();
            end += run;
            if run < PIECE {
                break;
            }
            interrupt::check(run);
            left -= run;
        }
        while end > at && !self.text.is_char_boundary(end) {
            end -= 1;
        }
        end
    }

    /// Start of the run that ends at `at`, at most `max` long.
    pub fn run_back(&self, at: usize, max: usize, belongs: impl Fn(u8) -> bool) -> usize {
        let window = self.bytes[..at].iter().rev().take(max);
        let mut start = at - window.take_while(|b| belongs(**b)).count();
        while start < at && !self.text.is_char_boundary(start) {
            start += 1;
        }
        start
    }

    /// A place at most `reach` bytes behind `at`.
    pub fn ahead(&self, at: usize, reach: usize) -> usize {
        let mut end = (at + reach).min(self.bytes.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        end.max(at.min(self.bytes.len()))
    }

    /// A place at most `reach` bytes before `at`.
    pub fn behind(&self, at: usize, reach: usize) -> usize {
        let mut start = at.saturating_sub(reach);
        while !self.text.is_char_boundary(start) {
            start += 1;
        }
        start
    }

    /// True when one of `words` (lower case) stands in the `reach` bytes before `at`.
    pub fn word_before(&self, at: usize, reach: usize, words: &[&str]) -> bool {
        let window = &self.bytes[at.saturating_sub(reach)..at];
        let mut before = b' ';
        for (i, byte) in window.iter().enumerate() {
            let starts = byte.is_ascii_alphabetic() && !before.is_ascii_alphabetic();
            before = *byte;
            let first = byte.to_ascii_lowercase();
            let here = |word: &&str| {
                word.as_bytes()[0] == first
                    && window[i..].len() >= word.len()
                    && window[i..i + word.len()].eq_ignore_ascii_case(word.as_bytes())
            };
            if starts && words.iter().any(here) {
                return true;
            }
        }
        false
    }
}

/// Bytes of names and numbers; what lies between two such bytes is no boundary.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
