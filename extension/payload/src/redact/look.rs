//! One pass over a string that says where detectors have something to look at.
//!
//! Sixty-four bytes at a time become a few words of bits ([`classes`]), and what follows is
//! arithmetic on these: where words end, where runs of digits stand that could be part of a number,
//! where `://` is. Ordinary text has few such places.

use classes::Classes;

/// What begins in a block of the long runs of [`Classes::run`].
#[derive(Default)]
pub(super) struct LongRuns {
    /// First letters and digits of words that may begin with a literal and do begin a run of at least
    /// 16 bytes: enough for a token.
    pub tokens: u64,
    /// First bytes of runs of at least 24 bytes: enough for base64 of text.
    pub encoded: u64,
}

/// A block of 64 bytes between its neighbours.
pub(super) struct Block<'b> {
    pub before: &'b Classes,
    pub here: &'b Classes,
    pub after: &'b Classes,
}

/// Bit i of the result is bit i + `by`.
#[inline]
fn ahead(here: u64, after: u64, by: u32) -> u64 {
    here >> by | after << (64 - by)
}

/// Bit i of the result is bit i - `by`.
#[inline]
fn behind(before: u64, here: u64, by: u32) -> u64 {
    here << by | before >> (64 - by)
}

/// The byte at `at` and the three before it, in the order of the text; none before the start is 0.
#[inline]
pub(super) fn last_four(bytes: &[u8], at: usize) -> u32 {
    match at.checked_sub(3).and_then(|from| bytes.get(from..=at)) {
        Some(&[a, b, c, d]) => u32::from_le_bytes([a, b, c, d]),
        _ => bytes[..=at]
            .iter()
            .fold(0, |four, byte| four >> 8 | u32::from(*byte) << 24),
    }
}

/// The up to four last letters or digits of each word that ends in a block.
pub(super) struct Windows<'t> {
    bytes: &'t [u8],
    from: usize,
    /// Letters and digits, from three bytes before the block on.
    words: u128,
}

impl Windows<'_> {
    /// Those of the word that ends at a bit of the block.
    #[inline]
    pub fn at(&self, bit: usize) -> u32 {
        // By which of the three bytes before it are letters or digits, the last one first.
        const BELONG: [u32; 8] = [
            0xFF00_0000,
            0xFF00_0000,
            0xFF00_0000,
            0xFF00_0000,
            0xFFFF_0000,
            0xFFFF_0000,
            0xFFFF_FF00,
            0xFFFF_FFFF,
        ];
        let three = (self.words >> (bit % 64)) as usize & 7;
        last_four(self.bytes, self.from + bit) & BELONG[three]
    }
}

impl Block<'_> {
    /// What words of the block are known by.
    #[inline]
    pub fn windows<'t>(&self, bytes: &'t [u8], from: usize) -> Windows<'t> {
        let (before, here) = (self.before.word(), self.here.word());
        Windows {
            bytes,
            from,
            words: u128::from(here) << 3 | u128::from(before >> 61),
        }
    }

    /// Last letters of runs of letters and last digits of runs of digits that may end a literal.
    #[inline]
    pub fn ends(&self) -> u64 {
        ahead(self.here.ends, self.after.ends, 1)
    }

    /// Last digits of runs of four and more.
    #[inline]
    pub fn numbers_end(&self) -> u64 {
        let digit = self.here.digit;
        let before = |by| behind(self.before.digit, digit, by);
        let end = !ahead(self.here.word(), self.after.word(), 1);
        digit & before(1) & before(2) & before(3) & end
    }

    /// First letters and digits of words that may begin with a literal.
    #[inline]
    pub fn starts(&self) -> u64 {
        ahead(self.here.starts, self.after.starts, 2)
    }

    /// What could be a token or base64: seldom anything.
    #[inline]
    pub fn long_runs(&self) -> LongRuns {
        let (run, after) = (self.here.run, self.after.run);
        let eight = run & run >> 1;
        let eight = eight & eight >> 2;
        let eight = eight & eight >> 4;
        // A run of 16 has eight at a place that eight divides, or goes on behind the end.
        let goes_on = run >> 63 == 1 && after & 0xFF == 0xFF;
        if eight & 0x0101_0101_0101_0101 == 0 && !goes_on {
            return LongRuns::default();
        }
        let mut long = u128::from(run) | u128::from(after) << 64;
        for length in [1, 2, 4, 8] {
            long &= long >> length;
        }
        LongRuns {
            tokens: long as u64 & self.starts(),
            encoded: (long & long >> 8) as u64 & !behind(self.before.run, run, 1),
        }
    }

    /// Colons of `://`.
    #[inline]
    pub fn authorities(&self) -> u64 {
        let slash = |by| ahead(self.here.slash, self.after.slash, by);
        self.here.colon & slash(1) & slash(2)
    }

    /// Colons with one byte between them and the next.
    #[inline]
    pub fn close_colons(&self) -> u64 {
        self.here.colon & ahead(self.here.colon, self.after.colon, 2)
    }

    /// First digits of runs that could begin a number: of seven or more digits, or with another digit
    /// within the five bytes behind them, and with at least `least` digits in all of the next 24
    /// bytes; or with two letters before them that could be a country's.
    #[inline]
    pub fn number_starts(&self, least: u32) -> u64 {
        if self.here.digit == 0 {
            return 0;
        }
        let country = self.countries();
        let soon = self.after.digit & 0x00FF_FFFF;
        if self.here.digit.count_ones() + soon.count_ones() < least {
            return country;
        }
        let digit = u128::from(self.here.digit) | u128::from(self.after.digit) << 64;
        let starts = self.here.digit & !behind(self.before.digit, self.here.digit, 1);
        let two = digit & digit >> 1;
        let four = two & two >> 2;
        let seven = four & four >> 3;
        // Runs with a digit near their end, from that end back to their start.
        let soon = digit >> 2 | digit >> 3 | digit >> 4 | digit >> 5;
        let mut reached = digit & !(digit >> 1) & soon;
        for _ in 0..6 {
            reached |= reached >> 1 & digit;
        }
        let mut found = 0;
        for_each_bit(starts & (seven | reached) as u64, |bit| {
            if (digit >> bit & 0x00FF_FFFF).count_ones() >= least {
                found |= 1 << bit;
            }
        });
        found | country
    }

    /// First of two digits behind two letters that could be a country's.
    #[inline]
    fn countries(&self) -> u64 {
        let two = self.here.digit & ahead(self.here.digit, self.after.digit, 1);
        let letter = |by| behind(self.before.letter, self.here.letter, by);
        let apart = !behind(self.before.word(), self.here.word(), 3);
        two & letter(1) & letter(2) & apart
    }
}

/// Calls `each` with the number of every bit that is set.
#[inline]
pub(super) fn for_each_bit(mut bits: u64, mut each: impl FnMut(usize)) {
    while bits != 0 {
        each(bits.trailing_zeros() as usize);
        bits &= bits - 1;
    }
}

#[cfg(test)]
mod tests {
    use super::super::blocks::Blocks;
    use super::super::shapes;
    use super::*;
    use classes::{Classifier, Filter};

    fn places(text: &str, of: impl Fn(&Block<'_>) -> u64) -> Vec<usize> {
        let mut found = Vec::new();
        let filter = Filter::new(Vec::new(), vec![shapes::start(b"abc")]);
        let mut blocks = Blocks::new(Classifier::new(), &filter, text.as_bytes());
        while let Some((at, block)) = blocks.next() {
            for_each_bit(of(&block), |bit| found.push(at + bit));
        }
        found
    }

    /// The same text at every place across two blocks.
    fn everywhere(text: &str, of: impl Fn(&Block<'_>) -> u64, expected: &[usize]) {
        for shift in 0..130 {
            let padded = format!("{}{text}", " ".repeat(shift));
            let found: Vec<usize> = places(&padded, &of).iter().map(|p| p - shift).collect();
            assert_eq!(found, expected, "{text} shifted by {shift}");
        }
    }

    #[test]
    fn tokens_start() {
        everywhere("ghp_abcdefghijklmnopqrst", |b| b.long_runs().tokens, &[4]);
        everywhere("abcdefghijklmnop", |b| b.long_runs().tokens, &[0]);
        everywhere("bcdefghijklmnopqr", |b| b.long_runs().tokens, &[]);
        everywhere("abcdefghijklmno short words", |b| b.long_runs().tokens, &[]);
    }

    #[test]
    fn runs_start() {
        let encoded = |block: &Block<'_>| block.long_runs().encoded;
        everywhere("abcdefghijklmnopqrstuvwx", encoded, &[0]);
        everywhere("abcdefghijklmnopqrstuvw", encoded, &[]);
    }

    #[test]
    fn authorities_and_ports() {
        everywhere("a://b :/ ::/", |block| block.authorities(), &[1]);
        everywhere("h:*:d", |block| block.close_colons(), &[1]);
    }

    #[test]
    fn numbers_start() {
        let starts = |block: &Block<'_>| block.number_starts(7);
        everywhere("1234567", starts, &[0]);
        everywhere("123456", starts, &[]);
        everywhere("v2 1", starts, &[]);
        everywhere("DE89", starts, &[2]);
        everywhere("xDE89", starts, &[]);
        everywhere("DE8", starts, &[]);
        everywhere("12 34 567", starts, &[0]);
        everywhere("12 34 56", starts, &[]);
        everywhere("123456    7", starts, &[0]);
        everywhere("123456     7", starts, &[]);
        everywhere("1.2.3.4", |block| block.number_starts(4), &[0]);
    }
}
