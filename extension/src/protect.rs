//! The row triggers that redact and cap before storage, whoever inserts.

use crate::datum::NewJsonb;
use crate::error::{Error, or_raise};
use crate::protection::{protection, spilled, spilling};
use crate::row::Row;
use payload::jsonb::{Node, encode};
use payload::redact::{Action, Findings, Policy, Subject, redact, redact_text};
use payload::{cap, digest, project};
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;
use pgrx::{Uuid, pg_sys};
use std::borrow::Cow;

/// Longest text kept for search beside a payload.
const SEARCH_TEXT_BYTES: usize = 8 * 1024;
/// Columns of `events` that callers fill with short text.
const LABELS: &[&str] = &[
    "kind",
    "role",
    "agent",
    "model",
    "tool_name",
    "tool_call_id",
];

fn tenant_of(row: &Row<'_>) -> String {
    row.text("tenant_id").unwrap_or_else(|| {
        Error::new(
            "TR012",
            "tenant is not set",
            "SET LOCAL transcript.tenant = '…' first",
        )
        .raise()
    })
}

/// Redacts, digests and caps an event; spills what is too large to a blob; audits what was found.
#[pg_trigger]
fn protect_event<'a>(
    trigger: &'a PgTrigger<'a>,
) -> Result<Option<PgHeapTuple<'a, impl WhoAllocated>>, std::convert::Infallible> {
    let mut row = Row::new(trigger);
    let tenant = tenant_of(&row);
    let protection = protection(&tenant);
    for label in LABELS {
        redact_text_column(&mut row, label, &protection.policy, &protection.subject());
    }
    let Some(given) = row.jsonb("payload") else {
        // The column's NOT NULL says it better.
        return Ok(Some(row.finish()));
    };
    let (kind, tool) = (row.text("kind"), row.text("tool_name"));
    let subject = protection.event(kind.as_deref(), tool.as_deref());
    let (whole, findings) = match or_raise(redact(given.bytes(), &protection.policy, &subject)) {
        Some((redacted, findings)) => (Cow::Owned(redacted), Some(findings)),
        None => (Cow::Borrowed(given.bytes()), None),
    };
    let digest = or_raise(digest::digest(&whole));
    let size = cap::size(&whole);
    row.set("digest", digest.to_vec());
    row.set("payload_bytes", clamp(size));
    row.set(
        "redactions",
        clamp(findings.as_ref().map_or(0, |f| f.total() as usize)),
    );
    row.set("policy_version", protection.version);
    row.set(
        "text",
        or_raise(project::search_text(&whole, SEARCH_TEXT_BYTES)),
    );
    if let Some(findings) = &findings {
        audit(&row, &tenant, findings);
    }
    if let Some(inline) = or_raise(cap::cap(&whole, protection.inline_bytes)) {
        let blob = or_raise(cap::cap(&whole, protection.blob_bytes));
        let truncated = blob.is_some();
        let stored = blob.unwrap_or_else(|| whole.into_owned());
        let blob_at = spilling(kind.clone(), tool.clone(), || {
            spill(&row, &tenant, &digest, size, truncated, stored)
        });
        row.set("blob_at", blob_at);
        row.set_jsonb("payload", inline);
    } else if let Cow::Owned(redacted) = whole {
        row.set_jsonb("payload", redacted);
    }
    Ok(Some(row.finish()))
}

/// Redacts the text and jsonb columns that the trigger's arguments name.
#[pg_trigger]
fn protect_columns<'a>(
    trigger: &'a PgTrigger<'a>,
) -> Result<Option<PgHeapTuple<'a, impl WhoAllocated>>, std::convert::Infallible> {
    let mut row = Row::new(trigger);
    let protection = protection(&tenant_of(&row));
    let policy = &protection.policy;
    let event = spilled();
    let subject = match &event {
        Some((kind, tool)) => protection.event(kind.as_deref(), tool.as_deref()),
        None => protection.subject(),
    };
    for column in trigger.extra_args().unwrap_or_default() {
        if row.type_of(&column) == pg_sys::JSONBOID {
            if let Some(given) = row.jsonb(&column)
                && let Some((redacted, _)) = or_raise(redact(given.bytes(), policy, &subject))
            {
                row.set_jsonb(&column, redacted);
            }
        } else {
            redact_text_column(&mut row, &column, policy, &subject);
        }
    }
    Ok(Some(row.finish()))
}

fn redact_text_column(row: &mut Row<'_>, column: &str, policy: &Policy, subject: &Subject<'_>) {
    if let Some(text) = row.text(column)
        && let (Cow::Owned(redacted), _) = redact_text(&text, policy, subject)
    {
        row.set(column, redacted);
    }
}

fn clamp(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// Stores a payload beside the events of its day, once per conversation, and says where.
fn spill(
    row: &Row<'_>,
    tenant: &str,
    digest: &[u8; 32],
    size: usize,
    truncated: bool,
    payload: Vec<u8>,
) -> Option<TimestampWithTimeZone> {
    let statement = "WITH place AS (
            SELECT pg_catalog.date_trunc('day', $3, 'UTC') AS recorded_at
        ), stored AS (
            INSERT INTO transcript.blobs
                (conversation_id, digest, recorded_at, tenant_id, user_id, payload_bytes, truncated, payload)
            SELECT $1, $2, recorded_at, $4, $5, $6, $7, $8 FROM place
            ON CONFLICT DO NOTHING
        )
        SELECT recorded_at FROM place";
    let done = Spi::connect_mut(|client| -> Result<_, pgrx::spi::Error> {
        let place = client.update(
            statement,
            None,
            &[
                row.value::<Uuid>("conversation_id").into(),
                digest.to_vec().into(),
                row.value::<TimestampWithTimeZone>("recorded_at").into(),
                tenant.into(),
                row.text("user_id").into(),
                clamp(size).into(),
                truncated.into(),
                NewJsonb(payload).into(),
            ],
        )?;
        place.first().get_one()
    });
    done.unwrap_or_else(|_| spi_failed())
}

/// One audit row per event: rule, path, action and count of what was changed, never a value.
fn audit(row: &Row<'_>, tenant: &str, findings: &Findings) {
    let list = findings
        .iter()
        .filter(|finding| finding.action != Action::Keep)
        .map(|finding| {
            Node::object(vec![
                (
                    Cow::Borrowed("rule"),
                    Node::string(finding.rule.to_string()),
                ),
                (
                    Cow::Borrowed("path"),
                    Node::string(finding.path.to_string()),
                ),
                (Cow::Borrowed("action"), Node::string(finding.action.name())),
                (
                    Cow::Borrowed("count"),
                    Node::integer(i64::from(finding.count)),
                ),
            ])
        })
        .collect();
    let detail = or_raise(encode(&Node::Array(list)));
    let statement = "INSERT INTO transcript.audit_log
            (tenant_id, user_id, action, conversation_id, seq, detail)
        VALUES ($1, $2, 'redact', $3, $4, $5)";
    let done = Spi::connect_mut(|client| {
        client
            .update(
                statement,
                None,
                &[
                    tenant.into(),
                    row.text("user_id").into(),
                    row.value::<Uuid>("conversation_id").into(),
                    row.value::<i64>("seq").into(),
                    NewJsonb(detail).into(),
                ],
            )
            .map(|_| ())
    });
    if done.is_err() {
        spi_failed();
    }
}

fn spi_failed() -> ! {
    Error::new(
        "TR005",
        "a table of the schema cannot be written",
        "run pg_transcript migrate",
    )
    .raise()
}
