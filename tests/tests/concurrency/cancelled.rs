//! Batches that end in their middle: cancelled, timed out, terminated.

use crate::writers::{all, assert_gap_free, batch, items, pid, seqs, wait_until};
use serde_json::json;
use tests::{Database, Session, leaves, sqlstate};

/// A batch that a rival stops in its middle: the rival holds the place of the middle item's blob.
struct Stopped {
    text: String,
    count: usize,
    rival: Session,
}

impl Stopped {
    async fn new(db: &Database) -> Stopped {
        let mut items = items("b", 300);
        items[150]["payload"] = json!({"large": "lorem ipsum ".repeat(5_000)});
        let mut rival = db.superuser().await;
        rival.run("begin").await;
        let statement = "insert into transcript.blobs
              (conversation_id, digest, recorded_at, tenant_id, payload_bytes, truncated, payload)
            select transcript.conversation_id('acme', 'c'), transcript.digest($1::jsonb),
              date_trunc('day', now(), 'UTC') + day * interval '1 day', 'acme', 0, false, '0'
            from generate_series(0, 1) day";
        sqlx::query(statement)
            .bind(items[150]["payload"].to_string())
            .execute(&mut rival.connection)
            .await
            .expect("the rival's blob");
        Stopped {
            text: batch("c", &items),
            count: items.len(),
            rival,
        }
    }
}

/// Nothing of the cancelled batch may be there; the retry on the same connection stores it whole.
async fn assert_retry_stores_all(app: &mut Session, dba: &mut Session, text: &str, count: usize) {
    for table in [
        "events",
        "blobs",
        "conversations",
        "runs",
        "rejected",
        "audit_log",
    ] {
        assert_eq!(
            dba.number(&format!("select count(*) from transcript.{table}"))
                .await,
            0,
            "{table}"
        );
    }
    let retried = app.append(text, "native").await;
    assert_eq!(all(&retried, count), "stored");
    assert_eq!(seqs(&retried), (1..=count as i64).collect::<Vec<_>>());
    assert_gap_free(dba, "c", count as i64).await;
    assert_eq!(all(&app.append(text, "native").await, count), "duplicate");
}

/// An append that must not succeed: its session, and the SQLSTATE.
async fn failing(mut app: Session, text: String) -> (Session, String) {
    let error = app.try_append(&text, "native").await;
    let code = sqlstate(&error.expect_err("cancelled or timed out"));
    (app, code)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_cancelled_in_its_middle_leaves_nothing() {
    let db = Database::migrated().await;
    let mut stopped = Stopped::new(&db).await;
    let (mut app, mut dba) = (db.app("acme").await, db.superuser().await);
    let (writing, rival) = (pid(&mut app).await, pid(&mut stopped.rival).await);
    let text = stopped.text.clone();
    let attempt = tokio::spawn(failing(app, text));
    wait_until(
        &mut dba,
        &format!("pg_blocking_pids({writing}) = array[{rival}]"),
    )
    .await;
    assert_eq!(
        dba.text(&format!("pg_cancel_backend({writing})")).await,
        "true"
    );
    let (mut app, code) = attempt.await.expect("the writer ends well");
    assert_eq!(code, "57014");
    stopped.rival.run("rollback").await;
    assert_retry_stores_all(&mut app, &mut dba, &stopped.text, stopped.count).await;
}

/// The same while the backend computes: no lock to wait for, only a large batch.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_batch_can_be_cancelled_and_leaves_nothing() {
    const ITEMS: usize = 8_000;
    let db = Database::migrated().await;
    let (mut app, mut dba) = (db.app("acme").await, db.superuser().await);
    app.run("set statement_timeout = '30s'").await;
    let writing = pid(&mut app).await;
    let whole = batch("c", &items("b", ITEMS));
    let text = whole.clone();
    let attempt = tokio::spawn(failing(app, text));
    // The batch is being stored.
    let storing = format!("{writing} in ({})", leaves::STORING);
    wait_until(&mut dba, &storing).await;
    dba.run(&format!("select pg_cancel_backend({writing})"))
        .await;
    let (mut app, code) = attempt.await.expect("the writer ends well");
    assert_eq!(code, "57014");
    assert_retry_stores_all(&mut app, &mut dba, &whole, ITEMS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_times_out_leaves_nothing() {
    let db = Database::migrated().await;
    let mut stopped = Stopped::new(&db).await;
    let (mut app, mut dba) = (db.app("acme").await, db.superuser().await);
    let (writing, rival) = (pid(&mut app).await, pid(&mut stopped.rival).await);
    app.run("set statement_timeout = '1500ms'").await;
    let text = stopped.text.clone();
    let attempt = tokio::spawn(failing(app, text));
    wait_until(
        &mut dba,
        &format!("pg_blocking_pids({writing}) = array[{rival}]"),
    )
    .await;
    let (mut app, code) = attempt.await.expect("the writer ends well");
    assert_eq!(code, "57014");
    stopped.rival.run("rollback").await;
    app.run("reset statement_timeout").await;
    assert_retry_stores_all(&mut app, &mut dba, &stopped.text, stopped.count).await;
}

/// The connection ends instead of the statement: `kill` of one backend is no crash of the server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_whose_backend_is_terminated_leaves_nothing() {
    let db = Database::migrated().await;
    let mut stopped = Stopped::new(&db).await;
    let (mut app, mut dba) = (db.app("acme").await, db.superuser().await);
    let (writing, rival) = (pid(&mut app).await, pid(&mut stopped.rival).await);
    let text = stopped.text.clone();
    let attempt = tokio::spawn(async move { app.try_append(&text, "native").await.map(|_| ()) });
    wait_until(
        &mut dba,
        &format!("pg_blocking_pids({writing}) = array[{rival}]"),
    )
    .await;
    dba.run(&format!("select pg_terminate_backend({writing}, 10000)"))
        .await;
    attempt
        .await
        .expect("the writer ends well")
        .expect_err("terminated");
    stopped.rival.run("rollback").await;
    let mut app = db.app("acme").await;
    assert_retry_stores_all(&mut app, &mut dba, &stopped.text, stopped.count).await;
}
