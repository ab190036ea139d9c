//! What stands in the way of a purge: views, readers, another purge.

use crate::spans::{day, leaves, log, old_span};
use std::time::{Duration, Instant};
use tests::Database;

#[tokio::test]
async fn a_leaf_that_cannot_be_dropped_does_not_keep_the_others() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    old_span(&mut dba, "stuck", &day(400), &day(393), "acme").await;
    old_span(&mut dba, "free", &day(300), &day(293), "acme").await;
    dba.run("create view public.hanging as select seq from transcript.events_stuck")
        .await;
    let mut purger = db.login("test_purger").await;
    purger.run("call transcript.purge()").await;
    assert_eq!(leaves(&mut dba).await, ["blobs_stuck", "events_stuck"]);
    assert_eq!(
        log(&mut dba).await,
        [
            "events_stuck failed 0",
            "events_free done 2",
            "blobs_stuck deferred_lock 0",
            "blobs_free done 1"
        ]
    );
    assert_eq!(
        dba.text("select sqlstate from transcript.purge_log where result = 'failed'")
            .await,
        "2BP01"
    );
    dba.run("drop view public.hanging").await;
    purger.run("call transcript.purge()").await;
    assert_eq!(leaves(&mut dba).await.len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_defers_the_purge_and_nobody_waits() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    old_span(&mut dba, "old", &day(400), &day(393), "acme").await;
    let mut reader = db.login("test_reader").await;
    reader
        .run("begin; set local transcript.tenant = 'acme'")
        .await;
    assert_eq!(
        reader
            .number("select count(*) from transcript.events")
            .await,
        2
    );

    let mut bystander = db.app("acme").await;
    let running = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let still = running.clone();
    let watched = tokio::spawn(async move {
        let mut longest = Duration::ZERO;
        let mut turns = 0;
        while still.load(std::sync::atomic::Ordering::Relaxed) {
            let begun = Instant::now();
            let batch = format!(
                r#"{{"conversation":"c","items":[{{"key":"{turns}","kind":"note","payload":1}}]}}"#
            );
            assert_eq!(bystander.append(&batch, "native").await[0].status, "stored");
            turns += 1;
            assert_eq!(
                bystander
                    .number("select count(*) from transcript.timeline('c')")
                    .await,
                turns
            );
            longest = longest.max(begun.elapsed());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        (longest, turns)
    });
    let mut purger = db.login("test_purger").await;
    // It would give up by itself; so does the test, where it does not.
    purger.run("set statement_timeout = '40s'").await;
    let begun = Instant::now();
    purger.run("call transcript.purge()").await;
    let took = begun.elapsed();
    running.store(false, std::sync::atomic::Ordering::Relaxed);
    let (longest, turns) = watched.await.expect("the bystander succeeds");
    assert_eq!(
        leaves(&mut dba).await,
        ["blobs_old", "events_old"],
        "events keep their blobs"
    );
    assert_eq!(
        log(&mut dba).await,
        ["events_old deferred_lock 0", "blobs_old deferred_lock 0"]
    );
    assert_eq!(
        dba.number("select lock_tries from transcript.purge_log where leaf = 'events_old'")
            .await,
        12
    );
    assert!(took < Duration::from_secs(20), "the purge took {took:?}");
    // Two statements, each at most behind one try of 200 ms; the rest is for a busy machine.
    assert!(
        longest < Duration::from_millis(1_500),
        "a bystander waited {longest:?}"
    );
    assert!(turns > 20, "{turns} turns in {took:?}");

    reader.run("commit").await;
    purger.run("call transcript.purge()").await;
    assert_eq!(leaves(&mut dba).await.len(), 0);
    assert_eq!(
        log(&mut dba).await[2..],
        ["events_old done 2", "blobs_old done 1"]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_purges_at_once_one_is_skipped() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    old_span(&mut dba, "old", &day(400), &day(393), "acme").await;
    // The first is kept busy by a reader for as long as the second takes.
    let mut reader = db.superuser().await;
    reader
        .run("begin; lock table transcript.events in access share mode")
        .await;
    let mut first = db.login("test_purger").await;
    let purge = tokio::spawn(async move { first.run("call transcript.purge()").await });
    tokio::time::sleep(Duration::from_millis(400)).await;
    let mut second = db.login("test_purger").await;
    let begun = Instant::now();
    second.run("call transcript.purge()").await;
    assert!(
        begun.elapsed() < Duration::from_secs(1),
        "skipping took {:?}",
        begun.elapsed()
    );
    reader.run("commit").await;
    purge.await.expect("the first ends");
    assert_eq!(
        log(&mut dba).await,
        ["events_old done 2", "blobs_old done 1"],
        "once, by one of them"
    );
    assert_eq!(leaves(&mut dba).await.len(), 0);
    second.run("call transcript.purge()").await;
    assert_eq!(log(&mut dba).await.len(), 2);
}
