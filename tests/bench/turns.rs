//! What a conversation costs to keep when every model call resends all of it: ours, each input whole,
//! and LangGraph's Postgres checkpointer, on the same turns.

use crate::measure::Bench;
use crate::rivals::Rivals;
use crate::texts::{Reader, clean};
use serde_json::{Value, json};
use tests::{Database, Session, corpus};

/// After so many turns it is looked at what is stored.
pub const TURNS: [usize; 3] = [10, 50, 200];
const LAST: usize = TURNS[2];

/// A way to keep a conversation.
pub struct Stored {
    pub name: &'static str,
    pub bytes_per_turn: [f64; 3],
}

impl Stored {
    pub fn json(&self) -> Value {
        json!({"name": self.name, "turns": TURNS, "bytes_per_turn": self.bytes_per_turn})
    }
}

/// One model call: the messages that are new in its input, and the answer.
struct Turn {
    input: Vec<Value>,
    output: Value,
}

pub async fn measure(bench: &mut Bench, rivals: &Rivals) -> (String, Vec<Stored>) {
    let (source, turns) = match recorded() {
        Some(turns) => ("the longest of claude-code-jsonl", turns),
        None => (
            "texts of the recorded demo",
            composed(&mut bench.session).await,
        ),
    };
    let bytes: usize = turns
        .iter()
        .map(|turn| turn.output.to_string().len() + json!(turn.input).to_string().len())
        .sum();
    let said = format!(
        "one conversation of {LAST} model calls, {:.2} MB of messages ({source})",
        bytes as f64 / 1e6
    );
    let mut stored = vec![
        Stored {
            name: "pg_transcript, events of kind model_call",
            bytes_per_turn: ours(&turns).await,
        },
        Stored {
            name: "each input whole, jsonb lz4",
            bytes_per_turn: whole(&mut bench.session, &turns).await,
        },
    ];
    if let Some(bytes_per_turn) = langgraph(rivals, &turns).await {
        stored.push(Stored {
            name: "langgraph-checkpoint-postgres 3.2.0",
            bytes_per_turn,
        });
    }
    (said, stored)
}

/// The first 200 model calls of the longest recorded session that has so many.
fn recorded() -> Option<Vec<Turn>> {
    let file = corpus::file_of(&corpus::transcripts()?, "claude-code-jsonl");
    let mut sessions = corpus::conversations(&file);
    sessions.sort_by_key(|session| std::cmp::Reverse(session.items.len()));
    sessions.iter().find_map(|session| calls(&session.items))
}

/// The first 200 model calls among the lines of a session; `None` when it has fewer.
///
/// Lines are pieces of one answer where they carry the same message id.
fn calls(items: &[String]) -> Option<Vec<Turn>> {
    let mut turns: Vec<Turn> = Vec::new();
    let (mut input, mut last_id) = (Vec::new(), String::new());
    for item in items {
        let Ok(mut item) = serde_json::from_str::<Value>(item) else {
            continue;
        };
        let message = item["message"].take();
        let content = match &message["content"] {
            Value::String(text) => json!([{"type": "text", "text": text}]),
            content => content.clone(),
        };
        match message["role"].as_str() {
            Some("user") => input.push(json!({"role": "user", "content": content})),
            Some("assistant") => {
                let id = message["id"].as_str().unwrap_or_default();
                if id != last_id || turns.is_empty() {
                    if turns.len() == LAST {
                        break;
                    }
                    let output = json!({"role": "assistant", "content": []});
                    turns.push(Turn {
                        input: std::mem::take(&mut input),
                        output,
                    });
                    last_id = id.to_owned();
                }
                let turn = turns.last_mut()?;
                let pieces = turn.output["content"].as_array_mut()?;
                pieces.extend(content.as_array()?.iter().cloned());
            }
            _ => {}
        }
    }
    (turns.len() == LAST).then_some(turns)
}

/// Turns of about 5 KB, of texts that agents wrote.
async fn composed(session: &mut Session) -> Vec<Turn> {
    let texts = clean(session).await;
    let mut reader = Reader::new(&texts);
    let mut message = |role: &str, bytes| json!({"role": role, "content": [{"type": "text", "text": reader.piece(bytes)}]});
    (0..LAST)
        .map(|_| Turn {
            input: vec![message("user", 3000)],
            output: message("assistant", 2000),
        })
        .collect()
}

/// The whole input of each model call, in turn.
fn inputs(turns: &[Turn]) -> impl Iterator<Item = Vec<&Value>> {
    (0..turns.len()).map(|last| {
        let before = turns[..last]
            .iter()
            .flat_map(|turn| turn.input.iter().chain([&turn.output]));
        before.chain(&turns[last].input).collect()
    })
}

/// In a database of their own: nothing else may grow in it.
async fn ours(turns: &[Turn]) -> [f64; 3] {
    let database = Database::migrated().await;
    let mut owner = database.superuser().await;
    // As large as it gets: a payload that was cut would be stored cheaply.
    owner
        .run("update transcript.settings set blob_bytes = 134217728, max_item_bytes = 134217728")
        .await;
    let mut app = database.app("bench").await;
    let size = "select sum(pg_total_relation_size(c.oid)) from pg_class c
        where c.relnamespace = 'transcript'::regnamespace and c.relkind in ('r', 'm')";
    let before = owner.number(size).await;
    let mut sizes = Vec::new();
    for (number, input) in (1..).zip(inputs(turns)) {
        let item = json!({"kind": "model_call", "id": format!("call-{number}"), "model": "recorded",
            "payload": {"model": "recorded", "input": input}});
        let batch = json!({"conversation": "bench", "run": "bench", "items": [item]}).to_string();
        let verdicts = app.append(&batch, "native").await;
        assert!(
            verdicts.iter().all(|v| v.status == "stored"),
            "{verdicts:?}"
        );
        if TURNS.contains(&number) {
            sizes.push((owner.number(size).await - before) as f64 / number as f64);
        }
    }
    let cut = owner
        .number("select count(*) from transcript.blobs where truncated")
        .await;
    assert_eq!(cut, 0, "inputs that were cut");
    sizes.try_into().expect("all turns were kept")
}

/// A plain table with a row for each call.
async fn whole(session: &mut Session, turns: &[Turn]) -> [f64; 3] {
    session
        .run(
            "create table calls (id bigint generated always as identity primary key, conversation text,
               model text, input jsonb); alter table calls alter column input set compression lz4",
        )
        .await;
    let size = "select pg_total_relation_size('calls')";
    let before = session.number(size).await;
    let mut sizes = Vec::new();
    for (number, input) in (1..).zip(inputs(turns)) {
        sqlx::query("insert into calls (conversation, model, input) values ('bench', 'recorded', transcript.parse($1))")
            .bind(json!(input).to_string())
            .execute(&mut session.connection)
            .await
            .expect("an input is stored");
        if TURNS.contains(&number) {
            sizes.push((session.number(size).await - before) as f64 / number as f64);
        }
    }
    sizes.try_into().expect("all turns were kept")
}

async fn langgraph(rivals: &Rivals, turns: &[Turn]) -> Option<[f64; 3]> {
    let database = Database::empty().await;
    let lines: String = turns
        .iter()
        .map(|turn| format!("{}\n", json!({"input": turn.input, "output": turn.output})))
        .collect();
    let output = rivals.langgraph(&database.url, &lines)?;
    let bytes = output
        .lines()
        .map(|line| line.parse::<f64>().expect("a number of bytes"));
    let per_turn: Vec<f64> = bytes
        .zip(TURNS)
        .map(|(bytes, turns)| bytes / turns as f64)
        .collect();
    per_turn.try_into().ok()
}
