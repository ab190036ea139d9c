//! What each action leaves in rows, and what is recorded of it.

use crate::stored::{is_anywhere, set_policy, store};
use serde_json::{Value, json};
use tests::Database;

const POLICY: &str = r#"{"version": 1, "extends": "standard",
    "keys": [{"key": "badge", "action": "partial"}, {"key": "debug token", "action": "remove"}],
    "detectors": [{"detector": "email", "action": "pseudonym"}, {"detector": "phone", "action": "hash"},
        {"detector": "card", "action": "partial"}, {"detector": "iban", "action": "remove"},
        {"detector": "ssn", "action": "keep"}],
    "patterns": [{"name": "employee-id", "pattern": "EMP-\\d{5}"}]}"#;

const PAYLOAD: &str = r#"{"text": "jo@example.com, +1 415 555 0158, 4111 1111 1111 1111, GB82WEST12345698765432, 123-45-6789, EMP-12345",
    "badge": "K-2024-00017711", "debug_token": "abcdefgh12345", "again": ["JO@example.com"]}"#;

#[tokio::test]
async fn every_action_does_and_records_what_it_says() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    set_policy(&mut dba, None, POLICY).await;
    dba.run("select transcript.rotate_redaction_key()").await;
    let mut app = db.app("acme").await;
    let stored = store(&mut app, "1", PAYLOAD).await;
    let text = stored["text"].as_str().unwrap();
    let parts: Vec<&str> = text.split(", ").collect();
    assert_eq!(parts[0], stored["again"][0], "one address, one pseudonym");
    assert!(
        parts[0].starts_with("user-") && parts[0].ends_with("@k1.redacted.invalid"),
        "{text}"
    );
    assert!(parts[1].starts_with("[redacted:phone:h1:"), "{text}");
    assert_eq!(
        parts[2..],
        [
            "[redacted:card:15:1111]",
            "",
            "123-45-6789",
            "[redacted:employee-id:9]"
        ]
    );
    assert_eq!(stored["badge"], "[redacted:key:11:7711]");
    assert_eq!(stored.get("debug_token"), None);
    for secret in [
        "jo@example",
        "555 0158",
        "GB82",
        "EMP-1",
        "abcdefgh12345",
        "K-2024",
    ] {
        assert!(!is_anywhere(&db, secret).await, "{secret} is somewhere");
    }

    let list = "select jsonb_agg(jsonb_build_array(path, rule, action, count) order by path, rule) from transcript.findings";
    let find = format!("{list}($1::jsonb, $2::jsonb)");
    let found: Value =
        sqlx::query_scalar::<_, String>(sqlx::AssertSqlSafe(format!("select ({find})::text")))
            .bind(PAYLOAD)
            .bind(POLICY)
            .fetch_one(&mut dba.connection)
            .await
            .map(|text| serde_json::from_str(&text).unwrap())
            .unwrap();
    let wanted = json!([
        ["$.again[0]", "email", "pseudonym", 1],
        ["$.badge", "key", "partial", 1],
        ["$.debug_token", "key", "remove", 1],
        ["$.text", "card", "partial", 1],
        ["$.text", "email", "pseudonym", 1],
        ["$.text", "employee-id", "mask", 1],
        ["$.text", "iban", "remove", 1],
        ["$.text", "phone", "hash", 1],
        ["$.text", "ssn", "keep", 1],
    ]);
    assert_eq!(found, wanted);
    // The audit log has the same, but for what was kept.
    let audited: Value = serde_json::from_str(
        &dba.text(
            "select jsonb_agg(jsonb_build_array(d ->> 'path', d ->> 'rule', d ->> 'action', d -> 'count')
                 order by d ->> 'path', d ->> 'rule')
             from transcript.audit_log, jsonb_array_elements(detail) d where action = 'redact'",
        )
        .await,
    )
    .unwrap();
    let changes: Vec<Value> = (wanted.as_array().unwrap().iter())
        .filter(|finding| finding[2] != "keep")
        .cloned()
        .collect();
    assert_eq!(audited, Value::Array(changes));
    assert_eq!(
        dba.number("select redactions from transcript.events").await,
        8
    );
}

#[tokio::test]
async fn findings_carry_no_value() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let policy = POLICY.replace("\"keep\"", "\"mask\"");
    for payload in [
        PAYLOAD,
        r#"{"jo@example.com": {"EMP-12345": "4111 1111 1111 1111"}}"#,
        r#"{"arguments": "{\"jo@example.com\": \"+1 415 555 0158\"}"}"#,
        r#""jo@example.com""#,
    ] {
        let rows: Vec<String> = sqlx::query_scalar(
            "select f::text from transcript.findings($1::jsonb, $2::jsonb, 'note') f",
        )
        .bind(payload)
        .bind(&policy)
        .fetch_all(&mut dba.connection)
        .await
        .unwrap();
        assert!(!rows.is_empty());
        for secret in ["jo@", "EMP-1", "4111", "0158", "K-2024", "WEST"] {
            assert!(!rows.iter().any(|row| row.contains(secret)), "{rows:?}");
        }
    }
    assert_eq!(
        dba.number("select count(*) from transcript.findings(null, '{}')")
            .await,
        0
    );
    assert_eq!(
        dba.error("select transcript.findings('1', '{}')").await.0,
        "TR021"
    );
}
