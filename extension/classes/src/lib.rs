//! Which of 64 bytes are letters, digits and a few signs, and where one of many literals may end: as
//! one bit a byte; and what JSON strings are asked ([`plain`], [`ascii`]).
//!
//! A crate of its own because vector instructions that the machine may lack need `unsafe` to be
//! called: here it is a few lines that are compared with plain Rust over every byte, and the
//! crates that look at payloads stay free of it. With AVX-512 a block is a few look-ups; with AVX2
//! the classes are, and literals are looked up one by one; elsewhere both are plain Rust.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod filter;
mod portable;
mod symbols;
mod text;
#[cfg(target_arch = "x86_64")]
mod vbmi;

pub use filter::{Filter, PLACES, START_PLACES, Shape};
pub use symbols::Symbols;
pub use text::{ascii, plain};

/// Bytes that are looked at at once.
pub const BLOCK: usize = 64;

/// Bit i says something of byte i.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Classes {
    pub letter: u64,
    pub digit: u64,
    /// What base64 and names of tokens are made of: letters, digits, `_`, `-`, `+`, `/`.
    pub run: u64,
    pub slash: u64,
    pub at: u64,
    pub colon: u64,
    /// What escapes begin with: `%`, `&`, `\`.
    pub escape: u64,
    /// Beyond ASCII.
    pub high: u64,
    /// Bytes behind a run of letters or of digits that may be the end of a literal.
    pub ends: u64,
    /// The third letters or digits of words that may begin with a literal.
    pub starts: u64,
}

impl Classes {
    /// Letters and digits.
    #[inline]
    pub fn word(&self) -> u64 {
        self.letter | self.digit
    }
}

/// What the last bytes of a block are to the next one.
#[derive(Clone, Copy, Default)]
struct Edge {
    letter: u64,
    digit: u64,
    words: u64,
}

impl Edge {
    #[inline]
    fn of(before: &Classes) -> Self {
        Edge {
            letter: before.letter >> 63,
            digit: before.digit >> 63,
            words: before.word() >> 61,
        }
    }

    /// Bytes behind a run of letters or of digits, and two behind the first of a word.
    #[inline]
    fn places(self, here: &Classes) -> (u64, u64) {
        let letter = here.letter << 1 | self.letter;
        let digit = here.digit << 1 | self.digit;
        let behind = letter & !here.letter | digit & !here.digit;
        let word = here.word();
        let third = (word << 2 | self.words >> 1) & !(word << 3 | self.words);
        (behind, third)
    }
}

/// Looks at blocks in the fastest way that this machine has.
#[derive(Clone, Copy, Debug)]
pub struct Classifier(Way);

#[derive(Clone, Copy, Debug)]
enum Way {
    #[cfg(target_arch = "x86_64")]
    Vbmi,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Portable,
}

impl Classifier {
    #[allow(clippy::new_without_default)] // it asks the machine
    pub fn new() -> Self {
        Classifier(Classifier::ways()[0])
    }

    /// Those that this machine has, the fastest first.
    fn ways() -> Vec<Way> {
        let mut ways = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::is_x86_feature_detected as has;
            let bits = has!("popcnt") && has!("bmi1") && has!("bmi2");
            if has!("avx512f") && has!("avx512bw") && has!("avx512vbmi") && bits {
                ways.push(Way::Vbmi);
            }
            if has!("avx2") {
                ways.push(Way::Avx2);
            }
        }
        ways.push(Way::Portable);
        ways
    }

    /// The classes of blocks that follow each other, the first of which starts at `at`, a multiple of
    /// [`BLOCK`]; behind the end of `bytes` nothing is set but what ends there.
    #[inline]
    pub fn fill(self, bytes: &[u8], at: usize, filter: &Filter, out: &mut [Classes]) {
        match self.0 {
            // SAFETY: the machine was asked whether it has these instructions.
            #[cfg(target_arch = "x86_64")]
            Way::Vbmi => unsafe { vbmi::fill(bytes, at, filter, out) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Way::Avx2 => one_by_one(bytes, at, filter, out, |block| unsafe {
                avx2::classes(block)
            }),
            Way::Portable => one_by_one(bytes, at, filter, out, portable::classes),
        }
    }
}

fn one_by_one(
    bytes: &[u8],
    at: usize,
    filter: &Filter,
    out: &mut [Classes],
    classes: impl Fn(&[u8; BLOCK]) -> Classes,
) {
    let classes = |at: usize| {
        let rest = bytes.get(at..).unwrap_or_default();
        match rest.first_chunk::<BLOCK>() {
            Some(block) => classes(block),
            None => {
                let mut block = [0; BLOCK];
                block[..rest.len()].copy_from_slice(rest);
                classes(&block)
            }
        }
    };
    let before = at.checked_sub(BLOCK).map(&classes);
    let mut edge = before.map_or(Edge::default(), |before| Edge::of(&before));
    for (number, out) in out.iter_mut().enumerate() {
        let at = at + number * BLOCK;
        *out = classes(at);
        portable::literals(bytes, at, filter, edge, out);
        edge = Edge::of(out);
    }
}

#[cfg(test)]
mod tests;
