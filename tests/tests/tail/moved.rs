//! The database in another cluster, where transactions are numbered anew.

use crate::exporter::{Exporter, batch};
use tests::Database;

/// What a dump that was restored elsewhere looks like: the numbers of its transactions are of a
/// cluster that was far ahead of this one.
const RESTORE: &str = "
    update transcript.changes set position = position + 1000000000000;
    update transcript.conversations set last_position = last_position + 1000000000000;
    update transcript.eras set system_identifier = 1, first_transaction = first_transaction + 1000000000000";

#[tokio::test]
async fn a_restored_database_goes_on_where_the_cursor_is() {
    let db = Database::migrated().await;
    let (mut app, mut dba) = (db.app("acme").await, db.superuser().await);
    app.append(&batch("c", "k", 3), "native").await;
    app.append(&batch("d", "k", 1), "native").await;
    dba.run(RESTORE).await;
    let mut exporter = Exporter::new(&db, "acme").await;
    // Before anything was appended here: all of it.
    assert_eq!(exporter.page(2).await, 2);
    assert_eq!(exporter.catch_up(1).await, ["stored c 3", "stored d 1"]);
    // The first to append begins an era; nobody who reads misses what it stores.
    let mut slow = db.app("acme").await;
    slow.run("begin").await;
    slow.append(&batch("slow", "k", 1), "native").await;
    assert!(exporter.catch_up(1).await.is_empty());
    slow.run("commit").await;
    app.append(&batch("c", "l", 1), "native").await;
    app.append(&batch("new", "k", 1), "native").await;
    assert_eq!(
        exporter.wait_for(3, 1).await,
        ["stored slow 1", "stored c 4", "stored new 1"]
    );
    let eras = "select era, system_identifier = 1 from transcript.eras order by era";
    assert_eq!(dba.texts(eras).await, ["(0,t)", "(1,f)"]);
    // From the beginning it is the same.
    let mut other = Exporter::new(&db, "acme").await;
    other.wait_for(7, 2).await;
    assert_eq!(other.served, exporter.served);
    // …and `migrate` begins an era, where nobody has appended.
    dba.run("update transcript.eras set system_identifier = 1")
        .await;
    assert!(db.migrator(&["migrate"]).status.success());
    assert_eq!(dba.number("select max(era) from transcript.eras").await, 2);
}

/// A standby that was promoted may have missed the last transactions, and uses their numbers again.
#[tokio::test]
async fn another_timeline_is_another_era() {
    let db = Database::migrated().await;
    let (mut app, mut dba) = (db.app("acme").await, db.superuser().await);
    let mut exporter = Exporter::new(&db, "acme").await;
    app.append(&batch("c", "k", 1), "native").await;
    exporter.wait_for(1, 1).await;
    // The cursor is of a transaction that the standby never got.
    let cursor = exporter.cursor.clone().expect("a cursor");
    let (position, rest) = cursor.split_once('/').expect("a position");
    let ahead: i64 = position.parse::<i64>().expect("a number") + 1000;
    exporter.cursor = Some(format!("{ahead}/{rest}"));
    dba.run("update transcript.eras set timeline = 77").await;
    app.append(&batch("c", "l", 2), "native").await;
    assert_eq!(exporter.wait_for(2, 1).await, ["stored c 2", "stored c 3"]);
}

/// Prepared before the promotion, committed long after: an older era is not over while it runs.
#[tokio::test]
async fn an_era_is_open_while_one_of_its_transactions_runs() {
    let db = Database::migrated().await;
    let (mut slow, mut app) = (db.app("acme").await, db.app("acme").await);
    let mut dba = db.superuser().await;
    let mut exporter = Exporter::new(&db, "acme").await;
    slow.run("begin").await;
    slow.append(&batch("slow", "k", 1), "native").await;
    dba.run("update transcript.eras set timeline = 77").await;
    app.append(&batch("c", "k", 1), "native").await;
    assert!(exporter.catch_up(1).await.is_empty());
    slow.run("commit").await;
    assert_eq!(
        exporter.wait_for(2, 1).await,
        ["stored slow 1", "stored c 1"]
    );
}

/// Rivals who all find themselves elsewhere begin one era.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rivals_begin_one_era() {
    const WRITERS: usize = 6;
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    dba.run(RESTORE).await;
    let start = std::sync::Arc::new(tokio::sync::Barrier::new(WRITERS));
    let mut writers = tokio::task::JoinSet::new();
    for n in 0..WRITERS {
        let (mut app, start) = (db.app("acme").await, start.clone());
        writers.spawn(async move {
            start.wait().await;
            for round in 0..5 {
                let text = batch(&format!("c{}", n % 2), &format!("{n}-{round}"), 2);
                app.append(&text, "native").await;
            }
        });
    }
    while let Some(writer) = writers.join_next().await {
        writer.expect("the writer ends well");
    }
    assert_eq!(dba.number("select max(era) from transcript.eras").await, 1);
    let mut exporter = Exporter::new(&db, "acme").await;
    assert_eq!(exporter.wait_for(60, 7).await.len(), WRITERS * 5 * 2);
}
