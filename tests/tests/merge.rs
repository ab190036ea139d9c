//! What becomes of an item whose event key another payload has: reported, ignored, or merged.

use tests::{Database, Session, Verdict};

async fn put(app: &mut Session, items: &str, on_conflict: &str) -> Vec<String> {
    let batch = format!(r#"{{"conversation":"c","items":[{items}]}}"#);
    let sql = "select coalesce(status, '') || coalesce(' ' || seq, '') || coalesce(' ' || left(reason, 5), '')
        from transcript.append($1::jsonb, 'native', $2)";
    sqlx::query_scalar(sql)
        .bind(batch)
        .bind(on_conflict)
        .fetch_all(&mut app.connection)
        .await
        .expect("verdicts")
}

fn state(n: u32, at: &str) -> String {
    format!(
        r#"{{"key":"p","kind":"message","payload":{{"text":"state {n}"}},"occurred_at":"{at}"}}"#
    )
}

#[tokio::test]
async fn two_hundred_updates_of_a_streaming_message_end_as_one_event() {
    let db = Database::migrated().await;
    let mut app = db.app("acme").await;
    let mut verdicts = Vec::new();
    let mut text = String::from("of zoe@mail.example.org: ");
    for n in 0..200 {
        text.push_str(&format!("word{n} "));
        let item = format!(
            r#"{{"key":"p","kind":"message","role":"assistant","payload":{{"content":"{text}"}}}}"#
        );
        verdicts.extend(put(&mut app, &item, "merge").await);
    }
    assert_eq!(verdicts[0], "stored 1");
    assert!(
        verdicts[1..].iter().all(|v| v == "merged 1"),
        "{verdicts:?}"
    );
    let said = app
        .texts("select content from transcript.messages('c')")
        .await;
    assert_eq!(said.len(), 1);
    assert!(
        said[0].contains("word199") && said[0].contains("[redacted:email:"),
        "{}",
        said[0]
    );
    let mut dba = db.superuser().await;
    let states = "select count(*), count(distinct detail ->> 'digest') from transcript.audit_log where action = 'replace' and seq = 1";
    assert_eq!(dba.texts(states).await, ["(199,199)"]);
    assert_eq!(
        dba.number("select count(*) from transcript.audit_log where detail::text ~ 'zoe@'")
            .await,
        0
    );
    assert_eq!(
        dba.number("select event_count from transcript.conversations")
            .await,
        1
    );
    // What is stored is what storing the last state alone gives.
    let digest = "select digest = transcript.digest(payload) and payload_bytes > 1500 from transcript.events";
    assert_eq!(dba.texts(digest).await, ["(t)"]);
}

#[tokio::test]
async fn in_one_batch_the_last_state_stays() {
    let db = Database::migrated().await;
    let mut app = db.app("acme").await;
    let states: Vec<String> = (1..=3)
        .map(|n| state(n, &format!("2026-01-01T00:00:0{n}Z")))
        .collect();
    assert_eq!(
        put(&mut app, &states.join(","), "merge").await,
        ["stored 1", "merged 1", "merged 1"]
    );
    // The same once more: an older state does not come back, the newest is known.
    assert_eq!(
        put(&mut app, &states.join(","), "merge").await,
        ["duplicate 1", "duplicate 1", "duplicate 1"]
    );
    assert_eq!(
        app.texts("select payload ->> 'text' from transcript.timeline('c')")
            .await,
        ["(\"state 3\")"]
    );
}

#[tokio::test]
async fn late_metadata_fills_what_was_not_known_and_overwrites_nothing() {
    let db = Database::migrated().await;
    let mut app = db.app("acme").await;
    let item =
        |more: &str| format!(r#"{{"key":"k","kind":"tool_call","payload":{{"a":1}}{more}}}"#);
    put(&mut app, &item(r#","agent":"First""#), "report").await;
    let late = item(
        r#","agent":"Second","tool_name":"track","tool_call_id":"call_1","model":"m","id":"i","run":"r""#,
    );
    assert_eq!(put(&mut app, &late, "report").await, ["duplicate 1"]);
    assert_eq!(put(&mut app, &late, "merge").await, ["merged 1"]);
    assert_eq!(put(&mut app, &late, "merge").await, ["duplicate 1"]);
    let row = "select concat_ws(' ', agent, tool_name, tool_call_id, model, item_id) from transcript.timeline('c')";
    assert_eq!(app.texts(row).await, ["(\"First track call_1 m i\")"]);
    let mut dba = db.superuser().await;
    assert_eq!(
        dba.number("select count(*) from transcript.audit_log where action = 'replace'")
            .await,
        0
    );
}

#[tokio::test]
async fn ignored_conflicts_leave_what_is_stored_and_reported_ones_are_audited() {
    let db = Database::migrated().await;
    let mut app = db.app("acme").await;
    let (first, other) = (
        state(1, "2026-01-01T00:00:00Z"),
        state(2, "2026-01-02T00:00:00Z"),
    );
    put(&mut app, &first, "report").await;
    assert_eq!(put(&mut app, &other, "ignore").await, ["duplicate 1"]);
    let mut dba = db.superuser().await;
    let audited = "select count(*) from transcript.audit_log where action = 'conflict'";
    assert_eq!(dba.number(audited).await, 0);
    assert_eq!(put(&mut app, &other, "report").await, ["conflict 1 TR040"]);
    assert_eq!(dba.number(audited).await, 1);
    assert_eq!(
        app.texts("select payload ->> 'text' from transcript.timeline('c')")
            .await,
        ["(\"state 1\")"]
    );
    let (code, message, hint) = app
        .error("select * from transcript.append('[]', 'native', 'overwrite')")
        .await;
    assert_eq!(
        (code.as_str(), hint.as_str()),
        ("TR009", "say report, ignore or merge")
    );
    assert!(message.contains("'overwrite'"), "{message}");
}

#[tokio::test]
async fn verdicts_come_in_the_order_of_the_items() {
    let db = Database::migrated().await;
    let mut app = db.app("acme").await;
    let items = [
        r#"{"key":"a","kind":"note","payload":1}"#,
        r#"{"key":"b","payload":1}"#,
        r#"{"key":"a","kind":"note","payload":2}"#,
        r#"{"key":"c","kind":"note","payload":1}"#,
    ];
    let batch = format!(r#"{{"conversation":"c","items":[{}]}}"#, items.join(","));
    let verdicts: Vec<Verdict> = app.append(&batch, "native").await;
    let shown: Vec<_> = verdicts
        .iter()
        .map(|v| (v.index, v.status.as_str()))
        .collect();
    assert_eq!(
        shown,
        [
            (0, "stored"),
            (1, "rejected"),
            (2, "conflict"),
            (3, "stored")
        ]
    );
}
