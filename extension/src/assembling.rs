//! What reads skeletons: `part_references`, `assemble`, `call_input`.

use crate::datum::{Jsonb, NewJsonb, Returned};
use crate::error::or_raise;
use payload::parts::{Parts, Sha256};
use pgrx::prelude::*;

/// The references of a skeleton: where they stand, and what they refer to.
#[pg_extern(immutable, strict, parallel_safe)]
#[allow(
    clippy::type_complexity,
    reason = "pgrx reads the columns off the type"
)]
fn part_references(
    payload: Jsonb,
) -> TableIterator<
    'static,
    (
        name!(path, String),
        name!(kind, String),
        name!(sha256, Vec<u8>),
        name!(size, i64),
        name!(media_type, Option<String>),
    ),
> {
    let found = or_raise(payload::parts::references(payload.bytes()));
    let rows: Vec<_> = found
        .into_iter()
        .map(|found| {
            let reference = found.reference;
            (
                found.path,
                reference.kind.name().to_owned(),
                reference.sha256.to_vec(),
                i64::try_from(reference.size).unwrap_or(i64::MAX),
                reference.media_type.map(str::to_owned),
            )
        })
        .collect();
    TableIterator::new(rows)
}

/// The payload that a skeleton was made of. Parts come as arrays of equal length: the digest that
/// the reference has, and what it stands for; an input has one element per item, in order.
#[pg_extern(immutable, parallel_safe)]
fn assemble(
    skeleton: Option<Jsonb>,
    attachments: Option<Array<'_, &[u8]>>,
    contents: Option<Array<'_, &[u8]>>,
    shared: Option<Array<'_, &[u8]>>,
    payloads: Option<Array<'_, Jsonb>>,
    inputs: Option<Array<'_, &[u8]>>,
    items: Option<Array<'_, Jsonb>>,
) -> Option<Returned> {
    let skeleton = skeleton?;
    let mut parts = Parts::default();
    if let Some((digests, contents)) = attachments.as_ref().zip(contents.as_ref()) {
        for (digest, content) in digests.iter().zip(contents.iter()) {
            if let Some((digest, content)) = digest.and_then(sha256).zip(content) {
                parts.attachments.insert(digest, content);
            }
        }
    }
    if let Some((digests, payloads)) = shared.as_ref().zip(payloads.as_ref()) {
        for (digest, payload) in digests.iter().zip(payloads.iter()) {
            if let Some((digest, payload)) = digest.and_then(sha256).zip(payload) {
                parts.shared.insert(digest, payload.bytes());
            }
        }
    }
    if let Some((digests, items)) = inputs.as_ref().zip(items.as_ref()) {
        for (digest, item) in digests.iter().zip(items.iter()) {
            if let Some((digest, item)) = digest.and_then(sha256).zip(item) {
                parts.inputs.entry(digest).or_default().push(item.bytes());
            }
        }
    }
    let whole = or_raise(payload::parts::assemble(skeleton.bytes(), &parts));
    Some(Returned::New(NewJsonb(whole)))
}

fn sha256(digest: &[u8]) -> Option<Sha256> {
    digest.try_into().ok()
}

/// What a model call's payload says that the model got; null when it does not say.
#[pg_extern(immutable, strict, parallel_safe)]
fn call_input(payload: Jsonb) -> Option<NewJsonb> {
    or_raise(payload::parts::input(payload.bytes())).map(NewJsonb)
}
