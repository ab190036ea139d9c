//! `pg_transcript redact --backfill`: exit codes, documents, Ctrl-C, and what VACUUM leaves.

use crate::policies::{FORMATS, STRICTER, assert_same, history, import, set_policy};
use serde_json::Value;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tests::{Database, code, migrator, stderr};

#[tokio::test]
async fn it_plans_by_default_and_sweeps_on_request() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    for tenant in ["acme", "rival"] {
        let mut app = db.app(tenant).await;
        app.append(r#"{"conversation":"c","items":[{"key":"a","kind":"note","payload":"from 203.0.113.2"}]}"#, "native").await;
    }
    set_policy(&mut dba, Some("acme"), STRICTER).await;
    assert_eq!(
        code(&db.migrator(&["redact"])),
        1,
        "--backfill must be said"
    );
    assert_eq!(
        code(&db.migrator(&["redact", "--backfill", "--vacuum"])),
        1,
        "only with --execute"
    );
    let out = db.migrator(&["redact", "--backfill"]);
    let shown = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(
        code(&out) == 0 && shown.contains("to hide: ip 1") && !shown.contains("203.0"),
        "{shown}"
    );
    assert_eq!(
        dba.number("select count(*) from transcript.redaction_receipts")
            .await,
        0
    );

    let out = db.migrator(&[
        "redact",
        "--backfill",
        "--tenant",
        "acme",
        "--execute",
        "--json",
    ]);
    assert_eq!(
        (code(&out), stderr(&out)),
        (0, String::new()),
        "no bar without a terminal"
    );
    let document: Value = serde_json::from_slice(&out.stdout).expect("JSON");
    let receipt = &document["receipts"][0];
    assert_eq!(
        (
            &receipt["tenant"],
            &receipt["status"],
            &receipt["changed"]["events"],
            &receipt["findings"]["ip"]
        ),
        (
            &Value::from("acme"),
            &Value::from("done"),
            &Value::from(1),
            &Value::from(1)
        ),
        "{document}"
    );
    assert_eq!(document["receipts"].as_array().map(Vec::len), Some(1));
    assert!(!document.to_string().contains("203.0"));
    // Without a tenant, everybody's.
    assert_eq!(
        code(&db.migrator(&["redact", "--backfill", "--execute"])),
        0
    );
    assert_eq!(dba.text("select string_agg(tenant_id, ' ' order by tenant_id) from transcript.redaction_receipts").await, "acme rival");

    let as_reader = format!(
        "{}{}options=-c%20role%3Dtest_reader",
        db.url,
        if db.url.contains('?') { '&' } else { '?' }
    );
    let out = migrator(&as_reader, &["redact", "--backfill", "--execute"]);
    assert!(
        code(&out) == 1 && stderr(&out).contains("42501"),
        "{}",
        stderr(&out)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn interrupted_it_stops_after_the_batch_and_goes_on_later() {
    let (stopped, whole) = (Database::migrated().await, Database::migrated().await);
    let (mut dba, mut whole_dba) = (stopped.superuser().await, whole.superuser().await);
    for db in [&stopped, &whole] {
        if !import(db, FORMATS[2], "acme") {
            return;
        }
    }
    set_policy(&mut dba, None, STRICTER).await;
    set_policy(&mut whole_dba, None, STRICTER).await;
    let sweep = Command::new(std::env::var("PG_TRANSCRIPT_BIN").expect("the binary"))
        .args([
            "redact",
            "--backfill",
            "--execute",
            "--batch",
            "20",
            "--json",
        ])
        .env("DATABASE_URL", &stopped.url)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let deadline = Instant::now() + Duration::from_secs(30);
    while dba.number("select coalesce(max((changed ->> 'events')::int), 0) from transcript.redaction_receipts").await < 50 {
        assert!(Instant::now() < deadline, "no progress");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    // Through bash, which has kill built in: a bare machine has no kill of its own.
    let killed = Command::new("bash")
        .args(["-c", &format!("kill -INT {}", sweep.id())])
        .status();
    assert!(killed.expect("bash runs").success());
    let out = sweep.wait_with_output().expect("it ends");
    let document: Value = serde_json::from_slice(&out.stdout).expect("JSON");
    assert_eq!(code(&out), 130, "{document} {}", stderr(&out));
    assert_eq!(document["receipts"][0]["status"], "running", "{document}");
    assert_eq!(document["error"]["exit_code"], 130);
    let left = dba.number("select count(*) from transcript.events where policy_version = 0 and payload::text ~ '\"delta\": \"[^\\[\"]'").await;
    assert!(left > 0, "there is something left");

    assert_eq!(
        code(&stopped.migrator(&["redact", "--backfill", "--execute"])),
        0
    );
    assert_eq!(
        code(&whole.migrator(&["redact", "--backfill", "--execute"])),
        0
    );
    assert_same(&history(&mut dba).await, &history(&mut whole_dba).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn vacuum_leaves_no_old_row_version_unless_somebody_can_still_see_it() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    dba.run("create extension pageinspect schema public").await;
    let mut app = db.app("acme").await;
    app.append(r#"{"conversation":"c","title":"of 203.0.113.2","items":[{"key":"a","kind":"note","payload":"from 203.0.113.2"},{"kind":"note","payload":"203.0.113.2"}]}"#, "native").await;
    set_policy(&mut dba, None, STRICTER).await;
    // Everything that a row version of any table still says.
    let old = "select count(*) from pg_class c
        cross join lateral generate_series(0, pg_relation_size(c.oid) / 8192 - 1) page
        cross join lateral public.heap_page_items(public.get_raw_page('transcript.' || quote_ident(c.relname), page::int)) i
        where c.relnamespace = 'transcript'::regnamespace and c.relkind = 'r' and position('203.0.113.2'::bytea in i.t_data) > 0";
    let mut reader = db.superuser().await;
    reader.run("begin isolation level repeatable read").await;
    assert_eq!(
        reader
            .number("select count(*) from transcript.events")
            .await,
        1
    );
    let before = dba.number(old).await;
    assert!(before >= 3, "{before}");
    // Somebody reads: the sweep waits for whoever could still write under the old policy. So it has to end.
    let (url, sweep) = (
        db.url.clone(),
        ["redact", "--backfill", "--execute", "--vacuum", "--json"],
    );
    let waiting = std::thread::spawn(move || migrator(&url, &sweep));
    tokio::time::sleep(Duration::from_millis(500)).await;
    reader.run("commit").await;
    let out = waiting.join().expect("it ends");
    assert_eq!(code(&out), 0, "{}", stderr(&out));
    assert_eq!(dba.number(old).await, 0);
    assert_eq!(
        dba.number(
            "select count(*) from transcript.redaction_receipts where vacuumed_at > finished_at"
        )
        .await,
        1
    );

    // A reader that came while it was swept keeps the old versions: it says so, and the next run mends it.
    app.append(r#"{"conversation":"c","items":[{"key":"b","kind":"note","payload":{"nick":"203 bobby tables"}}]}"#, "native").await;
    set_policy(&mut dba, None, &STRICTER.replace("nickname", "nick")).await;
    let old = old.replace("203.0.113.2", "203 bobby tables");
    let mut redactor = db.login("test_redactor").await;
    assert_eq!(
        redactor
            .text("select state from transcript.reredact_batch('acme', 1)")
            .await,
        "running"
    );
    reader.run("begin isolation level repeatable read").await;
    assert_eq!(
        reader
            .number("select count(*) from transcript.events")
            .await,
        2
    );
    let out = db.migrator(&sweep);
    assert_eq!(code(&out), 7, "{}", String::from_utf8_lossy(&out.stdout));
    reader.run("commit").await;
    assert_eq!(code(&db.migrator(&sweep)), 0);
    assert_eq!(dba.number(&old).await, 0);
}
