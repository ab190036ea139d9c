//! Transactions that end in another order than they began.

use crate::exporter::{Exporter, batch};
use tests::Database;

#[tokio::test]
async fn a_late_commit_is_waited_for() {
    let db = Database::migrated().await;
    let (mut early, mut quick) = (db.app("acme").await, db.app("acme").await);
    let mut exporter = Exporter::new(&db, "acme").await;
    early.append(&batch("before", "k", 1), "native").await;
    exporter.wait_for(1, 1).await;
    for (end, kept) in [("commit", true), ("rollback", false)] {
        let (a, b) = (format!("early {end}"), format!("quick {end}"));
        early.run("begin").await;
        early.append(&batch(&a, "k", 2), "native").await;
        quick.append(&batch(&b, "k", 2), "native").await;
        let before = exporter.catch_up(1).await;
        assert!(!before.iter().any(|row| row.contains(end)), "{before:?}");
        early.run(end).await;
        let mut wanted = vec![format!("stored {b} 1"), format!("stored {b} 2")];
        if kept {
            wanted.splice(0..0, [format!("stored {a} 1"), format!("stored {a} 2")]);
        }
        assert_eq!(exporter.wait_for(wanted.len(), 1).await, wanted);
        assert!(exporter.catch_up(1).await.is_empty());
    }
}

/// The older transaction appends behind the younger one: the number of a transaction says nothing of
/// the order in which conversations were locked.
#[tokio::test]
async fn an_older_transaction_that_appends_later_is_served_later() {
    let db = Database::migrated().await;
    let mut served = 0;
    for savepoint in [false, true] {
        for poll in [false, true] {
            let name = format!("c {savepoint} {poll}");
            let (mut older, mut younger) = (db.app("acme").await, db.app("acme").await);
            let mut exporter = Exporter::new(&db, "acme").await;
            exporter.wait_for(served, 100).await;
            older.run("begin; select pg_current_xact_id()").await;
            younger.append(&batch(&name, "y", 3), "native").await;
            if poll {
                assert!(exporter.catch_up(2).await.is_empty());
            }
            if savepoint {
                older.run("savepoint s").await;
            }
            older.append(&batch(&name, "o", 3), "native").await;
            if poll {
                assert!(exporter.catch_up(2).await.is_empty());
            }
            older.run("commit").await;
            younger.append(&batch(&name, "z", 1), "native").await;
            let wanted: Vec<_> = (1..=7).map(|n| format!("stored {name} {n}")).collect();
            assert_eq!(exporter.wait_for(7, 2).await, wanted);
            served += 7;
        }
    }
}

#[tokio::test]
async fn a_transaction_that_only_reads_holds_nothing_up() {
    let db = Database::migrated().await;
    let (mut idle, mut app) = (db.app("acme").await, db.app("acme").await);
    let mut exporter = Exporter::new(&db, "acme").await;
    idle.run("begin isolation level repeatable read; select count(*) from transcript.events")
        .await;
    app.append(&batch("c", "k", 2), "native").await;
    assert_eq!(exporter.wait_for(2, 1).await, ["stored c 1", "stored c 2"]);
    // An exporter's own old snapshot is served what it sees, and misses nothing after it.
    exporter
        .reader
        .run("begin isolation level repeatable read; select count(*) from transcript.events")
        .await;
    app.append(&batch("c", "l", 1), "native").await;
    assert!(exporter.catch_up(1).await.is_empty());
    exporter.reader.run("commit").await;
    assert_eq!(exporter.wait_for(1, 1).await, ["stored c 3"]);
}

/// Numbers of transactions are the whole cluster's; who cannot write here is not waited for.
#[tokio::test]
async fn a_transaction_of_another_database_holds_nothing_up() {
    let (db, other) = (Database::migrated().await, Database::migrated().await);
    let (mut elsewhere, mut app) = (other.app("acme").await, db.app("acme").await);
    elsewhere.run("begin").await;
    elsewhere.append(&batch("c", "k", 1), "native").await;
    app.append(&batch("c", "k", 2), "native").await;
    let mut exporter = Exporter::new(&db, "acme").await;
    let served = exporter.wait_for(2, 1).await;
    assert_eq!(served, ["stored c 1", "stored c 2"]);
    elsewhere.run("commit").await;
}

#[tokio::test]
async fn savepoints_that_are_rolled_back_are_not_served() {
    let db = Database::migrated().await;
    let mut app = db.app("acme").await;
    app.run("begin").await;
    app.append(&batch("c", "a", 1), "native").await;
    app.run("savepoint s").await;
    app.append(&batch("c", "b", 2), "native").await;
    app.run("rollback to s").await;
    app.append(&batch("c", "d", 2), "native").await;
    app.run("commit").await;
    let mut exporter = Exporter::new(&db, "acme").await;
    let rows = exporter.wait_for(3, 1).await;
    assert_eq!(rows, ["stored c 1", "stored c 2", "stored c 3"]);
    let payloads: Vec<_> = exporter.served.iter().map(|s| s.payload.as_str()).collect();
    assert_eq!(payloads, [r#""a-0""#, r#""d-0""#, r#""d-1""#]);
}
