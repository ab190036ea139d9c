//! `redact` and `redact_text`.

use crate::datum::{Jsonb, JsonbBuffer, Returned};
use crate::error::or_raise;
use crate::policy::compiled;
use payload::redact::redact_into;
use pgrx::prelude::*;

/// The payload without what the policy hides; one with nothing to hide is returned as it came.
#[pg_extern(immutable, strict, parallel_safe)]
fn redact(payload: Jsonb, policy: Jsonb) -> Returned {
    let mut out = JsonbBuffer::new();
    let policy = compiled(policy.bytes());
    match or_raise(redact_into(&mut out, payload.bytes(), &policy)) {
        Some(_) => Returned::Written(out.finish()),
        None => Returned::Same(payload),
    }
}

/// Plain text without what the policy hides.
#[pg_extern(immutable, strict, parallel_safe)]
fn redact_text(text: &str, policy: Jsonb) -> String {
    payload::redact::redact_text(text, &compiled(policy.bytes()))
        .0
        .into_owned()
}
