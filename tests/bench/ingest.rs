//! What appending costs beside a bare INSERT of the same jsonb, and how it bears load: many
//! conversations at once, one with a million events.

use crate::measure::{Bench, median, percentile_95};
use crate::report::Line;
use serde_json::{Value, json};
use std::time::Instant;
use tests::{Database, Session};

/// Items per batch and batches, and the time of one beside that of a bare INSERT of it: 0.65 of its rows
/// per second.
const BATCHES: [(usize, usize); 2] = [(4, 600), (100, 120)];
const BARE: f64 = 1.0 / 0.65;
/// Conversations that are appended to at once, and connections that do it.
const CONVERSATIONS: usize = 100;
const CONNECTIONS: usize = 4;
const APPENDS: usize = 1500;
/// Events of the conversation that has many.
const HOT: i64 = 1_000_000;

pub async fn measure(bench: &Bench) -> Vec<Line> {
    let mut lines = Vec::new();
    for (items, batches) in BATCHES {
        lines.push(beside_insert(bench, items, batches).await);
    }
    lines.push(many_conversations(&bench.database).await);
    lines.push(hot_conversation(bench).await);
    lines
}

/// A message of about 600 bytes, as agents exchange them.
fn item(batch: usize, n: usize) -> Value {
    let text = format!("The parcel {batch}-{n} left the hub in time and is on its way. ").repeat(8);
    let role = if n.is_multiple_of(2) {
        "user"
    } else {
        "assistant"
    };
    json!({"key": format!("{batch}-{n}"), "kind": "message", "role": role,
        "payload": {"type": "message", "role": role, "content": [{"type": "output_text", "text": text}]}})
}

fn batch(conversation: &str, number: usize, items: usize) -> String {
    let items: Vec<Value> = (0..items).map(|n| item(number, n)).collect();
    json!({"conversation": conversation, "items": items}).to_string()
}

async fn append(session: &mut Session, batch: &str) -> f64 {
    let begin = Instant::now();
    let verdicts = session.append(batch, "native").await;
    let time = begin.elapsed().as_secs_f64() * 1e3;
    assert!(verdicts.iter().all(|verdict| verdict.status == "stored"));
    time
}

async fn beside_insert(bench: &Bench, items: usize, batches: usize) -> Line {
    let mut ours = bench.database.app("bench").await;
    let mut theirs = bench.database.superuser().await;
    theirs
        .run("create table if not exists bare (conversation text, key text, payload jsonb not null, primary key (conversation, key))")
        .await;
    let mut times = [Vec::new(), Vec::new()];
    for number in 0..batches + 5 {
        let conversation = format!("{items} {}", number / 20);
        let batch = batch(&conversation, number, items);
        let time = append(&mut ours, &batch).await;
        let begin = Instant::now();
        sqlx::query(
            "with batch (b) as materialized (select $1::jsonb)
             insert into bare select b ->> 'conversation', i ->> 'key', i -> 'payload'
             from batch, jsonb_array_elements(b -> 'items') i",
        )
        .bind(&batch)
        .execute(&mut theirs.connection)
        .await
        .expect("a bare insert");
        let bare = begin.elapsed().as_secs_f64() * 1e3;
        // The first ones read the catalogs and make plans.
        if number >= 5 {
            times[0].push(time);
            times[1].push(bare);
        }
    }
    let [value, beside] = times.map(median);
    said(Line {
        what: format!("append, batches of {items}"),
        unit: "ms",
        value,
        megabytes_per_second: None,
        baseline: "bare INSERT".to_owned(),
        beside,
        target: Some(BARE),
    })
}

/// The slow ones of many appends of four items: from one client, and to a hundred conversations at once.
async fn many_conversations(database: &Database) -> Line {
    let mut alone = database.app("bench").await;
    let mut single = Vec::new();
    for number in 0..APPENDS / 4 {
        let conversation = format!("alone {}", number % CONVERSATIONS);
        single.push(append(&mut alone, &batch(&conversation, number, 4)).await);
    }
    let mut clients = Vec::new();
    for client in 0..CONNECTIONS {
        let mut session = database.app("bench").await;
        clients.push(async move {
            let mut times = Vec::new();
            for number in (client..APPENDS).step_by(CONNECTIONS) {
                let conversation = format!("at once {}", number % CONVERSATIONS);
                times.push(append(&mut session, &batch(&conversation, number, 4)).await);
            }
            times
        });
    }
    let [a, b, c, d] = <[_; CONNECTIONS]>::try_from(clients).unwrap_or_else(|_| unreachable!());
    let (a, b, c, d) = tokio::join!(a, b, c, d);
    said(Line {
        what: format!("append of 4, p95, {CONVERSATIONS} conversations at once"),
        unit: "ms",
        value: percentile_95([a, b, c, d].concat()),
        megabytes_per_second: None,
        baseline: "p95 of one client".to_owned(),
        beside: percentile_95(single),
        target: Some(3.0),
    })
}

async fn hot_conversation(bench: &Bench) -> Line {
    let mut dba = bench.database.superuser().await;
    let mut app = bench.database.app("bench").await;
    for conversation in ["hot", "cold"] {
        append(&mut app, &batch(conversation, 0, 4)).await;
    }
    // Past the triggers: what they do was measured above.
    dba.run(&format!(
        "alter table transcript.events disable trigger all;
         insert into transcript.events (conversation_id, seq, event_key, tenant_id, kind, payload, payload_bytes, digest, policy_version)
           select c.conversation_id, n + 4, gen_random_uuid(), c.tenant_id, 'message', '{{}}', 8, '', 1
           from transcript.conversations c, generate_series(1, {HOT}) n
           where c.conversation_id = transcript.conversation_id('bench', 'hot');
         update transcript.conversations c set next_seq = next_seq + {HOT}, event_count = event_count + {HOT}
           where c.conversation_id = transcript.conversation_id('bench', 'hot');
         alter table transcript.events enable trigger all;
         alter table transcript.events enable always trigger events_clear;
         alter table transcript.events enable always trigger events_guard;
         alter table transcript.events enable always trigger events_protect;
         alter table transcript.events enable always trigger events_protect_labels;
         alter table transcript.events enable always trigger events_refuse;
         alter table transcript.events enable always trigger events_updated"
    ))
    .await;
    dba.run("vacuum analyze transcript.events").await;
    let mut times = [Vec::new(), Vec::new()];
    for number in 1..300 {
        for (conversation, times) in ["hot", "cold"].iter().zip(&mut times) {
            times.push(append(&mut app, &batch(conversation, number, 4)).await);
        }
    }
    let [value, beside] = times.map(median);
    said(Line {
        what: "append of 4, one conversation of 1,000,000 events".to_owned(),
        unit: "ms",
        value,
        megabytes_per_second: None,
        baseline: "a new conversation".to_owned(),
        beside,
        target: Some(1.2),
    })
}

fn said(line: Line) -> Line {
    line.say();
    line
}
