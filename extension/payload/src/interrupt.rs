//! Long work asks now and then whether it should go on. Whoever embeds this crate says how: the
//! extension lets the server answer a cancel, which unwinds through here as a panic does.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes of work between two questions: some milliseconds of the slowest work there is.
const EVERY: usize = 128 * 1024;
/// What a value costs beside its bytes.
pub(crate) const VALUE: usize = 16;
/// Work on many bytes at once is done in pieces of this size.
pub(crate) const PIECE: usize = 1 << 20;

static ASK: OnceLock<fn()> = OnceLock::new();
/// Not exact when threads share it, and need not be.
static DONE: AtomicUsize = AtomicUsize::new(0);

/// Has `ask` called every so often during long work. The first call counts; it may panic.
pub fn on_check(ask: fn()) {
    let _ = ASK.set(ask);
}

/// Counts `bytes` of work, and asks when there was enough of it.
#[inline]
pub(crate) fn check(bytes: usize) {
    let done = DONE.load(Ordering::Relaxed).saturating_add(bytes);
    if done < EVERY {
        DONE.store(done, Ordering::Relaxed);
    } else {
        ask();
    }
}

/// Bytes in pieces: it is asked between them.
pub(crate) fn pieces(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.chunks(PIECE).inspect(|piece| check(piece.len()))
}

/// True when all bytes are of one sort, however many there are.
pub(crate) fn all(bytes: &[u8], belongs: impl Fn(u8) -> bool) -> bool {
    pieces(bytes).all(|piece| piece.iter().all(|byte| belongs(*byte)))
}

/// White space, of which there may be much to trim.
pub(crate) fn is_space(c: char) -> bool {
    check(1);
    c.is_whitespace()
}

/// As [`str::contains`].
pub(crate) fn contains(text: &str, part: &str) -> bool {
    find(text, part).is_some()
}

/// As [`str::find`].
pub(crate) fn find(text: &str, part: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let rest = &text[from..];
        if rest.len() <= PIECE + part.len() {
            return rest.find(part).map(|at| from + at);
        }
        check(PIECE);
        // Pieces overlap, so that the part is in one of them.
        if let Some(at) = rest[..rest.floor_char_boundary(PIECE + part.len())].find(part) {
            return Some(from + at);
        }
        from += rest.floor_char_boundary(PIECE);
    }
}

/// How many characters the text has.
pub(crate) fn characters(text: &str) -> usize {
    let starts = |byte: &&u8| (**byte as i8) >= -0x40;
    let count = |piece: &[u8]| piece.iter().filter(starts).count();
    pieces(text.as_bytes()).map(count).sum()
}

/// As [`str::chars`].
pub(crate) fn chars(text: &str) -> impl Iterator<Item = char> {
    text.chars().inspect(|c| check(c.len_utf8()))
}

/// As [`String::push_str`].
pub(crate) fn push(out: &mut String, text: &str) {
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, more) = rest.split_at(rest.floor_char_boundary(PIECE));
        check(piece.len());
        out.push_str(piece);
        rest = more;
    }
}

#[cold]
fn ask() {
    DONE.store(0, Ordering::Relaxed);
    if let Some(ask) = ASK.get() {
        ask();
    }
}
