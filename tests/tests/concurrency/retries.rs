//! A retry beside the first attempt, and long after it.

use crate::writers::{all, assert_gap_free, batch, items, pid, seqs, wait_until};
use tests::Database;

/// What the first attempt does while the retry waits for it.
async fn retry_during_first_attempt(commits: bool, conversation_exists: bool) {
    const ITEMS: usize = 5;
    let db = Database::migrated().await;
    let (mut first, mut second) = (db.app("acme").await, db.app("acme").await);
    let mut watcher = db.superuser().await;
    let before = if conversation_exists {
        first.append(&batch("c", &items("old", 2)), "native").await;
        2
    } else {
        0
    };
    let text = batch("c", &items("new", ITEMS));
    first.run("begin").await;
    let tried = first.append(&text, "native").await;
    assert_eq!(all(&tried, ITEMS), "stored");

    let (first_pid, second_pid) = (pid(&mut first).await, pid(&mut second).await);
    let retry_text = text.clone();
    let retry = tokio::spawn(async move { second.append(&retry_text, "native").await });
    let waits = format!("pg_blocking_pids({second_pid}) = array[{first_pid}]");
    wait_until(&mut watcher, &waits).await;
    assert!(!retry.is_finished());
    first.run(if commits { "commit" } else { "rollback" }).await;

    let retried = retry.await.expect("the retry ends well");
    assert_eq!(
        all(&retried, ITEMS),
        if commits { "duplicate" } else { "stored" }
    );
    let expected: Vec<i64> = (1..=ITEMS as i64).map(|n| before + n).collect();
    assert_eq!(seqs(&retried), expected);
    assert_gap_free(&mut watcher, "c", before + ITEMS as i64).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_waits_for_the_first_attempt_and_finds_its_events() {
    retry_during_first_attempt(true, true).await;
    retry_during_first_attempt(true, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_waits_for_the_first_attempt_and_stores_what_that_rolled_back() {
    retry_during_first_attempt(false, true).await;
    retry_during_first_attempt(false, false).await;
}

#[tokio::test]
async fn an_event_of_an_older_partition_is_still_a_duplicate() {
    let db = Database::migrated().await;
    let (mut app, mut dba) = (db.app("acme").await, db.superuser().await);
    let text = batch("c", &items("b", 4));
    app.append(&text, "native").await;
    // Two months ago, as far as the tables can tell; one event stays in today's leaf.
    dba.run(
        "select transcript.create_leaf('events', 'events_old', now() - interval '61 days', now() - interval '59 days');
         update transcript.conversations set created_at = now() - interval '60 days';
         update transcript.events set recorded_at = now() - interval '60 days' where seq < 4",
    )
    .await;
    assert_eq!(
        dba.number("select count(*) from transcript.events_old")
            .await,
        3
    );
    let again = app.append(&text, "native").await;
    assert_eq!(all(&again, 4), "duplicate");
    assert_eq!(seqs(&again), [1, 2, 3, 4]);
    let other = text.replace(r#""payload":{"key":"b-1"}"#, r#""payload":{"key":"other"}"#);
    let statuses: Vec<_> = app
        .append(&other, "native")
        .await
        .into_iter()
        .map(|v| v.status)
        .collect();
    assert_eq!(
        statuses,
        ["duplicate", "conflict", "duplicate", "duplicate"]
    );
    let next = app.append(&batch("c", &items("next", 1)), "native").await;
    assert_eq!((all(&next, 1), next[0].seq), ("stored", Some(5)));
    assert_gap_free(&mut dba, "c", 5).await;
}
