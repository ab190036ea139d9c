//! Somebody who follows the log and keeps nothing but a cursor.

use serde_json::{Value, json};
use sqlx::Row;
use std::time::{Duration, Instant};
use tests::{Database, Session};

/// A row of `tail`, as far as tests look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    pub change: String,
    pub conversation: String,
    pub seq: i64,
    pub payload: String,
}

pub struct Exporter {
    pub reader: Session,
    pub cursor: Option<String>,
    pub served: Vec<Served>,
}

impl Exporter {
    pub async fn new(db: &Database, tenant: &str) -> Exporter {
        let mut reader = db.login("test_reader").await;
        reader.set_tenant(tenant).await;
        Exporter {
            reader,
            cursor: None,
            served: Vec::new(),
        }
    }

    /// Takes over one page; gives back how many rows it had.
    pub async fn page(&mut self, max_events: i32) -> usize {
        let rows = sqlx::query(
            "select cursor, change, conversation, seq, payload::text from transcript.tail($1, $2)",
        )
        .bind(&self.cursor)
        .bind(max_events)
        .fetch_all(&mut self.reader.connection)
        .await
        .expect("a page");
        for row in &rows {
            self.cursor = row.get(0);
            self.served.push(Served {
                change: row.get(1),
                conversation: row.get(2),
                seq: row.get(3),
                payload: row.get(4),
            });
        }
        rows.len()
    }

    /// Takes over all that is served at this moment, and gives back what it was.
    pub async fn catch_up(&mut self, max_events: i32) -> Vec<String> {
        let before = self.served.len();
        while self.page(max_events).await > 0 {}
        self.said_since(before)
    }

    /// Takes over pages until `count` rows have come, and gives back what they were. A transaction of
    /// another database that ends at this very moment may hold them up for as long as a poll takes.
    pub async fn wait_for(&mut self, count: usize, max_events: i32) -> Vec<String> {
        let before = self.served.len();
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.served.len() < before + count && Instant::now() < deadline {
            self.page(max_events).await;
        }
        self.catch_up(max_events).await;
        self.said_since(before)
    }

    /// Change, conversation and seq of what was served.
    fn said_since(&self, before: usize) -> Vec<String> {
        let said = |s: &Served| format!("{} {} {}", s.change, s.conversation, s.seq);
        self.served[before..].iter().map(said).collect()
    }
}

/// A batch of notes with keys `{prefix}-0`, `{prefix}-1`…
pub fn batch(conversation: &str, prefix: &str, count: usize) -> String {
    let item = |n: usize| {
        let key = format!("{prefix}-{n}");
        json!({"key": key, "kind": "note", "payload": key})
    };
    let items: Vec<Value> = (0..count).map(item).collect();
    json!({"conversation": conversation, "items": items}).to_string()
}
