//! Where a string stops being plain: sixteen bytes at a time to what is not, then eight.

use crate::interrupt::{self, PIECE};

/// How many bytes stand before the next quote, backslash or control character.
pub(crate) fn plain(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 0xFF;
    const HIGH: u64 = ONES << 7;
    // A byte is zero where its high bit ends up set; the first such one is exact.
    let zero = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
    // Of all sixteen and without an early end the compiler makes one comparison.
    let is_plain = |sixteen: &&[u8; 16]| {
        let special = |b: &u8| (*b == b'"') | (*b == b'\\') | (*b < 0x20);
        !sixteen.iter().fold(false, |any, b| any | special(b))
    };
    let mut at = 0;
    for piece in bytes.chunks(PIECE) {
        interrupt::check(if piece.len() < PIECE { 0 } else { PIECE });
        let plain = piece
            .as_chunks::<16>()
            .0
            .iter()
            .take_while(is_plain)
            .count()
            * 16;
        at += plain;
        if plain < piece.len() {
            break;
        }
    }
    for eight in bytes[at..].as_chunks::<8>().0 {
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
