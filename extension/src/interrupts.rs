//! Long work in the `payload` crate answers a cancel.

use pgrx::prelude::*;

/// Called by the server when it loads the library.
#[pg_guard]
pub extern "C-unwind" fn _PG_init() {
    payload::interrupt::on_check(answer);
    crate::protection::watch();
}

/// Ends the statement when somebody asked for that: pgrx lets the server's error unwind through the
/// frames of the work, so nothing of it is left behind.
fn answer() {
    pgrx::check_for_interrupts!();
}
