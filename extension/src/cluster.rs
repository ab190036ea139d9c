//! Which cluster this is.

use pgrx::prelude::*;

/// As `pg_control_system()` has it, which reads a file each time.
#[pg_extern(stable, parallel_safe)]
fn system_identifier() -> i64 {
    // SAFETY: reads a number that was set when the server started.
    unsafe { pg_sys::GetSystemIdentifier() }.cast_signed()
}
