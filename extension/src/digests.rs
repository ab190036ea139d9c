//! `digest` and the identities computed from callers' ids.

use crate::datum::Jsonb;
use crate::error::or_raise;
use payload::digest::identity;
use pgrx::Uuid;
use pgrx::prelude::*;

/// SHA-256 of `payload::text`.
#[pg_extern(immutable, strict, parallel_safe)]
fn digest(payload: Jsonb) -> Vec<u8> {
    or_raise(payload::digest::digest(payload.bytes())).to_vec()
}

/// The id of a conversation, from its tenant and the caller's id.
#[pg_extern(immutable, strict, parallel_safe)]
pub fn conversation_id(tenant: &str, conversation: &str) -> Uuid {
    Uuid::from_bytes(identity(
        "conversation",
        &[Some(tenant), Some(conversation)],
    ))
}

/// The id of a run, from its tenant, its conversation and the caller's id: hand-numbered runs repeat
/// from one conversation to the next.
#[pg_extern(immutable, strict, parallel_safe)]
pub fn run_id(tenant: &str, conversation: &str, run: &str) -> Uuid {
    Uuid::from_bytes(identity(
        "run",
        &[Some(tenant), Some(conversation), Some(run)],
    ))
}
