//! The same without vector instructions: a table of classes, and eight bytes' bits gathered at once.

use super::filter::{Filter, PLACES, STARTS};
use super::symbols::{OF_ASCII, symbol};
use super::{BLOCK, Classes, Edge};

pub(crate) mod class {
    pub const LETTER: u8 = 1;
    pub const DIGIT: u8 = 2;
    pub const RUN: u8 = 4;
    pub const SLASH: u8 = 8;
    pub const AT: u8 = 16;
    pub const COLON: u8 = 32;
    pub const ESCAPE: u8 = 64;
    pub const HIGH: u8 = 128;
}
use class::*;

const TABLE: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        table[byte] = match b {
            b'a'..=b'z' | b'A'..=b'Z' => LETTER | RUN,
            b'0'..=b'9' => DIGIT | RUN,
            b'_' | b'-' | b'+' => RUN,
            b'/' => RUN | SLASH,
            b'@' => AT,
            b':' => COLON,
            b'%' | b'&' | b'\\' => ESCAPE,
            0x80.. => HIGH,
            _ => 0,
        };
        byte += 1;
    }
    table
};

/// The classes of each symbol.
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
pub(crate) const OF_SYMBOL: [u8; 64] = {
    let mut of = [0; 64];
    let mut byte = 0;
    while byte < 128 {
        of[OF_ASCII[byte] as usize] |= TABLE[byte];
        byte += 1;
    }
    of[super::symbols::HIGH_SYMBOL as usize] = HIGH;
    of
};

pub fn classes(block: &[u8; BLOCK]) -> Classes {
    let mut found = Classes::default();
    let (eights, _) = block.as_chunks::<8>();
    for (at, eight) in eights.iter().enumerate() {
        let of = u64::from_le_bytes(eight.map(|byte| TABLE[usize::from(byte)]));
        let bits = |class: u8| gather(of, class) << (8 * at);
        found.letter |= bits(LETTER);
        found.digit |= bits(DIGIT);
        found.run |= bits(RUN);
        found.slash |= bits(SLASH);
        found.at |= bits(AT);
        found.colon |= bits(COLON);
        found.escape |= bits(ESCAPE);
        found.high |= bits(HIGH);
    }
    found
}

/// One bit of each of eight bytes, side by side.
fn gather(eight: u64, class: u8) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    // Each byte's bit is brought to a place of its own in the highest byte.
    const PLACES: u64 = 0x0102_0408_1020_4080;
    (eight >> class.trailing_zeros() & ONES).wrapping_mul(PLACES) >> 56
}

/// Fills in what the filter lets pass of the block at `at`, whose classes are `here`.
pub fn literals(bytes: &[u8], at: usize, filter: &Filter, edge: Edge, here: &mut Classes) {
    let (behind, third) = edge.places(here);
    here.ends = passing(bytes, at, filter, behind, !STARTS);
    here.starts = passing(bytes, at, filter, third, STARTS);
}

fn passing(bytes: &[u8], at: usize, filter: &Filter, mut bits: u64, buckets: u64) -> u64 {
    let mut found = 0;
    while bits != 0 {
        let bit = bits.trailing_zeros() as usize;
        let mut left = buckets;
        for place in 0..PLACES {
            let byte = (at + bit).checked_sub(place).and_then(|at| bytes.get(at));
            left &= filter.buckets[place][symbol(byte.copied().unwrap_or(0))];
            if left == 0 {
                break;
            }
        }
        found |= u64::from(left != 0) << bit;
        bits &= bits - 1;
    }
    found
}
