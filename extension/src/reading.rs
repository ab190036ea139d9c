//! `parse` and `unparse`: any text into jsonb, and back.

use crate::datum::{Jsonb, NewJsonb};
use crate::error::or_raise;
use pgrx::prelude::*;

/// The jsonb of any text: of JSON, also of what `::jsonb` refuses; of other text, an object that
/// holds it.
#[pg_extern(immutable, strict, parallel_safe)]
fn parse(raw: &str) -> NewJsonb {
    NewJsonb(or_raise(payload::json::parse_any(raw)))
}

/// The text that `parse` read.
#[pg_extern(immutable, strict, parallel_safe)]
fn unparse(payload: Jsonb) -> String {
    or_raise(payload::json::unparse(payload.bytes()))
}
