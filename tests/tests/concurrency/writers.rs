//! Batches, what their verdicts must be, and how to wait for a rival.

use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tests::{Session, Verdict};
use tokio::task::JoinSet;

pub const PATIENCE: Duration = Duration::from_secs(20);

/// Note events with keys `{prefix}-0`, `{prefix}-1`…, every third of them a message.
pub fn items(prefix: &str, count: usize) -> Vec<Value> {
    let item = |n: usize| {
        let key = format!("{prefix}-{n}");
        let kind = if n.is_multiple_of(3) {
            "message"
        } else {
            "note"
        };
        json!({"key": key, "kind": kind, "payload": {"key": key}})
    };
    (0..count).map(item).collect()
}

pub fn batch(conversation: &str, items: &[Value]) -> String {
    json!({"conversation": conversation, "items": items}).to_string()
}

pub fn seqs(verdicts: &[Verdict]) -> Vec<i64> {
    verdicts.iter().map(|v| v.seq.expect("a seq")).collect()
}

/// The one status that all verdicts have, with their number.
#[track_caller]
pub fn all(verdicts: &[Verdict], count: usize) -> &str {
    assert_eq!(verdicts.len(), count, "one verdict per item");
    let status = verdicts[0].status.as_str();
    assert!(
        verdicts.iter().all(|v| v.status == status),
        "not of one kind: {verdicts:?}"
    );
    status
}

/// What must hold of a conversation at any time: its seqs are 1..n, its keys differ, its counters agree.
pub async fn assert_gap_free(dba: &mut Session, conversation: &str, events: i64) {
    let facts = format!(
        "format('%s events, seq %s to %s, %s seqs, %s keys; %s counted, next %s; messages %s',
           count(e.*), min(e.seq), max(e.seq), count(distinct e.seq), count(distinct e.event_key),
           c.event_count, c.next_seq,
           case when count(*) filter (where e.kind = 'message') = c.message_count then 'agree' else 'differ' end)
         from transcript.conversations c left join transcript.events e using (conversation_id)
         where conversation_id = transcript.conversation_id('acme', '{conversation}')
         group by c.conversation_id"
    );
    let n = events;
    let expected = format!(
        "({n} events, seq 1 to {n}, {n} seqs, {n} keys; {n} counted, next {}; messages agree)",
        n + 1
    );
    let found = dba.texts(&format!("select {facts}")).await;
    assert_eq!(
        found,
        [expected.replace('(', "(\"").replace(')', "\")")],
        "{conversation}"
    );
}

/// Waits until `condition` holds.
pub async fn wait_until(watcher: &mut Session, condition: &str) {
    let deadline = Instant::now() + PATIENCE;
    while watcher.text(condition).await != "true" {
        assert!(Instant::now() < deadline, "never: {condition}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// What the writers return. The first that fails ends the test: the others may wait for it forever.
pub async fn ended<T: 'static>(mut writers: JoinSet<T>) -> Vec<T> {
    let mut all = Vec::new();
    while let Some(writer) = writers.join_next().await {
        all.push(writer.expect("the writer ends well"));
    }
    all
}

pub async fn pid(session: &mut Session) -> i64 {
    session.number("pg_backend_pid()").await
}
