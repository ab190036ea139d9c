//! `cap`: a payload cut to size.

use crate::datum::{Jsonb, NewJsonb, Returned};
use crate::error::{Error, or_raise};
use pgrx::prelude::*;

/// The payload in at most `max_bytes` bytes of jsonb; one that is no larger is returned as it came,
/// without being detoasted.
#[pg_extern(immutable, strict, parallel_safe)]
fn cap(payload: Jsonb, max_bytes: i32) -> Returned {
    let max = usize::try_from(max_bytes)
        .ok()
        .filter(|max| *max > 0)
        .unwrap_or_else(|| {
            Error::new(
                "TR020",
                "max_bytes must be positive",
                "give the limit in bytes",
            )
            .raise()
        });
    if payload.size() <= max {
        return Returned::Same(payload);
    }
    match or_raise(payload::cap::cap(payload.bytes(), max)) {
        Some(capped) => Returned::New(NewJsonb(capped)),
        None => Returned::Same(payload),
    }
}
