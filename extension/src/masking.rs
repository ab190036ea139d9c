//! `mask` and `mask_label`: what somebody sees who may see structure but no content.

use crate::datum::{Jsonb, NewJsonb};
use crate::error::or_raise;
use payload::display;
use pgrx::prelude::*;

/// The payload with its structure and without its values: markers such as `[string:29]` stand there.
#[pg_extern(immutable, strict, parallel_safe)]
fn mask(payload: Jsonb) -> NewJsonb {
    NewJsonb(or_raise(display::mask(payload.bytes())))
}

/// A label as it is when it looks like a name, else the marker of a string.
#[pg_extern(immutable, strict, parallel_safe)]
fn mask_label(label: &str) -> String {
    if display::is_name(label) {
        label.to_owned()
    } else {
        display::mask_text(label)
    }
}

/// The marker of a string.
#[pg_extern(immutable, strict, parallel_safe)]
fn mask_text(content: &str) -> String {
    display::mask_text(content)
}
