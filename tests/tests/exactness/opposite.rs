//! Two clients, two conversations, opposite orders.

use crate::batches::{batch, statuses, stored};
use serde_json::json;
use std::sync::Arc;
use tests::{Database, sqlstate};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

const ROUNDS: usize = 40;

/// One batch for both, or one call for each: neither ever waits for the other while it is waited for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn opposite_orders_never_deadlock() {
    for in_one_batch in [true, false] {
        let db = Database::migrated().await;
        let start = Arc::new(Barrier::new(2));
        let mut clients = JoinSet::new();
        for client in 0..2 {
            let (mut app, start) = (db.app("acme").await, Arc::clone(&start));
            clients.spawn(async move {
                let mut names = ["a", "b"];
                if client == 1 {
                    names.reverse();
                }
                for round in 0..ROUNDS {
                    start.wait().await;
                    let prefix = format!("{client}-{round}");
                    if in_one_batch {
                        let items = names.map(|name| json!({"conversation": name, "key": prefix, "kind": "note", "payload": prefix}));
                        let verdicts = app.append(&json!(items).to_string(), "native").await;
                        assert_eq!(statuses(&verdicts), ["stored", "stored"]);
                    } else {
                        for name in names {
                            let verdicts = app.append(&batch(name, &prefix, 1), "native").await;
                            assert_eq!(statuses(&verdicts), ["stored"]);
                        }
                    }
                }
            });
        }
        while let Some(client) = clients.join_next().await {
            client.expect("no deadlock");
        }
        let mut dba = db.superuser().await;
        for name in ["a", "b"] {
            assert_eq!(stored(&mut dba, name).await.len(), 2 * ROUNDS);
        }
    }
}

/// Who calls several times in one transaction may meet a rival: one of the two gets 40P01, tries again,
/// and nothing is doubled.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_deadlocks_is_told_and_its_retry_stores_once() {
    let db = Database::migrated().await;
    let mut clients = JoinSet::new();
    let both = Arc::new(Barrier::new(2));
    for client in 0..2 {
        let (mut app, both) = (db.app("acme").await, Arc::clone(&both));
        clients.spawn(async move {
            let mut names = ["a", "b"];
            if client == 1 {
                names.reverse();
            }
            let mut refused = 0;
            loop {
                app.run("begin").await;
                let prefix = format!("{client}");
                app.append(&batch(names[0], &prefix, 2), "native").await;
                if refused == 0 {
                    both.wait().await;
                }
                match app.try_append(&batch(names[1], &prefix, 2), "native").await {
                    Ok(_) => {
                        app.run("commit").await;
                        return refused;
                    }
                    Err(error) => {
                        assert_eq!(sqlstate(&error), "40P01", "{error}");
                        app.run("rollback").await;
                        refused += 1;
                    }
                }
            }
        });
    }
    let mut refused = 0;
    while let Some(client) = clients.join_next().await {
        refused += client.expect("the client ends well");
    }
    assert_eq!(refused, 1);
    let mut dba = db.superuser().await;
    for name in ["a", "b"] {
        let mut payloads = stored(&mut dba, name).await;
        payloads.sort_unstable();
        assert_eq!(payloads, ["0-0", "0-1", "1-0", "1-1"]);
    }
}

/// Made sure of: both wait for the same conversation, in the middle of all that they lock.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_that_wait_for_one_conversation_hold_none_that_the_other_needs() {
    let db = Database::migrated().await;
    let (mut app, mut dba) = (db.app("acme").await, db.superuser().await);
    for n in 0..7 {
        app.append(&batch(&format!("c{n}"), "first", 1), "native")
            .await;
    }
    let by_id = "select external_id from transcript.conversations order by conversation_id";
    let names: Vec<String> = dba.texts(by_id).await;
    let names: Vec<&str> = names.iter().map(|n| n.trim_matches(['(', ')'])).collect();
    for round in 0..5 {
        let mut holder = db.superuser().await;
        holder
            .run(&format!(
                "begin; select from transcript.conversations where external_id = '{}' for update",
                names[3]
            ))
            .await;
        let mut clients = JoinSet::new();
        for client in 0..2 {
            let mut app = db.app("acme").await;
            let key = format!("{client}-{round}");
            let mut items: Vec<_> = names
                .iter()
                .map(|name| json!({"conversation": name, "key": key, "kind": "note", "payload": key}))
                .collect();
            if client == 1 {
                items.reverse();
            }
            let text = json!(items).to_string();
            clients.spawn(async move { app.append(&text, "native").await });
        }
        let waiting = "select count(*) from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock'";
        while dba.number(waiting).await < 2 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        holder.run("commit").await;
        while let Some(verdicts) = clients.join_next().await {
            let verdicts = verdicts.expect("no deadlock");
            assert_eq!(statuses(&verdicts), ["stored"; 7]);
        }
    }
}
