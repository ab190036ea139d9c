//! Where a string stops being plain, eight bytes at a time.

use crate::interrupt::{self, PIECE};

/// How many bytes stand before the next quote, backslash or control character.
pub(super) fn plain(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 0xFF;
    const HIGH: u64 = ONES << 7;
    // A byte is zero where its high bit ends up set; the first such one is exact.
    let zero = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
    let mut at = 0;
    for eight in bytes.as_chunks::<8>().0 {
        let word = u64::from_le_bytes(*eight);
        let quote = zero(word ^ (ONES * u64::from(b'"')));
        let backslash = zero(word ^ (ONES * u64::from(b'\\')));
        let control = word.wrapping_sub(ONES * 0x20) & !word & HIGH;
        let found = quote | backslash | control;
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
        if at.is_multiple_of(PIECE) {
            interrupt::check(PIECE);
        }
    }
    let special = |b: &u8| matches!(b, b'"' | b'\\' | 0..=0x1F);
    let rest = &bytes[at..];
    at + rest.iter().position(special).unwrap_or(rest.len())
}
