//! Paths and scopes, on events as `append` stores them.

use crate::stored::{append, is_anywhere, newest, set_policy};
use serde_json::json;
use tests::Database;

const POLICY: &str = r#"{"version": 1, "extends": "standard",
    "paths": [{"path": "$.arguments.body", "tools": ["send_email"]}, {"path": "$..internal", "action": "remove"}],
    "detectors": [{"detector": "email", "action": "keep", "tools": ["search"]}]}"#;

#[tokio::test]
async fn rules_apply_to_the_tenant_the_kind_and_the_tool_that_they_name() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    set_policy(&mut dba, Some("acme"), POLICY).await;
    let payload =
        r#"{"arguments": {"body": "hello there", "to": "jo@example.com"}, "internal": {"x": 1}}"#;
    let (mail, hidden) = ("jo@example.com", "[redacted:email:14]");
    let mut app = db.app("acme").await;
    for (key, kind, tool, body, to) in [
        ("1", "tool_call", "send_email", "[redacted:path:11]", hidden),
        ("2", "tool_call", "search", "hello there", mail),
        ("3", "tool_call", "other", "hello there", hidden),
        // A message has no tool; whose result this is, nobody says.
        ("4", "message", "", "hello there", hidden),
        ("5", "tool_result", "", "[redacted:path:11]", hidden),
    ] {
        assert_eq!(append(&mut app, key, kind, tool, payload).await, "stored");
        assert_eq!(
            newest(&mut app).await,
            json!({"arguments": {"body": body, "to": to}}),
            "{kind} {tool}"
        );
        // The same again is a duplicate, and changing it is not.
        assert_eq!(
            append(&mut app, key, kind, tool, payload).await,
            "duplicate"
        );
        let other = payload.replace("\"to\"", "\"cc\"");
        assert_eq!(append(&mut app, key, kind, tool, &other).await, "conflict");
    }
    // Another tenant has the built-in policy.
    let mut rival = db.app("rival").await;
    append(&mut rival, "1", "tool_call", "send_email", payload).await;
    assert_eq!(
        newest(&mut rival).await,
        json!({"arguments": {"body": "hello there", "to": hidden}, "internal": {"x": 1}})
    );
}

#[tokio::test]
async fn what_is_kept_in_an_event_is_kept_in_its_blob() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    set_policy(&mut dba, Some("acme"), POLICY).await;
    let mut app = db.app("acme").await;
    let large = "lorem ipsum ".repeat(4_000);
    let payload = format!(r#"{{"arguments": {{"to": "jo@example.com"}}, "log": "{large}"}}"#);
    assert_eq!(
        append(&mut app, "1", "tool_call", "search", &payload).await,
        "stored"
    );
    let blob = "select count(*) from transcript.blobs where payload #>> '{arguments,to}' = 'jo@example.com'";
    assert_eq!(app.number(blob).await, 1);
    let same = "select count(*) from transcript.events e join transcript.blobs b using (conversation_id, digest)
        where transcript.digest(b.payload) = e.digest";
    assert_eq!(app.number(same).await, 1);
    assert_eq!(
        append(&mut app, "1", "tool_call", "search", &payload).await,
        "duplicate"
    );
    // A blob that anybody writes past an event is nobody's: what hides applies.
    dba.run("set transcript.tenant = 'acme'").await;
    dba.run(
        r#"insert into transcript.blobs (conversation_id, digest, recorded_at, tenant_id, payload_bytes, truncated, payload)
           select conversation_id, 'x', recorded_at, tenant_id, 0, false, '"bo@example.com"' from transcript.blobs limit 1"#,
    )
    .await;
    assert!(!is_anywhere(&db, "bo@example.com").await);
}

#[tokio::test]
async fn a_dead_letter_hides_what_a_path_hides_wherever_the_payload_stands() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let policy = r#"{"version": 1, "paths": ["$.arguments.body", {"path": "$.note", "action": "keep"}], "allow_paths": ["$.payload"]}"#;
    set_policy(&mut dba, None, policy).await;
    let mut app = db.app("acme").await;
    let batch = r#"{"conversation":"c","items":[{"kind":"note","payload":{"arguments":{"body":"kanarienvogel"}}}]}"#;
    assert_eq!(app.append(batch, "native").await[0].status, "rejected");
    app.run(r#"select transcript.reject('f', 1, 'native', 'broken', '{"items":[{"payload":{"arguments":{"body":"kanarienvogel"}}}]}')"#)
        .await;
    assert_eq!(
        dba.number("select count(*) from transcript.rejected").await,
        2
    );
    assert!(!is_anywhere(&db, "kanarienvogel").await);
}
