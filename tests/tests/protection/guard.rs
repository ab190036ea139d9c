//! Where what redacts is dropped or disabled, nothing is written.

use tests::{Database, Session, leaves};

const PROTECTED: [&str; 6] = [
    "events",
    "blobs",
    "attachments",
    "conversations",
    "runs",
    "rejected",
];

async fn contents(dba: &mut Session) -> Vec<String> {
    let mut all = Vec::new();
    for table in PROTECTED {
        all.push(dba.text(&format!("select '{table} ' || count(*) || ' ' || md5(string_agg(t::text, '|' order by t::text)) from transcript.{table} t")).await);
    }
    all
}

/// Statements that would write a row by every way there is; their errors.
async fn writes(dba: &mut Session, leaves: &[String]) -> Vec<(String, String)> {
    let event = |table: &str| {
        format!("insert into transcript.{table} (conversation_id, seq, event_key, tenant_id, kind, payload, payload_bytes, digest, policy_version, recorded_at)
                 select gen_random_uuid(), 1, gen_random_uuid(), 'acme', 'note', '1', 0, '', 0, lower_bound from transcript.partitions where leaf in ('{table}', 'events_old') order by leaf <> '{table}' limit 1")
    };
    let mut statements = vec![
        "insert into transcript.events select (jsonb_populate_record(e, jsonb_build_object('seq', e.seq + 1000, 'event_key', gen_random_uuid()))).* from transcript.events e".to_owned(),
        "update transcript.events set payload = '1'".to_owned(),
        "update transcript.events set text = 'x'".to_owned(),
        "insert into transcript.blobs select (jsonb_populate_record(b, '{\"digest\": \"\\\\x00\"}')).* from transcript.blobs b".to_owned(),
        "update transcript.blobs set payload = '1'".to_owned(),
        "insert into transcript.attachments (conversation_id, digest, recorded_at, tenant_id, content_bytes, media_type, content)
           values (gen_random_uuid(), '', now(), 'acme', 1, 'image/png', 'x')".to_owned(),
        "update transcript.attachments set content = 'y'".to_owned(),
        "insert into transcript.conversations (conversation_id, tenant_id, external_id) values (gen_random_uuid(), 'acme', 'x')".to_owned(),
        "update transcript.conversations set title = 'x'".to_owned(),
        "insert into transcript.runs (conversation_id, run_id, tenant_id, external_id) values (gen_random_uuid(), gen_random_uuid(), 'acme', 'x')".to_owned(),
        "update transcript.runs set error = 'x'".to_owned(),
        "insert into transcript.rejected (tenant_id, rejected_id, reason) values ('acme', gen_random_uuid(), 'x')".to_owned(),
        "update transcript.rejected set raw = 'x'".to_owned(),
        event("events"),
    ];
    statements.extend(leaves.iter().map(|leaf| event(leaf)));
    let mut outcomes = Vec::new();
    for statement in statements {
        for role in ["origin", "replica"] {
            dba.run(&format!(
                "begin; set local session_replication_role = {role}"
            ))
            .await;
            let state = dba
                .try_run(&statement)
                .await
                .err()
                .map_or("written".to_owned(), |e| {
                    let hint = e
                        .as_database_error()
                        .and_then(|d| d.try_downcast_ref::<sqlx::postgres::PgDatabaseError>())
                        .and_then(|d| d.hint());
                    assert!(hint.is_some(), "{statement}: {e}");
                    tests::sqlstate(&e)
                });
            dba.run("rollback").await;
            outcomes.push((statement.clone(), state));
        }
    }
    outcomes
}

#[tokio::test]
async fn without_the_extension_every_row_stays_and_none_is_written() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    dba.run(leaves::MAKE_OLD).await;
    let batch = |key: &str| {
        format!(
            r#"{{"conversation":"c","run":"r","items":[
            {{"key":"{key}1","kind":"message","role":"user","payload":{{"content":"hi","password":"x8-{key}","image":"data:image/png;base64,{}"}}}},
            {{"key":"{key}2","kind":"note","payload":{{"log":"{}"}}}},{{"kind":"note"}}]}}"#,
            "iVBO".repeat(400),
            "words of it ".repeat(9_000)
        )
    };
    let mut app = db.app("acme").await;
    assert_eq!(app.append(&batch("a"), "native").await[1].status, "stored");
    let leaves: Vec<String> = dba
        .texts("select leaf from transcript.partitions where parent = 'events'")
        .await
        .iter()
        .map(|leaf| leaf.trim_matches(['(', ')']).to_owned())
        .collect();
    assert!(leaves.len() >= 6);
    let before = contents(&mut dba).await;

    // One by one, so that each is known to write: with the extension all of them do.
    for (statement, state) in writes(&mut dba, &leaves).await {
        assert_eq!(state, "written", "{statement}");
    }
    assert_eq!(contents(&mut dba).await, before);

    dba.run("drop extension pg_transcript cascade").await;
    assert_eq!(contents(&mut dba).await, before, "a row was lost");
    // Plain SELECT, as the application: the policies do without the extension.
    assert_eq!(
        app.number("select count(*) from transcript.events").await,
        2
    );
    assert_eq!(
        app.text("select payload ->> 'content' from transcript.events where seq = 1")
            .await,
        "hi"
    );
    for (statement, state) in writes(&mut dba, &leaves).await {
        assert_eq!(state, "TR030", "{statement}");
    }
    assert!(app.try_run(r#"select transcript.append('{"conversation":"c","items":[{"key":"z","kind":"note","payload":1}]}')"#).await.is_err());
    assert!(
        app.try_run("select transcript.reject('s', 1, 'native', 'r', 'raw')")
            .await
            .is_err()
    );
    assert_eq!(contents(&mut dba).await, before);

    // Made again, but nothing more: the triggers are still missing.
    dba.run("create extension pg_transcript schema transcript")
        .await;
    for (statement, state) in writes(&mut dba, &leaves).await {
        assert_eq!(state, "TR030", "{statement}");
    }
    let mut app = db.app("acme").await;
    assert_eq!(app.error(r#"select transcript.append('{"conversation":"c","items":[{"key":"z","kind":"note","payload":1}]}')"#).await.0, "TR030");
    assert_eq!(
        app.error("select transcript.reject('s', 1, 'native', 'r', 'raw')")
            .await
            .0,
        "TR030"
    );
    assert_eq!(
        app.number("select count(*) from transcript.timeline('c')")
            .await,
        2
    );
    assert_eq!(contents(&mut dba).await, before);

    let migrated = db.migrator(&["migrate"]);
    assert!(
        migrated.status.success(),
        "{}",
        String::from_utf8_lossy(&migrated.stderr)
    );
    let states = dba
        .texts(
            "select distinct format('%s %s %s', t.tgname, t.tgenabled, count(*) over (partition by t.tgname)) from pg_trigger t join pg_class c on c.oid = t.tgrelid
             where c.relnamespace = 'transcript'::regnamespace and t.tgname ~ '^events_' and not t.tgisinternal order by 1",
        )
        .await;
    let tables = leaves.len() + 1;
    assert_eq!(
        states,
        [
            "clear",
            "guard",
            "protect",
            "protect_labels",
            "refuse",
            "updated"
        ]
        .map(|name| format!("(\"events_{name} A {tables}\")"))
    );
    for (statement, state) in writes(&mut dba, &leaves).await {
        assert_eq!(state, "written", "{statement}");
    }
    let again: Vec<_> = app
        .append(&batch("a"), "native")
        .await
        .into_iter()
        .map(|v| v.status)
        .collect();
    assert_eq!(
        again,
        ["duplicate", "duplicate", "rejected"],
        "old rows are known again"
    );
    assert_eq!(app.append(&batch("b"), "native").await[0].seq, Some(3));
    assert_eq!(
        dba.number("select count(*) from transcript.events where payload::text like '%x8-%'")
            .await,
        0
    );
    assert!(
        db.migrator(&["migrate"]).status.success(),
        "a second time there is nothing to do"
    );
}

#[tokio::test]
async fn a_protecting_trigger_that_is_disabled_lets_nothing_through() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    dba.run(leaves::MAKE_OLD).await;
    let insert = |table: &str| {
        format!("insert into transcript.{table} (conversation_id, seq, event_key, tenant_id, kind, payload, payload_bytes, digest, policy_version, recorded_at)
        values (gen_random_uuid(), 1, gen_random_uuid(), 'acme', 'note', '1', 0, '', 0, '2020-01-02Z')")
    };
    for state in [
        "disable trigger",
        "enable replica trigger",
        "enable trigger",
    ] {
        dba.run(&format!(
            "alter table transcript.events {state} events_protect"
        ))
        .await;
        for role in ["origin", "replica"] {
            dba.run(&format!("set session_replication_role = {role}"))
                .await;
            for table in ["events", "events_old"] {
                assert_eq!(
                    dba.error(&insert(table)).await.0,
                    "TR030",
                    "{state}, {role}, {table}"
                );
            }
        }
        dba.run("set session_replication_role = origin").await;
    }
    // Of one leaf alone, and mended by the migrator.
    dba.run("alter table transcript.events enable always trigger events_protect; alter table transcript.events_old disable trigger events_protect").await;
    assert_eq!(dba.error(&insert("events")).await.0, "TR030");
    let migrated = db.migrator(&["migrate"]);
    assert!(
        migrated.status.success(),
        "{}",
        String::from_utf8_lossy(&migrated.stderr)
    );
    dba.run(&insert("events")).await;
    dba.run("alter table transcript.blobs disable trigger blobs_protect")
        .await;
    assert!(db.migrator(&["migrate"]).status.success());
    dba.run(&insert("events_old").replace("'1', 0", "to_jsonb(repeat('x y ', 9000)), 0"))
        .await;
    assert_eq!(
        dba.number("select count(*) from transcript.blobs_old")
            .await,
        1
    );
}
