//! `redact` and `redact_text`.

use crate::datum::{Jsonb, NewJsonb, Returned};
use crate::error::or_raise;
use crate::policy::compiled;
use pgrx::prelude::*;

/// The payload without what the policy hides; one with nothing to hide is returned as it came.
#[pg_extern(immutable, strict, parallel_safe)]
fn redact(payload: Jsonb, policy: Jsonb) -> Returned {
    match or_raise(payload::redact::redact(
        payload.bytes(),
        &compiled(policy.bytes()),
    )) {
        Some((redacted, _)) => Returned::New(NewJsonb(redacted)),
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
