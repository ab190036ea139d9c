//! Many writers at the same moment.

use crate::writers::{all, assert_gap_free, batch, ended, items, seqs};
use serde_json::{Value, json};
use std::sync::Arc;
use tests::{Database, Verdict};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

/// Eight writers, one conversation; every batch is sent by two of them at the same moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parallel_writers_and_their_retries_store_every_event_once() {
    const WRITERS: usize = 8;
    const BATCHES: usize = 80;
    const ITEMS: usize = 15;
    let db = Database::migrated().await;
    let pairs: Vec<_> = (0..WRITERS / 2)
        .map(|_| Arc::new(Barrier::new(2)))
        .collect();
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let (mut app, both) = (db.app("acme").await, Arc::clone(&pairs[writer / 2]));
        writers.spawn(async move {
            let mut said = Vec::new();
            for number in (0..BATCHES).filter(|n| n % WRITERS / 2 == writer / 2) {
                both.wait().await;
                let text = batch("c", &items(&format!("b{number}"), ITEMS));
                said.push((number, app.append(&text, "native").await));
            }
            said
        });
    }
    let mut attempts: Vec<Vec<Vec<Verdict>>> = vec![Vec::new(); BATCHES];
    for (number, verdicts) in ended(writers).await.into_iter().flatten() {
        attempts[number].push(verdicts);
    }
    for (number, attempts) in attempts.iter().enumerate() {
        let mut statuses: Vec<_> = attempts
            .iter()
            .map(|verdicts| all(verdicts, ITEMS))
            .collect();
        statuses.sort_unstable();
        assert_eq!(statuses, ["duplicate", "stored"], "batch {number}");
        let places = seqs(&attempts[0]);
        assert_eq!(places, seqs(&attempts[1]), "batch {number}");
        assert!(
            places.windows(2).all(|pair| pair[1] == pair[0] + 1),
            "batch {number}: {places:?}"
        );
    }

    let mut dba = db.superuser().await;
    assert_gap_free(&mut dba, "c", (BATCHES * ITEMS) as i64).await;
    let mut app = db.app("acme").await;
    let stored = app
        .texts("select payload ->> 'key' from transcript.timeline('c')")
        .await;
    for (number, attempts) in attempts.iter().enumerate() {
        for (n, seq) in seqs(&attempts[0]).into_iter().enumerate() {
            assert_eq!(stored[seq as usize - 1], format!("(b{number}-{n})"));
        }
    }
}

/// Batches over several conversations, old and new ones, in opposite orders.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_over_several_conversations_never_deadlock() {
    const WRITERS: usize = 6;
    const ROUNDS: usize = 25;
    const CONVERSATIONS: usize = 8;
    let db = Database::migrated().await;
    let start = Arc::new(Barrier::new(WRITERS));
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let (mut app, start) = (db.app("acme").await, Arc::clone(&start));
        writers.spawn(async move {
            for round in 0..ROUNDS {
                // Half of them are new in every round: rivals race to make them.
                let mut names: Vec<String> = (0..CONVERSATIONS)
                    .map(|n| {
                        if n % 2 == 0 {
                            format!("old{n}")
                        } else {
                            format!("new{n}-{round}")
                        }
                    })
                    .collect();
                if writer % 2 == 1 {
                    names.reverse();
                }
                names.rotate_left(writer / 2);
                let items: Vec<Value> = ["a", "b"]
                    .iter()
                    .flat_map(|part| names.iter().map(move |name| (part, name)))
                    .map(|(part, name)| {
                        let key = format!("{writer}-{round}-{part}");
                        json!({"conversation": name, "key": key, "kind": "note", "payload": part})
                    })
                    .collect();
                let text = Value::from(items).to_string();
                start.wait().await;
                let verdicts = app.append(&text, "native").await;
                assert_eq!(all(&verdicts, 2 * CONVERSATIONS), "stored");
            }
        });
    }
    ended(writers).await;
    let mut dba = db.superuser().await;
    for n in (0..CONVERSATIONS).step_by(2) {
        assert_gap_free(&mut dba, &format!("old{n}"), (2 * WRITERS * ROUNDS) as i64).await;
    }
    for round in 0..ROUNDS {
        for n in (1..CONVERSATIONS).step_by(2) {
            assert_gap_free(&mut dba, &format!("new{n}-{round}"), 2 * WRITERS as i64).await;
        }
    }
}

/// Two deliveries of the same bad items at once: dead letters have keys, too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rejected_items_of_rival_batches_are_one_letter_each() {
    const WRITERS: usize = 6;
    const ROUNDS: usize = 10;
    let db = Database::migrated().await;
    let start = Arc::new(Barrier::new(WRITERS));
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        let (mut app, start) = (db.app("acme").await, Arc::clone(&start));
        writers.spawn(async move {
            for round in 0..ROUNDS {
                // None names a conversation: nothing is locked before the letters are written.
                let items: Vec<Value> = (0..12)
                    .map(|n| json!({"kind": "note", "payload": [round, n]}))
                    .collect();
                start.wait().await;
                let verdicts = app.append(&Value::from(items).to_string(), "native").await;
                assert_eq!(all(&verdicts, 12), "rejected");
            }
        });
    }
    ended(writers).await;
    let mut dba = db.superuser().await;
    let letters = "select count(*), min(attempts), max(attempts) from transcript.rejected";
    assert_eq!(
        dba.text(&format!("select x from ({letters}) x")).await,
        "(120,6,6)"
    );
}
