//! Batches of notes, and what must hold of what became of them.

use serde_json::{Value, json};
use tests::{Session, Verdict};

/// A batch of notes with keys `{prefix}-0`, `{prefix}-1`…
pub fn batch(conversation: &str, prefix: &str, count: usize) -> String {
    let item = |n: usize| {
        let key = format!("{prefix}-{n}");
        json!({"key": key, "kind": "note", "payload": key})
    };
    let items: Vec<Value> = (0..count).map(item).collect();
    json!({"conversation": conversation, "items": items}).to_string()
}

pub fn statuses(verdicts: &[Verdict]) -> Vec<&str> {
    verdicts.iter().map(|v| v.status.as_str()).collect()
}

/// The payloads of a conversation in the order of seq, which must be 1, 2, 3…, with counters that agree.
pub async fn stored(dba: &mut Session, conversation: &str) -> Vec<String> {
    let of = format!("conversation_id = transcript.conversation_id('acme', '{conversation}')");
    let payloads = dba
        .texts(&format!(
            "select payload #>> '{{}}' from transcript.events where {of} order by seq"
        ))
        .await;
    let counted = dba
        .text(&format!(
            "select format('%s %s %s', event_count, next_seq - 1,
               (select coalesce(max(seq), 0) from transcript.events where {of}))
             from transcript.conversations where {of}"
        ))
        .await;
    let n = payloads.len();
    assert_eq!(counted, format!("{n} {n} {n}"), "{conversation}");
    payloads
        .iter()
        .map(|p| p.trim_matches(['(', ')', '"']).to_owned())
        .collect()
}
