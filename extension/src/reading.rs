//! `parse` and `unparse`: any text into jsonb, and back.

use crate::datum::{Jsonb, JsonbBuffer, Written};
use crate::error::or_raise;
use payload::json;
use payload::jsonb::Buffer;
use pgrx::prelude::*;

/// The jsonb of any text: of JSON, also of what `::jsonb` refuses; of other text, an object that
/// holds it.
#[pg_extern(immutable, strict, parallel_safe)]
fn parse(raw: &str) -> Written {
    let mut out = JsonbBuffer::new();
    out.reserve(raw.len());
    if json::parse_into(&mut out, raw).is_err() {
        out.clear();
        or_raise(json::unparsed_into(&mut out, raw));
    }
    out.finish()
}

/// The text that `parse` read.
#[pg_extern(immutable, strict, parallel_safe)]
fn unparse(payload: Jsonb) -> String {
    or_raise(json::unparse(payload.bytes()))
}
