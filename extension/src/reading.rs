//! `parse`: JSON text into jsonb, whatever `::jsonb` refuses.

use crate::datum::NewJsonb;
use crate::error::or_raise;
use pgrx::prelude::*;

/// The jsonb of a JSON text. `\u0000` and lone surrogates, which `::jsonb` refuses, become marks.
#[pg_extern(immutable, strict, parallel_safe)]
fn parse(raw: &str) -> NewJsonb {
    NewJsonb(or_raise(payload::json::parse(raw)))
}
