//! `redact`, `redact_text`, `findings`, and what of them needs a tenant's key.

use crate::datum::{Jsonb, JsonbBuffer, Returned};
use crate::error::{Error, or_raise};
use crate::policy::{compiled, require_key};
use crate::protection::protection_as;
use payload::redact::{self, Findings, Key, Policy, Subject};
use pgrx::prelude::*;

/// The payload without what the policy hides; one with nothing to hide is returned as it came.
#[pg_extern(immutable, parallel_safe)]
fn redact(
    payload: Option<Jsonb>,
    policy: Option<Jsonb>,
    kind: default!(Option<&str>, "NULL"),
    tool: default!(Option<&str>, "NULL"),
) -> Option<Returned> {
    let (payload, policy) = (payload?, compiled(policy?.bytes()));
    require_key(&policy, None);
    let subject = Subject::event(kind, tool);
    Some(returned(payload, &policy, &subject))
}

/// Plain text without what the policy hides.
#[pg_extern(immutable, parallel_safe)]
fn redact_text(
    text: Option<&str>,
    policy: Option<Jsonb>,
    kind: default!(Option<&str>, "NULL"),
    tool: default!(Option<&str>, "NULL"),
) -> Option<String> {
    let (text, policy) = (text?, compiled(policy?.bytes()));
    require_key(&policy, None);
    let subject = Subject::event(kind, tool);
    Some(redact::redact_text(text, &policy, &subject).0.into_owned())
}

/// What a policy finds in a payload: no value, and nothing is computed with a key.
#[pg_extern(immutable, parallel_safe)]
#[allow(
    clippy::type_complexity,
    reason = "pgrx reads the columns off the type"
)]
fn findings(
    payload: Option<Jsonb>,
    policy: Option<Jsonb>,
    kind: default!(Option<&str>, "NULL"),
    tool: default!(Option<&str>, "NULL"),
) -> TableIterator<
    'static,
    (
        name!(path, String),
        name!(rule, String),
        name!(action, String),
        name!(count, i32),
    ),
> {
    let found = match (payload, policy) {
        (Some(payload), Some(policy)) => or_raise(redact::findings(
            payload.bytes(),
            &compiled(policy.bytes()),
            &Subject::event(kind, tool),
        )),
        _ => Findings::default(),
    };
    let rows: Vec<_> = found
        .iter()
        .map(|finding| {
            (
                finding.path.clone(),
                finding.rule.to_string(),
                finding.action.name().to_owned(),
                i32::try_from(finding.count).unwrap_or(i32::MAX),
            )
        })
        .collect();
    TableIterator::new(rows)
}

/// The payload as a tenant's row has it: by the policy and with the key that apply, or by an older
/// version and with an older key.
#[pg_extern(stable, parallel_restricted)]
fn redacted(
    payload: Option<Jsonb>,
    tenant: Option<&str>,
    kind: default!(Option<&str>, "NULL"),
    tool: default!(Option<&str>, "NULL"),
    version: default!(Option<i32>, "NULL"),
    key_id: default!(Option<i32>, "NULL"),
) -> Option<Returned> {
    let payload = payload?;
    let protection = protection_as(tenant?, version, key_id)?;
    let subject = Subject {
        key: protection.key.as_deref(),
        // What is no event is kept somewhere as an item came.
        enclosed: kind.is_none(),
        ..Subject::event(kind, tool)
    };
    Some(returned(payload, &protection.policy, &subject))
}

/// What stands in a tenant's rows for a value, one row per key.
#[pg_extern(stable, parallel_restricted)]
fn pseudonyms(
    value: &str,
    tenant: &str,
    detector: default!(&str, "'email'"),
) -> TableIterator<
    'static,
    (
        name!(key_id, i32),
        name!(hash, String),
        name!(pseudonym, String),
    ),
> {
    let keys = Spi::connect(|client| -> Result<Vec<(i32, Vec<u8>)>, pgrx::spi::Error> {
        let rows = client.select(
            "SELECT key_id, secret FROM transcript.redaction_keys
             WHERE tenant_id = $1 OR tenant_id IS NULL ORDER BY key_id DESC",
            None,
            &[tenant.into()],
        )?;
        let mut keys = Vec::new();
        for row in rows {
            if let (Some(id), Some(secret)) = (row.get(1)?, row.get(2)?) {
                keys.push((id, secret));
            }
        }
        Ok(keys)
    });
    let Ok(keys) = keys else {
        Error::new(
            "TR005",
            "a table of the schema cannot be read",
            "run pg_transcript migrate",
        )
        .raise()
    };
    let rows: Vec<_> = keys
        .into_iter()
        .filter_map(|(id, secret)| {
            let key = Key::new(u32::try_from(id).ok()?, tenant, &secret)?;
            let (hash, pseudonym) = redact::pseudonyms(detector, value, &key);
            Some((id, hash, pseudonym))
        })
        .collect();
    TableIterator::new(rows)
}

fn returned(payload: Jsonb, policy: &Policy, subject: &Subject<'_>) -> Returned {
    let mut out = JsonbBuffer::new();
    match or_raise(redact::redact_into(
        &mut out,
        payload.bytes(),
        policy,
        subject,
    )) {
        Some(_) => Returned::Written(out.finish()),
        None => Returned::Same(payload),
    }
}
