//! Policies as they get stricter, and what a database holds afterwards.

use tests::{Database, Session, corpus};

/// What `standard` lets through and this does not: addresses of machines, and what a member's name says.
pub const STRICTER: &str =
    r#"{"version":1,"extends":"strict","keys":["nickname","obfuscation","title","delta"]}"#;

pub async fn set_policy(dba: &mut Session, tenant: Option<&str>, policy: &str) {
    sqlx::query(
        "insert into transcript.redaction_policies (tenant_id, policy) values ($1, $2::jsonb)",
    )
    .bind(tenant)
    .bind(policy)
    .execute(&mut dba.connection)
    .await
    .expect("a policy");
}

pub const FORMATS: [&str; 3] = [
    corpus::ROWS,
    "openai-chat-messages",
    "openai-agents-stream-events",
];

/// The recorded transcripts of a format, imported for a tenant; false where they are absent.
pub fn import(db: &Database, format: &str, tenant: &str) -> bool {
    let Some(folder) = corpus::transcripts() else {
        return false;
    };
    let file = corpus::file_of(&folder, format);
    let file = file.to_str().expect("UTF-8");
    let out = db.migrator(&["import", "--tenant", tenant, file]);
    assert!(out.status.success(), "{}", tests::stderr(&out));
    true
}

/// Every column of history that a policy has a say in, one line per row; of a payload over the blob
/// cap, only what it is.
pub async fn history(dba: &mut Session) -> Vec<String> {
    let mut lines = Vec::new();
    for sql in [
        "select concat_ws('|', 'event', e.conversation_id, e.seq, e.kind, e.role, e.agent, e.model, e.tool_name,
           e.tool_call_id, e.blob_at is not null, e.redactions, e.payload_bytes,
           case when b.truncated then 'over the cap' else
             concat_ws('|', md5(e.payload::text), md5(e.text), encode(e.digest, 'hex'), md5(b.payload::text), b.payload_bytes) end)
         from transcript.events e
         left join transcript.blobs b on (b.conversation_id, b.digest, b.recorded_at) = (e.conversation_id, e.digest, e.blob_at)
         order by e.conversation_id, e.seq",
        "select concat_ws('|', 'conversation', conversation_id, external_id, agent, title, metadata, event_count, next_seq)
         from transcript.conversations order by conversation_id",
        "select concat_ws('|', 'run', conversation_id, run_id, external_id, agent, model, provider, status, error, usage)
         from transcript.runs order by conversation_id, run_id",
        "select concat_ws('|', 'letter', conversation, source, line, item_index, format, reason, raw)
         from transcript.rejected order by conversation, source, line, item_index",
    ] {
        lines.extend(dba.texts(sql).await);
    }
    lines
}

/// Fails with the first lines that differ.
#[track_caller]
pub fn assert_same(found: &[String], wanted: &[String]) {
    let differing: Vec<_> = found
        .iter()
        .zip(wanted)
        .filter(|(a, b)| a != b)
        .take(3)
        .collect();
    assert!(
        differing.is_empty() && found.len() == wanted.len(),
        "{} and {} lines: {differing:#?}",
        found.len(),
        wanted.len()
    );
}
