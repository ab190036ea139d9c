//! Conversations on hold stay.

use crate::spans::{day, leaves, log, old_span};
use std::time::Duration;
use tests::Database;

#[tokio::test]
async fn a_hold_wins() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    old_span(&mut dba, "held", &day(400), &day(393), "acme").await;
    old_span(&mut dba, "free", &day(300), &day(293), "acme").await;
    dba.run("update transcript.conversations set hold = true where external_id = 'held'")
        .await;
    let mut purger = db.login("test_purger").await;
    let plan = purger.texts("select leaf || ' ' || action || ' ' || reason from transcript.purge_plan() where action <> 'keep'").await;
    assert_eq!(
        plan,
        [
            "(\"events_held hold 1 conversations on hold\")",
            "(\"events_free drop past every TTL\")",
            "(\"blobs_held hold 1 conversations on hold\")",
            "(\"blobs_free drop past every TTL\")",
        ]
    );
    purger.run("call transcript.purge()").await;
    assert_eq!(leaves(&mut dba).await, ["blobs_held", "events_held"]);
    assert_eq!(
        log(&mut dba).await,
        [
            "events_held deferred_hold 0",
            "events_free done 2",
            "blobs_held deferred_hold 0",
            "blobs_free done 1"
        ]
    );
    assert_eq!(
        dba.number("select count(*) from transcript.blobs_held")
            .await,
        1,
        "the held event keeps its blob"
    );
    dba.run("update transcript.conversations set hold = false")
        .await;
    purger.run("call transcript.purge()").await;
    assert!(leaves(&mut dba).await.is_empty());
}

#[tokio::test]
async fn a_hold_placed_while_the_purge_waits_wins() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    old_span(&mut dba, "held", &day(400), &day(393), "acme").await;
    let mut reader = db.superuser().await;
    reader.run("begin; lock table transcript.events_held in access share mode; lock table transcript.events in access share mode").await;
    let mut purger = db.login("test_purger").await;
    let purge = tokio::spawn(async move { purger.run("call transcript.purge()").await });
    tokio::time::sleep(Duration::from_millis(700)).await;
    dba.run("update transcript.conversations set hold = true")
        .await;
    reader.run("rollback").await;
    purge.await.expect("the purge ends");
    assert_eq!(leaves(&mut dba).await, ["blobs_held", "events_held"]);
    assert_eq!(log(&mut dba).await[0], "events_held deferred_hold 0");
}
