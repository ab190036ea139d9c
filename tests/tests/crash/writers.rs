//! Batches, who writes them, and what the server has acknowledged of them.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tests::{Session, Verdict, sqlstate};
use tokio::sync::mpsc;

pub const WRITERS: usize = 8;
pub const ITEMS: usize = 12;
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A batch of one writer: half of its items go to a conversation that all writers share.
pub struct Batch {
    pub writer: usize,
    pub number: usize,
}

impl Batch {
    pub fn keys(&self) -> Vec<String> {
        (0..ITEMS)
            .map(|n| format!("w{}-b{}-{n}", self.writer, self.number))
            .collect()
    }

    pub fn conversation(&self, n: usize) -> String {
        if n.is_multiple_of(2) {
            "shared".into()
        } else {
            format!("own{}", self.writer)
        }
    }

    pub fn text(&self) -> String {
        let item = |(n, key): (usize, String)| {
            // Now and then one that goes to a blob, one with an attachment, one with something to redact.
            let content = match n {
                6 => format!(
                    "data:image/png;base64,{}",
                    "iVBO".repeat(400 + self.number % 7)
                ),
                7 => format!("{key} {}", "lorem ipsum ".repeat(4_000)),
                8 => format!("{key} asks ada@example.com"),
                _ => format!("{key} {}", "x".repeat(n * 20)),
            };
            json!({"conversation": self.conversation(n), "run": format!("run{}", self.number), "key": key,
                "kind": "message", "role": "user", "payload": {"key": key, "content": content}})
        };
        Value::from(
            self.keys()
                .into_iter()
                .enumerate()
                .map(item)
                .collect::<Vec<_>>(),
        )
        .to_string()
    }
}

/// What the server has acknowledged, by key: conversation and seq.
pub type Acknowledged = BTreeMap<String, (String, i64)>;

/// Takes over the verdicts of a batch, which must all be of one kind.
pub fn acknowledge(known: &mut Acknowledged, batch: &Batch, verdicts: &[Verdict]) -> String {
    assert_eq!(verdicts.len(), ITEMS);
    let status = verdicts[0].status.clone();
    for (n, (key, verdict)) in batch.keys().into_iter().zip(verdicts).enumerate() {
        assert_eq!(verdict.status, status, "a batch is atomic: {key}");
        let place = (batch.conversation(n), verdict.seq.expect("a seq"));
        if let Some(before) = known.insert(key.clone(), place.clone()) {
            assert_eq!((status.as_str(), &before), ("duplicate", &place), "{key}");
        }
    }
    status
}

/// Appends batch after batch until the server is gone; tells of each that was acknowledged.
pub async fn write(
    mut app: Session,
    writer: usize,
    first: usize,
    acks: mpsc::UnboundedSender<(Batch, Vec<Verdict>)>,
) -> Batch {
    for number in first.. {
        let batch = Batch { writer, number };
        match app.try_append(&batch.text(), "native").await {
            Ok(verdicts) => acks.send((batch, verdicts)).expect("the test listens"),
            Err(error) => {
                let code = sqlstate(&error);
                assert!(
                    ["", "57P01", "57P02", "57P03"].contains(&code.as_str()),
                    "{error}"
                );
                return batch;
            }
        }
    }
    unreachable!("numbers do not end")
}

/// The stored keys, with conversation and seq.
pub async fn stored(app: &mut Session) -> Acknowledged {
    let mut found = Acknowledged::new();
    let mut conversations: Vec<String> =
        (0..WRITERS).map(|writer| format!("own{writer}")).collect();
    conversations.push("shared".into());
    for conversation in conversations {
        let sql = format!(
            "select payload ->> 'key' || ' ' || seq as x from transcript.timeline('{conversation}')"
        );
        for line in app
            .texts(&format!("select trim(both '\"' from x) from ({sql}) y"))
            .await
        {
            let line = line.trim_matches(['(', ')', '"']);
            let (key, seq) = line.split_once(' ').expect("a key and a seq");
            let before = found.insert(
                key.to_owned(),
                (conversation.clone(), seq.parse().expect("a seq")),
            );
            assert_eq!(before, None, "{key} is stored twice");
        }
    }
    found
}
