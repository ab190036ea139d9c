//! Leaves that are gone: seq goes on, and one writer makes them anew.

use crate::writers::{all, assert_gap_free, batch, ended, items, seqs};
use std::sync::Arc;
use tests::{Database, leaves};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

#[tokio::test]
async fn seq_never_falls_whatever_is_deleted() {
    let db = Database::migrated().await;
    let (mut app, mut dba) = (db.app("acme").await, db.superuser().await);
    app.append(&batch("c", &items("a", 5)), "native").await;
    dba.run("delete from transcript.events where seq > 3").await;
    let next = app.append(&batch("c", &items("b", 2)), "native").await;
    assert_eq!(seqs(&next), [6, 7]);
    // Whole leaves, as a purge drops them, and so everything that seq could be counted from.
    dba.run(leaves::DROP_ALL).await;
    assert_eq!(
        app.number("select count(*) from transcript.timeline('c')")
            .await,
        0
    );
    // …and append makes the leaves it needs. What was purged may come again, as a new event.
    let again = app.append(&batch("c", &items("a", 2)), "native").await;
    assert_eq!((all(&again, 2), seqs(&again)), ("stored", vec![8, 9]));
    assert_eq!(
        dba.number("select next_seq from transcript.conversations")
            .await,
        10
    );
    let readable = app
        .texts("select seq from transcript.timeline('c', after_seq => 7)")
        .await;
    assert_eq!(readable, ["(8)", "(9)"]);
}

/// No leaf for today, and everybody appends at once: one makes it, the others find it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rivals_make_missing_partitions_once() {
    const WRITERS: usize = 6;
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    dba.run(leaves::DROP_ALL).await;
    let start = Arc::new(Barrier::new(WRITERS));
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let (mut app, start) = (db.app("acme").await, Arc::clone(&start));
        writers.spawn(async move {
            start.wait().await;
            app.append(
                &batch(
                    &format!("c{}", writer % 3),
                    &items(&format!("w{writer}"), 3),
                ),
                "native",
            )
            .await
        });
    }
    for verdicts in ended(writers).await {
        assert_eq!(all(&verdicts, 3), "stored");
    }
    for n in 0..3 {
        assert_gap_free(&mut dba, &format!("c{n}"), 6).await;
    }
    let leaves = "select count(*) from pg_inherits i join transcript.partitions p on i.inhrelid = ('transcript.' || p.leaf)::regclass";
    assert_eq!(
        dba.number(leaves).await,
        dba.number("select count(*) from transcript.partitions")
            .await
    );
}
