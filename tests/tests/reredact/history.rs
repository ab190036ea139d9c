//! Real transcripts, stored under `standard` and swept, beside the same ones stored under today's policy.

use crate::policies::{FORMATS, STRICTER, assert_same, history, import, set_policy};
use tests::{Database, corpus};

#[tokio::test]
async fn a_swept_history_is_what_storing_it_today_would_give() {
    let (swept, fresh) = (Database::migrated().await, Database::migrated().await);
    let (mut dba, mut fresh_dba) = (swept.superuser().await, fresh.superuser().await);
    set_policy(&mut fresh_dba, None, STRICTER).await;
    for format in FORMATS {
        if !import(&swept, format, "acme") || !import(&fresh, format, "acme") {
            return;
        }
    }
    let before = history(&mut dba).await;
    let wanted = history(&mut fresh_dba).await;
    let differing = before.iter().zip(&wanted).filter(|(a, b)| a != b).count();
    assert!(differing > 1_000, "{differing} rows differ before");

    set_policy(&mut dba, None, STRICTER).await;
    dba.run("call transcript.reredact()").await;
    assert_same(&history(&mut dba).await, &wanted);
    // No blob is left that nothing refers to, and none is missing.
    let blobs = "select count(*) || ' ' || count(e.seq) || ' ' || count(distinct (b.conversation_id, b.digest, b.recorded_at))
        from transcript.blobs b full join transcript.events e
          on (b.conversation_id, b.digest, b.recorded_at) = (e.conversation_id, e.digest, e.blob_at)
        where b.digest is not null or e.blob_at is not null";
    assert_eq!(dba.text(blobs).await, fresh_dba.text(blobs).await);
    // Only what differed was written, and says so.
    let receipt = "select concat_ws(' ', status, (looked ->> 'events')::int = (select count(*) from transcript.events),
        (changed ->> 'events')::int = (select count(*) from transcript.events where policy_version = 1), from_version, to_version,
        findings = (select jsonb_object_agg(rule, n) from (
          select f ->> 'rule' as rule, sum((f ->> 'count')::int) as n from transcript.audit_log a, jsonb_array_elements(a.detail) f
          where a.recorded_at >= r.started_at group by 1) s))
        from transcript.redaction_receipts r";
    assert_eq!(dba.text(receipt).await, "done t t 0 1 t");
}

/// What an application sends again is known, whatever a sweep did to it.
#[tokio::test]
async fn what_was_stored_before_a_sweep_is_a_duplicate_after_it() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let large = "from 203.0.113.55 came a line\\n".repeat(3_000);
    let batch = format!(
        r#"{{"conversation":"c","run":"r","items":[
          {{"key":"clean","kind":"note","payload":{{"n":1}}}},
          {{"key":"hit","kind":"message","role":"user","payload":{{"content":"bob@example.org at 203.0.113.9","nickname":"bobby"}}}},
          {{"key":"capped","kind":"note","payload":{{"log":"{large}"}}}},
          {{"key":"capped-clean","kind":"note","payload":{{"log":"{}"}}}}]}}"#,
        "words of it ".repeat(4_000)
    );
    let mut app = db.app("acme").await;
    app.append(&batch, "native").await;
    set_policy(&mut dba, Some("acme"), STRICTER).await;
    dba.run("call transcript.reredact('acme')").await;
    assert_eq!(
        dba.number(
            "select count(*) from transcript.events where policy_version = 1 and seq in (2, 3)"
        )
        .await,
        2
    );
    let statuses: Vec<_> = app
        .append(&batch, "native")
        .await
        .into_iter()
        .map(|v| v.status)
        .collect();
    assert_eq!(statuses, ["duplicate"; 4]);
    let other = batch.replace("bobby", "somebody else");
    // Another value of the same length cannot be told apart once it is hidden; another length can.
    assert_eq!(app.append(&other, "native").await[1].status, "conflict");

    if !import(&db, corpus::ROWS, "acme") {
        return;
    }
    set_policy(
        &mut dba,
        Some("acme"),
        &STRICTER.replace("\"title\"", "\"title\",\"output\""),
    )
    .await;
    dba.run("call transcript.reredact('acme')").await;
    let Some(folder) = corpus::transcripts() else {
        return;
    };
    let file = corpus::file_of(&folder, corpus::ROWS);
    let out = db.migrator(&[
        "import",
        "--json",
        "--tenant",
        "acme",
        file.to_str().expect("UTF-8"),
    ]);
    let totals: serde_json::Value = serde_json::from_slice(&out.stdout).expect("JSON");
    println!("again after a sweep: {}", totals["total"]);
    assert_eq!(totals["total"]["stored"], 0);
    assert_eq!(totals["total"]["conflict"], 0, "{totals}");
}

#[tokio::test]
async fn the_size_and_the_count_of_what_was_hidden_before_stay() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    dba.run("update transcript.settings set blob_bytes = 1048576")
        .await;
    let line = "from 203.0.113.55 came a line\\n";
    let batch = format!(
        r#"{{"conversation":"c","items":[
          {{"key":"a","kind":"note","payload":{{"to":"bob@example.org","from":"203.0.113.9"}}}},
          {{"key":"b","kind":"note","payload":{{"log":"{}","n":[1,2]}}}},
          {{"key":"c","kind":"note","payload":["{}"]}}]}}"#,
        line.repeat(50_000),
        "words and 203.0.113.7 ".repeat(60_000),
    );
    let mut app = db.app("acme").await;
    app.append(&batch, "native").await;
    let sizes = "select string_agg(e.payload_bytes || ' ' || coalesce(b.payload_bytes::text || b.truncated, '-'), ', ' order by e.seq)
        from transcript.events e left join transcript.blobs b
          on (b.conversation_id, b.digest, b.recorded_at) = (e.conversation_id, e.digest, e.blob_at) where e.seq > 1";
    let before = dba.text(sizes).await;
    assert_eq!(before.matches("true").count(), 2, "{before}");
    let digest = dba
        .text("select encode(digest, 'hex') from transcript.events where seq = 2")
        .await;

    // A key rule, so that what is left of a cut log is still one.
    set_policy(
        &mut dba,
        Some("acme"),
        r#"{"version":1,"extends":"standard","keys":["from"],"detectors":["ip"]}"#,
    )
    .await;
    dba.run("call transcript.reredact('acme')").await;
    assert_eq!(
        dba.number("select redactions from transcript.events where seq = 1")
            .await,
        2
    );
    let after = dba.text(sizes).await;
    // What was over the cap says how large it was, as long as it is not inline by now.
    for (was, is) in before.split(", ").zip(after.split(", ")) {
        assert_eq!(
            was.split(' ').next(),
            is.split(' ').next(),
            "{before} became {after}"
        );
    }
    // The digest of the lost whole, under the old policy, is nowhere.
    let left = format!(
        "select (select count(*) from transcript.events where payload::text like '%{digest}%' or text like '%{digest}%')
           + (select count(*) from transcript.blobs where payload::text like '%{digest}%' or digest = '\\x{digest}')"
    );
    assert_eq!(dba.number(&left).await, 0);
    assert_eq!(
        dba.number("select count(*) from transcript.blobs where payload::text like '%203.0.113.%'")
            .await,
        0
    );
}
