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

#[cold]
fn ask() {
    DONE.store(0, Ordering::Relaxed);
    if let Some(ask) = ASK.get() {
        ask();
    }
}
