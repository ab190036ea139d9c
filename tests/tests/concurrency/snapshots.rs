//! Every isolation level: an old snapshot is refused, not served from the past.

use crate::writers::{PATIENCE, all, assert_gap_free, batch, ended, items};
use std::sync::Arc;
use std::time::Instant;
use tests::{Database, leaves, sqlstate};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

/// A snapshot taken before a rival's commit: the writer must be told, not served from the past.
#[tokio::test]
async fn an_old_snapshot_gives_a_serialization_failure() {
    let db = Database::migrated().await;
    let (mut first, mut second) = (db.app("acme").await, db.app("acme").await);
    let mut dba = db.superuser().await;
    let mut stored = std::collections::BTreeMap::new();
    for level in ["repeatable read", "serializable"] {
        for (conversation, exists) in [
            (format!("old {level}"), true),
            (format!("new {level}"), false),
        ] {
            if exists {
                second
                    .append(&batch(&conversation, &items("before", 1)), "native")
                    .await;
                *stored.entry(conversation.clone()).or_insert(0) += 1;
            }
            let text = batch(&conversation, &items("b", 3));
            first
                .run(&format!(
                    "begin isolation level {level}; select count(*) from transcript.timeline('x')"
                ))
                .await;
            assert_eq!(all(&second.append(&text, "native").await, 3), "stored");
            *stored.entry(conversation.clone()).or_insert(0) += 3;
            let error = first
                .try_append(&text, "native")
                .await
                .expect_err("an old snapshot");
            assert_eq!(
                sqlstate(&error),
                "40001",
                "{level}, {conversation}: {error}"
            );
            first
                .run(&format!("rollback; begin isolation level {level}"))
                .await;
            assert_eq!(all(&first.append(&text, "native").await, 3), "duplicate");
            first.run("commit").await;
            // An old snapshot does no harm where nothing happened since.
            first
                .run(&format!(
                    "begin isolation level {level}; select count(*) from transcript.timeline('x')"
                ))
                .await;
            let undisturbed = format!("undisturbed {conversation}");
            assert_eq!(
                all(
                    &first
                        .append(&batch(&undisturbed, &items("b", 2)), "native")
                        .await,
                    2
                ),
                "stored"
            );
            first.run("commit").await;
            stored.insert(undisturbed, 2);
        }
    }
    for (conversation, events) in stored {
        assert_gap_free(&mut dba, &conversation, events).await;
    }
}

/// Writers of every isolation level at once; each retries what is refused, and nothing else happens.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_of_every_isolation_level_share_a_conversation() {
    const BATCHES: usize = 12;
    const ITEMS: usize = 4;
    const LEVELS: [&str; 6] = [
        "read committed",
        "repeatable read",
        "serializable",
        "read committed",
        "repeatable read",
        "serializable",
    ];
    let db = Database::migrated().await;
    let start = Arc::new(Barrier::new(LEVELS.len()));
    let mut writers = JoinSet::new();
    for (writer, level) in LEVELS.into_iter().enumerate() {
        let (mut app, start) = (db.app("acme").await, Arc::clone(&start));
        writers.spawn(async move {
            start.wait().await;
            let deadline = Instant::now() + PATIENCE;
            let mut refused = 0;
            for number in 0..BATCHES {
                // Own events first, then ones that every writer sends.
                let mut both = items(&format!("w{writer}-{number}"), ITEMS);
                both.extend(items(&format!("all-{number}"), 1));
                let text = batch("c", &both);
                loop {
                    app.run(&format!("begin isolation level {level}")).await;
                    let outcome = match app.try_append(&text, "native").await {
                        Ok(verdicts) => app.try_run("commit").await.map(|()| verdicts),
                        Err(error) => Err(error),
                    };
                    match outcome {
                        Ok(verdicts) => {
                            assert_eq!(all(&verdicts[..ITEMS], ITEMS), "stored");
                            assert!(
                                ["stored", "duplicate"].contains(&verdicts[ITEMS].status.as_str())
                            );
                            break;
                        }
                        Err(error) => {
                            assert_eq!(sqlstate(&error), "40001", "{level}: {error}");
                            assert_ne!(level, "read committed", "{error}");
                            assert!(Instant::now() < deadline, "{level}: never served");
                            refused += 1;
                            app.run("rollback").await;
                        }
                    }
                }
            }
            refused
        });
    }
    let refused: i32 = ended(writers).await.into_iter().sum();
    println!("refused with 40001 and retried: {refused}");
    assert!(refused > 0, "no two of them ever met");
    let mut dba = db.superuser().await;
    assert_gap_free(&mut dba, "c", (BATCHES * (LEVELS.len() * ITEMS + 1)) as i64).await;
}

/// …but not by a snapshot that is older than the leaves.
#[tokio::test]
async fn an_old_snapshot_and_new_partitions_give_a_serialization_failure() {
    let db = Database::migrated().await;
    let (mut app, mut rival, mut dba) = (
        db.app("acme").await,
        db.app("acme").await,
        db.superuser().await,
    );
    for (n, level) in ["repeatable read", "serializable"].into_iter().enumerate() {
        dba.run(leaves::DROP_ALL).await;
        app.run(&format!(
            "begin isolation level {level}; select count(*) from transcript.timeline('x')"
        ))
        .await;
        let made = rival
            .append(&batch(&format!("rival{n}"), &items("b", 3)), "native")
            .await;
        assert_eq!(all(&made, 3), "stored");
        let (conversation, items) = (format!("c{n}"), items("b", 3));
        let text = batch(&conversation, &items);
        let error = app
            .try_append(&text, "native")
            .await
            .expect_err("an old snapshot");
        assert_eq!(sqlstate(&error), "40001", "{level}: {error}");
        app.run(&format!("rollback; begin isolation level {level}"))
            .await;
        assert_eq!(all(&app.append(&text, "native").await, 3), "stored");
        app.run("commit").await;
        assert_gap_free(&mut dba, &conversation, 3).await;
    }
}
