//! The row triggers that redact and cap before storage, whoever inserts.

use crate::datum::NewJsonb;
use crate::error::{Error, or_raise};
use crate::labels;
use crate::protection::{Protection, protection};
use crate::redacted::is_redacted;
use crate::row::Row;
use crate::storing::{Store, clamp, spi_failed};
use payload::jsonb::{Node, encode};
use payload::parts::{self, Content, Shared};
use payload::redact::{Action, Findings, Policy, Subject, redact, redact_text};
use payload::{cap, digest, fingerprint, project};
use pgrx::prelude::*;
use pgrx::{Uuid, pg_sys};
use std::borrow::Cow;

/// Longest text kept for search beside a payload.
const SEARCH_TEXT_BYTES: usize = 8 * 1024;
/// Columns of `events` that callers fill with short text: names that come again and again, and ids.
const NAMES: &[&str] = &["kind", "role", "agent", "model", "tool_name"];
const IDS: &[&str] = &["tool_call_id", "calls", "answers", "item_id", "parent_id"];

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

/// Anything less is passed by with one setting of `session_replication_role` or the other.
fn require_always(trigger: &PgTrigger<'_>) {
    // SAFETY: the trigger that is being called.
    let enabled = unsafe { (*trigger.trigger_data().tg_trigger).tgenabled };
    if enabled as u8 != b'A' {
        Error::new(
            "TR030",
            "\"events\" is not protected: its trigger is not enabled always",
            "run pg_transcript migrate",
        )
        .raise()
    }
}

/// Redacts, digests and caps an event; spills what is too large to a blob; audits what was found.
#[pg_trigger]
fn protect_event<'a>(
    trigger: &'a PgTrigger<'a>,
) -> Result<Option<PgHeapTuple<'a, impl WhoAllocated>>, std::convert::Infallible> {
    require_always(trigger);
    let mut row = Row::new(trigger);
    let tenant = tenant_of(&row);
    let protection = protection(&tenant);
    for column in NAMES {
        redact_name(&mut row, column, &protection);
    }
    for column in IDS {
        redact_column(&mut row, column, &protection.policy, &protection.subject());
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
    if let Some(findings) = &findings {
        audit(&row, &tenant, findings);
    }
    let store = Store::new(&row, &tenant, &protection);
    let shared = match kind.as_deref() {
        Some("model_call") => or_raise(parts::shared(&whole)),
        _ => Shared::default(),
    };
    let mut content = or_raise(Content::new(&whole, digest, &shared, store.limits()));
    // The input of a call is in the events that it was made of: their text is enough.
    let searched = if shared.is_empty() {
        &whole
    } else {
        &content.payload
    };
    row.set(
        "text",
        or_raise(project::search_text(searched, SEARCH_TEXT_BYTES)),
    );
    let inline = or_raise(content.inline(protection.inline_bytes));
    if inline.is_some() {
        or_raise(content.limit(protection.blob_bytes));
    }
    store.shared(&shared, &content);
    store.attachments(std::mem::take(&mut content.attachments));
    row.set("parts", clamp(content.parts));
    row.set("blob_at", inline.is_some().then(|| store.day()).flatten());
    let stored = if let Some(inline) = inline {
        store.blobs(vec![content]);
        Cow::Owned(inline)
    } else if content.parts > 0 {
        Cow::Owned(content.payload.into_owned())
    } else {
        whole
    };
    bind_fingerprint(trigger, &mut row, &stored);
    if let Cow::Owned(stored) = stored {
        row.set_jsonb("payload", stored);
    }
    Ok(Some(row.finish()))
}

/// A fingerprint that is given with a payload is bound to what is stored of it. One that is not given
/// anew stays: it tells that the payload was changed past `append`.
fn bind_fingerprint(trigger: &PgTrigger<'_>, row: &mut Row<'_>, stored: &[u8]) {
    let Some(given) = row.value::<i64>("fingerprint") else {
        return;
    };
    let before = trigger
        .old()
        .and_then(|old| old.get_by_name::<i64>("fingerprint").ok().flatten());
    if before != Some(given)
        && let Some(seq) = row.value::<i64>("seq")
    {
        row.set("fingerprint", given ^ fingerprint::place(seq, stored));
    }
}

/// Redacts the text and jsonb columns that the trigger's arguments name.
#[pg_trigger]
fn protect_columns<'a>(
    trigger: &'a PgTrigger<'a>,
) -> Result<Option<PgHeapTuple<'a, impl WhoAllocated>>, std::convert::Infallible> {
    let mut row = Row::new(trigger);
    if is_redacted() {
        return Ok(Some(row.finish()));
    }
    let protection = protection(&tenant_of(&row));
    let (policy, subject) = (&protection.policy, protection.subject());
    for column in trigger.extra_args().unwrap_or_default() {
        redact_column(&mut row, &column, policy, &subject);
    }
    Ok(Some(row.finish()))
}

/// Digests an attachment, whoever inserts it, and redacts one that is text.
#[pg_trigger]
fn protect_attachment<'a>(
    trigger: &'a PgTrigger<'a>,
) -> Result<Option<PgHeapTuple<'a, impl WhoAllocated>>, std::convert::Infallible> {
    let mut row = Row::new(trigger);
    if is_redacted() {
        return Ok(Some(row.finish()));
    }
    let protection = protection(&tenant_of(&row));
    let (policy, subject) = (&protection.policy, protection.subject());
    redact_column(&mut row, "media_type", policy, &subject);
    if let Some(given) = row.value::<Vec<u8>>("content") {
        let media_type = row.text("media_type").unwrap_or_default();
        let redacted = parts::text(&media_type, &given).and_then(|content| {
            match redact_text(&content.text, policy, &subject).0 {
                Cow::Owned(redacted) => Some(content.encode(redacted)),
                Cow::Borrowed(_) => None,
            }
        });
        let content = redacted.unwrap_or(given);
        row.set("digest", parts::sha256(&content).to_vec());
        row.set("content_bytes", clamp(content.len()));
        row.set("content", content);
    }
    Ok(Some(row.finish()))
}

/// A column of type text with a name that comes again: what was found clean once is not looked at anew.
fn redact_name(row: &mut Row<'_>, column: &str, protection: &Protection) {
    let Some(text) = row.text(column) else { return };
    if labels::is_clean(&protection.policy, &text) {
        return;
    }
    match redact_text(&text, &protection.policy, &protection.subject()).0 {
        Cow::Owned(redacted) => row.set(column, redacted),
        Cow::Borrowed(_) => labels::found_clean(&protection.policy, &text),
    }
}

/// A column of type jsonb, text or text[].
fn redact_column(row: &mut Row<'_>, column: &str, policy: &Policy, subject: &Subject<'_>) {
    match row.type_of(column) {
        pg_sys::JSONBOID => {
            if let Some(given) = row.jsonb(column)
                && let Some((redacted, _)) = or_raise(redact(given.bytes(), policy, subject))
            {
                row.set_jsonb(column, redacted);
            }
        }
        pg_sys::TEXTARRAYOID => {
            if let Some(texts) = row.value::<Vec<Option<String>>>(column) {
                let redacted = texts.iter().map(|text| {
                    let text = text.as_deref()?;
                    Some(redact_text(text, policy, subject).0.into_owned())
                });
                let redacted: Vec<_> = redacted.collect();
                if redacted != texts {
                    row.set(column, redacted);
                }
            }
        }
        _ => {
            if let Some(text) = row.text(column)
                && let (Cow::Owned(redacted), _) = redact_text(&text, policy, subject)
            {
                row.set(column, redacted);
            }
        }
    }
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
