//! Everything goes in, every result finds its call, and what was never answered is known.

use crate::imported::{Counts, import};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use tests::corpus;
use tests::projected::each_conversation;
use tests::{Database, Session};

/// A file's items, those of them that can be no event, its calls without a result and its results
/// without a call; counted by another program, over the files and by hand.
type Expected = (&'static str, u64, u64, i64, i64);

const FILES: [Expected; 20] = [
    ("atif-trajectory", 11, 0, 1, 0),
    // Broken lines that its authors wrote: text, a number, a list, an object without a type.
    ("claude-code-jsonl", 8789, 4, 8, 0),
    ("google-adk-session", 15, 0, 0, 0),
    ("http-cassette", 1278, 0, 76, 88),
    ("inspect-ai-sample", 2645, 0, 0, 11),
    ("invariant-trace", 41, 0, 0, 0),
    ("langchain-messages", 34, 0, 2, 0),
    ("langgraph-postgres-rows", 714, 0, 0, 0),
    ("langgraph-stream", 274, 0, 1, 0),
    ("litellm-call-log", 12, 0, 5, 0),
    ("openai-agents-run-state", 1, 0, 2, 0),
    ("openai-agents-sqlalchemy-rows", 578, 0, 0, 0),
    ("openai-agents-stream-events", 3586, 0, 3, 0),
    ("openai-chat-messages", 3494, 0, 0, 0),
    ("opencode-bus-events", 3221, 0, 9, 0),
    ("openhands-events", 247, 0, 2, 0),
    ("otlp-json-genai", 128, 0, 10, 14),
    ("provider-response", 93, 0, 31, 2),
    ("provider-stream", 14237, 0, 52, 0),
    ("swe-agent", 195, 0, 0, 0),
];

/// What the runs of a file add up to: how many there are, and their tokens in and out. However many items
/// repeat what a response used, it counts once.
const USED: [(&str, &str); 5] = [
    ("claude-code-jsonl", "1997 43060 267305"),
    ("litellm-call-log", "10 70426 1106"),
    ("openai-agents-stream-events", "24 36107 4775"),
    ("openhands-events", "88 1373613 14119"),
    // Two responses were traced twice.
    ("otlp-json-genai", "126 212882 45535"),
];

/// The files of the folder that hold conversations.
fn names(folder: &PathBuf) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    let names = names.map(|name| name.into_string().expect("UTF-8"));
    names
        .filter_map(|name| Some(name.strip_suffix(".jsonl.zst")?.to_owned()))
        .collect()
}

#[tokio::test]
async fn all_transcripts_go_in_and_their_calls_are_known() {
    let Some(folder) = corpus::transcripts() else {
        return;
    };
    let expected: BTreeSet<String> = FILES.iter().map(|file| file.0.to_owned()).collect();
    assert_eq!(
        names(&folder),
        expected,
        "a file that no format is tested on"
    );
    let db = Database::migrated().await;
    let mut app = db.app("nobody").await;
    for (name, items, broken, open, without_call) in FILES {
        let file = corpus::file_of(&folder, name);
        let first = Counts {
            stored: items - broken,
            rejected: broken,
            ..Counts::default()
        };
        assert_eq!(import(&db, name, &file, &[]), first, "{name}");
        app.set_tenant(name).await;
        joined(&mut app, name, open, without_call).await;
        whole(&mut app, name).await;
        if let Some((_, used)) = USED.iter().find(|(of, _)| *of == name) {
            let sum = "select concat_ws(' ', count(*), sum(input_tokens), sum(output_tokens)) from transcript.runs";
            assert_eq!(app.text(&format!("({sum})")).await, *used, "{name}");
        }
    }
    let mut dba = db.superuser().await;
    let counters = "select count(*) from transcript.conversations c
        left join (select conversation_id, count(*) as events, max(seq) as last, count(*) filter (where kind = 'message') as messages
                   from transcript.events group by 1) e using (conversation_id)
        where (c.event_count, c.next_seq, c.message_count)
          is distinct from (coalesce(e.events, 0), coalesce(e.last, 0) + 1, coalesce(e.messages, 0))";
    assert_eq!(dba.number(counters).await, 0);
    let kept = "select string_agg(distinct tenant_id || ' ' || left(reason, 5), ', ') from transcript.rejected";
    assert_eq!(
        dba.text(kept).await,
        "claude-code-jsonl TR014, claude-code-jsonl TR016"
    );
}

/// Every item comes back as it went in, but for what redaction changed, whatever of it was stored
/// beside others' parts.
async fn whole(app: &mut Session, name: &str) {
    let mut given = Vec::new();
    each_conversation(name, "", |conversation, events| {
        let taken = events.iter().filter(|e| e.problem.is_none());
        let item = |index: usize| match conversation.format == corpus::ROWS {
            true => corpus::message_data(&conversation.items[index]),
            false => conversation.items[index].clone(),
        };
        let items: Vec<String> = taken.map(|e| item(e.index)).collect();
        given.push((conversation.id.clone(), items));
    });
    // Some traces come in several lines.
    let mut lines: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (id, items) in given {
        lines.entry(id).or_default().extend(items);
    }
    let sql = "
        with given as (
          select n, transcript.redact(transcript.parse(item), transcript.builtin_policy('standard')) as payload
          from unnest($2::text[]) with ordinality as i (item, n) offset 0
        ),
        kept as (
          select t.payload, t.digest, row_number() over (order by seq) as n
          from transcript.timeline($1, inflate => true) t
        )
        select coalesce(n, 0) from given g full join kept k using (n)
        where k.digest is distinct from transcript.digest(g.payload) or k.payload is distinct from g.payload";
    for (id, items) in lines {
        let changed: Vec<i64> = sqlx::query_scalar(sql)
            .bind(&id)
            .bind(&items)
            .fetch_all(&mut app.connection)
            .await
            .unwrap_or_else(|error| panic!("{name} {id}: {error}"));
        assert!(changed.is_empty(), "{name} {id}: {changed:?}");
    }
}

/// The calls of a tenant: what is open is exactly what the items say was never answered, and every
/// result stands where `calls` says it does.
async fn joined(app: &mut Session, name: &str, open: i64, without_call: i64) {
    let (mut dangling, mut unasked) = (BTreeSet::new(), BTreeSet::new());
    each_conversation(name, "", |conversation, events| {
        let all = |of: fn(&payload::project::Event<'_>) -> Vec<String>| -> BTreeSet<String> {
            events
                .iter()
                .filter(|e| e.problem.is_none())
                .flat_map(of)
                .collect()
        };
        let calls = all(|e| e.calls.iter().map(|id| id.to_string()).collect());
        let answers = all(|e| e.answers.iter().map(|id| id.to_string()).collect());
        let named = |id: &String| format!("{} {id}", conversation.id);
        dangling.extend(calls.difference(&answers).map(named));
        unasked.extend(answers.difference(&calls).map(named));
    });
    let reported = app
        .texts("select conversation || ' ' || tool_call_id from transcript.open_calls()")
        .await;
    let reported: BTreeSet<String> = reported
        .into_iter()
        .map(|row| row.trim_matches(['(', ')', '"']).to_owned())
        .collect();
    assert_eq!(reported, dangling, "{name}");
    assert_eq!(dangling.len() as i64, open, "{name}");
    assert_eq!(unasked.len() as i64, without_call, "{name}");
    // By id alone: each end of a call is an event that names it.
    let wrong = "select count(*) from transcript.conversations v, transcript.calls(v.external_id) c
        where (c.called_seq is not null and not exists (
            select from transcript.events e where (e.conversation_id, e.seq) = (v.conversation_id, c.called_seq)
              and c.tool_call_id = any (e.calls)))
          or (c.answered_seq is not null and not exists (
            select from transcript.events e where (e.conversation_id, e.seq) = (v.conversation_id, c.answered_seq)
              and c.tool_call_id = any (e.answers)))";
    assert_eq!(app.number(wrong).await, 0, "{name}");
    let lost = "select count(*) from transcript.conversations v, transcript.calls(v.external_id) c where c.called_seq is null";
    assert_eq!(app.number(lost).await, without_call, "{name}");
}
