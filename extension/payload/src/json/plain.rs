//! Where a string stops being plain.

use crate::interrupt::{self, PIECE};

/// How many bytes stand before the next quote, backslash or control character.
#[inline]
pub(crate) fn plain(bytes: &[u8]) -> usize {
    if bytes.len() <= PIECE {
        return classes::plain(bytes);
    }
    let mut at = 0;
    for piece in bytes.chunks(PIECE) {
        let plain = classes::plain(piece);
        at += plain;
        if plain < PIECE {
            break;
        }
        interrupt::check(PIECE);
    }
    at
}
