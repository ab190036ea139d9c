//! `transcript.append`: verdicts, order, idempotence.

use tests::{Database, Verdict};

fn statuses(verdicts: &[Verdict]) -> Vec<(&str, Option<i64>)> {
    verdicts
        .iter()
        .map(|v| (v.status.as_str(), v.seq))
        .collect()
}

const TURN: &str = r#"{"conversation":"c","run":"r1","items":[
    {"role":"user","content":"where is my parcel?"},
    {"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"track","arguments":"{}"}}]},
    {"role":"tool","tool_call_id":"call_1","content":"in transit"},
    {"role":"assistant","content":"It is on its way."}]}"#;

#[tokio::test]
async fn a_batch_is_stored_once_and_in_order() {
    let db = Database::migrated().await;
    let mut app = db.app("acme").await;
    let first = app.append(TURN, "openai-chat").await;
    assert_eq!(
        statuses(&first),
        [
            ("stored", Some(1)),
            ("stored", Some(2)),
            ("stored", Some(3)),
            ("stored", Some(4))
        ]
    );
    let again = app.append(TURN, "openai-chat").await;
    assert_eq!(
        statuses(&again),
        [
            ("duplicate", Some(1)),
            ("duplicate", Some(2)),
            ("duplicate", Some(3)),
            ("duplicate", Some(4))
        ]
    );
    let kinds = app
        .texts("select kind || coalesce(' ' || tool_call_id, '') from transcript.timeline('c')")
        .await;
    assert_eq!(
        kinds,
        [
            "(message)",
            "(\"tool_call call_1\")",
            "(\"tool_result call_1\")",
            "(message)"
        ]
    );
    let said = app
        .texts("select role || ': ' || content from transcript.messages('c')")
        .await;
    assert_eq!(
        said,
        [
            "(\"user: where is my parcel?\")",
            "(\"assistant: It is on its way.\")"
        ]
    );
}

#[tokio::test]
async fn one_bad_item_never_costs_its_siblings() {
    let db = Database::migrated().await;
    let mut app = db.app("acme").await;
    let verdicts = app
        .append(
            r#"{"conversation":"c","items":[
                {"key":"a","kind":"note","payload":{"n":1}},
                {"key":"b","kind":7,"payload":{}},
                {"kind":"note","payload":{}},
                {"key":"a","kind":"note","payload":{"n":1}},
                {"key":"a","kind":"note","payload":{"n":2}},
                {"key":"c","kind":"note","payload":"plain"},
                null]}"#,
            "native",
        )
        .await;
    assert_eq!(
        statuses(&verdicts),
        [
            ("stored", Some(1)),
            ("rejected", None),
            ("rejected", None),
            ("duplicate", Some(1)),
            ("conflict", Some(1)),
            ("stored", Some(2)),
            ("rejected", None),
        ]
    );
    let codes: Vec<_> = verdicts
        .iter()
        .filter_map(|v| v.reason.as_deref())
        .map(|r| &r[..5])
        .collect();
    assert_eq!(codes, ["TR014", "TR018", "TR040", "TR014"]);
    assert_eq!(
        app.number("select count(*) from transcript.timeline('c')")
            .await,
        2
    );

    let mut auditor = db.login("test_auditor").await;
    auditor.set_tenant("acme").await;
    assert_eq!(
        auditor
            .number("select count(*) from transcript.rejected")
            .await,
        3
    );
    assert_eq!(
        auditor
            .number("select count(*) from transcript.audit_log where action = 'conflict'")
            .await,
        1
    );
}

#[tokio::test]
async fn a_retry_under_a_stricter_policy_is_still_a_duplicate() {
    let db = Database::migrated().await;
    let mut app = db.app("acme").await;
    let batch = r#"{"conversation":"c","items":[{"key":"a","kind":"note","payload":{"from":"203.0.113.77"}}]}"#;
    assert_eq!(app.append(batch, "native").await[0].status, "stored");
    let mut dba = db.superuser().await;
    dba.run("insert into transcript.redaction_policies (tenant_id, policy) select 'acme', transcript.builtin_policy('strict')").await;
    assert_eq!(app.append(batch, "native").await[0].status, "duplicate");
    let other = batch.replace("203.0.113.77", "203.0.113.77 and more");
    assert_eq!(app.append(&other, "native").await[0].status, "conflict");
}

#[tokio::test]
async fn the_same_key_in_another_conversation_or_tenant_is_another_event() {
    let db = Database::migrated().await;
    let batch = |conversation: &str| {
        format!(r#"[{{"conversation":"{conversation}","key":"k","kind":"note","payload":1}}]"#)
    };
    let mut acme = db.app("acme").await;
    let mut rival = db.app("rival").await;
    for session in [&mut acme, &mut rival] {
        for conversation in ["c1", "c2"] {
            assert_eq!(
                statuses(&session.append(&batch(conversation), "native").await),
                [("stored", Some(1))]
            );
        }
    }
}

#[tokio::test]
async fn what_the_sdk_keeps_as_text_survives_nul_and_lone_surrogates() {
    let db = Database::migrated().await;
    let mut app = db.app("acme").await;
    let row = r#"{"id":7,"session_id":"s","created_at":"2026-11-21 00:28:17.892996","message_data":"{\"type\":\"function_call_output\",\"call_id\":\"call_1\",\"output\":\"head\\u0000tail \\ud83d\"}"}"#;
    let verdicts = app.append(&format!("[{row}]"), "openai-agents").await;
    assert_eq!(statuses(&verdicts), [("stored", Some(1))]);
    assert_eq!(
        app.text("select payload ->> 'output' from transcript.timeline('s')")
            .await,
        "head⟦u0000⟧tail ⟦ud83d⟧"
    );
    assert_eq!(
        app.text("select occurred_at at time zone 'UTC' from transcript.timeline('s')")
            .await,
        "2026-11-21 00:28:17.892996"
    );
}

#[tokio::test]
async fn an_empty_batch_opens_its_conversation() {
    let db = Database::migrated().await;
    let mut app = db.app("acme").await;
    let batch = r#"{"conversation":"quiet","title":"To come","items":[]}"#;
    assert!(app.append(batch, "native").await.is_empty());
    assert_eq!(
        app.text("select title || ' ' || event_count from transcript.conversations")
            .await,
        "To come 0"
    );
    assert!(app.append(r#"{"items":[]}"#, "native").await.is_empty());
    assert_eq!(
        app.number("select count(*) from transcript.conversations")
            .await,
        1
    );
}

#[tokio::test]
async fn an_append_reads_no_conversation_but_its_own() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    dba.run(
        "insert into transcript.conversations (conversation_id, tenant_id, external_id)
           select gen_random_uuid(), 'acme', n::text from generate_series(1, 5000) n;
         analyze transcript.conversations; set transcript.tenant = 'acme'",
    )
    .await;
    dba.run("begin").await;
    for n in 0..8 {
        dba.append(
            &format!(
                r#"{{"conversation":"c","items":[{{"key":"{n}","kind":"note","payload":1}}]}}"#
            ),
            "native",
        )
        .await;
    }
    let read = dba
        .number("select idx_tup_fetch + seq_tup_read from pg_stat_xact_user_tables where relid = 'transcript.conversations'::regclass")
        .await;
    assert!(read < 100, "8 appends read {read} conversations");
}

#[tokio::test]
async fn a_conversation_is_found_by_its_key_among_all_those_of_its_tenant() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    dba.run("insert into transcript.conversations (conversation_id, tenant_id, external_id)
        select transcript.conversation_id('acme', 'old ' || n), 'acme', 'old ' || n from generate_series(1, 3000) n")
        .await;
    // What is known of the table is the little that was there: plans are made with that.
    let read = "select sum(idx_tup_read)::bigint from pg_stat_user_indexes where indexrelname like 'conversations_%'";
    let before = dba.number(read).await;
    let mut app = db.app("acme").await;
    for n in 0..5 {
        let batch = format!(
            r#"[{{"conversation": "old 7", "key": "{n}", "kind": "note", "payload": 1}},
                {{"conversation": "old 8", "key": "{n}", "kind": "note", "payload": 1}},
                {{"conversation": "new {n}", "key": "{n}", "kind": "note", "payload": 1}}]"#
        );
        let verdicts = app.append(&batch, "native").await;
        assert!(
            verdicts.iter().all(|v| v.status == "stored"),
            "{verdicts:?}"
        );
        let batch = format!(
            r#"{{"conversation": "old 9", "items": [{{"key": "{n}", "kind": "note", "payload": 1}}]}}"#
        );
        assert_eq!(app.append(&batch, "native").await[0].status, "stored");
    }
    app.run("select pg_stat_force_next_flush()").await;
    let read = dba.number(read).await - before;
    assert!(read < 300, "{read} entries were read");
}
