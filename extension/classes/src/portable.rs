//! The same without vector instructions: a table of classes, and eight bytes' bits gathered at once.

use super::{BLOCK, Classes};

const LETTER: u8 = 1;
const DIGIT: u8 = 2;
const RUN: u8 = 4;
const SLASH: u8 = 8;
const AT: u8 = 16;
const COLON: u8 = 32;
const ESCAPE: u8 = 64;
const SIGN: u8 = 128;
/// Of the byte itself.
const HIGH: u8 = 128;

const TABLE: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        table[byte] = match b {
            b'a'..=b'z' | b'A'..=b'Z' => LETTER | RUN,
            b'0'..=b'9' => DIGIT | RUN,
            b'_' | b'-' | b'+' => RUN | SIGN,
            b'/' => RUN | SIGN | SLASH,
            b'@' => AT | SIGN,
            b':' => COLON | SIGN,
            b'%' | b'&' | b'\\' => ESCAPE | SIGN,
            b',' => 0,
            b'#'..=b'~' => SIGN,
            _ => 0,
        };
        byte += 1;
    }
    table
};

pub fn classes(block: &[u8; BLOCK]) -> Classes {
    let mut found = Classes::default();
    let (eights, _) = block.as_chunks::<8>();
    for (at, eight) in eights.iter().enumerate() {
        let bytes = u64::from_le_bytes(*eight);
        let of = u64::from_le_bytes(eight.map(|byte| TABLE[usize::from(byte)]));
        let bits = |class: u8| gather(of, class) << (8 * at);
        found.letter |= bits(LETTER);
        found.digit |= bits(DIGIT);
        found.run |= bits(RUN);
        found.slash |= bits(SLASH);
        found.at |= bits(AT);
        found.colon |= bits(COLON);
        found.escape |= bits(ESCAPE);
        found.sign |= bits(SIGN);
        found.high |= gather(bytes, HIGH) << (8 * at);
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
