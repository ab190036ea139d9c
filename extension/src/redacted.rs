//! Which rows were redacted as part of an event, and are not to be looked at alone.

use std::cell::Cell;

thread_local! {
    /// True while rows are written whose content was redacted as part of an event.
    static STORING: Cell<bool> = const { Cell::new(false) };
}

/// True for a row that an event's trigger writes. Its content was redacted where it stood; looked
/// at alone, without the names around it, it could read otherwise and no longer fit its digest.
pub fn is_redacted() -> bool {
    STORING.get()
}

/// Ends with the statement, also when that fails.
pub struct Storing;

impl Storing {
    pub fn begin() -> Self {
        STORING.set(true);
        Storing
    }
}

impl Drop for Storing {
    fn drop(&mut self) {
        STORING.set(false);
    }
}
