//! `fingerprint` and `place`: how a session store and the log are compared without a look at content.

use crate::datum::Jsonb;
use crate::error::Error;
use payload::fingerprint::KEY_BYTES;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;

/// The keyed fingerprint of an item before redaction. A hundred times as dear as a comparison, which the
/// planner must know to have many of them made by parallel workers.
#[pg_extern(immutable, parallel_safe, cost = 100)]
fn fingerprint(
    number: Option<i64>,
    at: Option<TimestampWithTimeZone>,
    item: Option<&str>,
    key: Option<&[u8]>,
) -> Option<i64> {
    let (number, item, key) = (number?, item?, key?);
    let Ok(key) = <&[u8; KEY_BYTES]>::try_from(key) else {
        Error::new(
            "TR068",
            "the key of a fingerprint does not have 16 bytes",
            "take it from transcript.fingerprint_keys",
        )
        .raise()
    };
    let at = at.map(pg_sys::TimestampTz::from);
    Some(payload::fingerprint::fingerprint(key, number, at, item))
}

/// What binds a fingerprint to an event.
#[pg_extern(immutable, strict, parallel_safe, cost = 100)]
fn place(seq: i64, payload: Jsonb) -> i64 {
    payload::fingerprint::place(seq, payload.bytes())
}
