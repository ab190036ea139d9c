//! A sweep that is killed, cancelled, or overtaken by the next policy.

use crate::policies::{FORMATS, STRICTER, assert_same, history, import, set_policy};
use std::time::{Duration, Instant};
use tests::{Database, Session, sqlstate};

/// Waits until a sweep has rewritten more events than before, in transactions that are over.
async fn progress(dba: &mut Session, beyond: i64) -> i64 {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let sql = "select coalesce(max((changed ->> 'events')::int), 0) from transcript.redaction_receipts where status = 'running'";
        let changed = dba.number(sql).await;
        if changed > beyond {
            return changed;
        }
        assert!(Instant::now() < deadline, "no progress beyond {beyond}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn pid(session: &mut Session) -> i64 {
    session.number("pg_backend_pid()").await
}

/// A client has the error before its server process has let go: the next sweep would find it busy.
async fn is_over(dba: &mut Session) {
    let deadline = Instant::now() + Duration::from_secs(60);
    let held = "select count(*) from pg_locks where locktype = 'advisory'
        and database = (select oid from pg_database where datname = current_database())";
    while dba.number(held).await > 0 {
        assert!(Instant::now() < deadline, "a stopped sweep holds its lock");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_and_cancelled_it_goes_on_where_it_was() {
    let (stopped, whole) = (Database::migrated().await, Database::migrated().await);
    let (mut dba, mut whole_dba) = (stopped.superuser().await, whole.superuser().await);
    for db in [&stopped, &whole] {
        if !import(db, FORMATS[2], "acme") {
            return;
        }
        import(db, FORMATS[1], "acme");
    }
    set_policy(&mut dba, None, STRICTER).await;
    set_policy(&mut whole_dba, None, STRICTER).await;

    let mut changed = 0;
    for (stop, code) in [
        ("pg_terminate_backend", "57P01"),
        ("pg_cancel_backend", "57014"),
        ("pg_terminate_backend", "57P01"),
    ] {
        let mut redactor = stopped.login("test_redactor").await;
        let sweeping = pid(&mut redactor).await;
        let sweep = tokio::spawn(async move {
            redactor
                .try_run("call transcript.reredact('acme', 40)")
                .await
        });
        changed = progress(&mut dba, changed).await;
        dba.run(&format!("select {stop}({sweeping})")).await;
        let error = sweep.await.expect("the sweep ends").expect_err("stopped");
        assert!(["", code].contains(&sqlstate(&error).as_str()), "{error}");
        is_over(&mut dba).await;
    }
    let mut redactor = stopped.login("test_redactor").await;
    redactor.run("call transcript.reredact('acme', 40)").await;
    whole_dba.run("call transcript.reredact()").await;
    assert_same(&history(&mut dba).await, &history(&mut whole_dba).await);
    // One receipt, whose counts are those of a sweep that nobody stopped.
    let receipts = "select string_agg(concat_ws(' ', status, looked, changed, findings), ', ') from transcript.redaction_receipts";
    assert_eq!(dba.text(receipts).await, whole_dba.text(receipts).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_that_changes_on_the_way_takes_over() {
    let (overtaken, fresh) = (Database::migrated().await, Database::migrated().await);
    let (mut dba, mut fresh_dba) = (overtaken.superuser().await, fresh.superuser().await);
    let strictest = STRICTER.replace("\"title\"", "\"title\",\"item_id\"");
    set_policy(&mut fresh_dba, None, &strictest).await;
    for db in [&overtaken, &fresh] {
        if !import(db, FORMATS[2], "acme") {
            return;
        }
    }
    set_policy(&mut dba, None, STRICTER).await;
    let mut redactor = overtaken.login("test_redactor").await;
    let sweep = tokio::spawn(async move {
        redactor
            .try_run("call transcript.reredact('acme', 40)")
            .await
    });
    progress(&mut dba, 100).await;
    set_policy(&mut dba, None, &strictest).await;
    sweep.await.expect("the sweep ends").expect("a sweep");
    assert_same(&history(&mut dba).await, &history(&mut fresh_dba).await);
    let receipts = "select string_agg(to_version || ' ' || status, ', ' order by receipt_id) from transcript.redaction_receipts";
    assert_eq!(dba.text(receipts).await, "1 cancelled, 2 done");
}
