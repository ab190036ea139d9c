//! A change of policy, of key or of a limit counts from the next statement on, whoever made it.

use crate::stored::{set_policy, store};
use serde_json::json;
use tests::Database;

const PAYLOAD: &str = r#"{"badge": "K-2024-00017711"}"#;

fn hides(key: &str) -> String {
    format!(r#"{{"version": 1, "keys": ["{key}"]}}"#)
}

#[tokio::test]
async fn another_session_counts_once_it_has_committed() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let mut app = db.app("acme").await;
    let whole = json!({"badge": "K-2024-00017711"});
    let hidden = json!({"badge": "[redacted:key:15]"});
    // Looked up once, it is remembered.
    assert_eq!(store(&mut app, "1", PAYLOAD).await, whole);
    dba.run("begin").await;
    set_policy(&mut dba, Some("acme"), &hides("badge")).await;
    assert_eq!(store(&mut app, "2", PAYLOAD).await, whole);
    dba.run("commit").await;
    assert_eq!(store(&mut app, "3", PAYLOAD).await, hidden);
    // In the middle of a transaction as well.
    app.run("begin; set local transcript.tenant = 'acme'").await;
    assert_eq!(store(&mut app, "4", PAYLOAD).await, hidden);
    set_policy(&mut dba, Some("acme"), &hides("other")).await;
    assert_eq!(store(&mut app, "5", PAYLOAD).await, whole);
    app.run("commit").await;
    // A limit is no policy, and counts likewise.
    dba.run("update transcript.settings set inline_bytes = 1024")
        .await;
    let long = format!(r#"{{"text": "{}"}}"#, "words of it ".repeat(200));
    store(&mut app, "6", &long).await;
    assert_eq!(app.number("select count(*) from transcript.blobs").await, 1);
}

#[tokio::test]
async fn an_old_snapshot_remembers_nothing_for_later() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    for level in ["repeatable read", "serializable"] {
        dba.run("delete from transcript.redaction_policies").await;
        let mut app = db.app("acme").await;
        app.run(&format!(
            "begin isolation level {level}; set local transcript.tenant = 'acme'; select count(*) from transcript.events"
        ))
        .await;
        set_policy(&mut dba, Some("acme"), &hides("badge")).await;
        // Whichever policy it sees, the next transaction sees the new one.
        store(&mut app, &format!("{level} 1"), PAYLOAD).await;
        app.run("commit").await;
        assert_eq!(
            store(&mut app, &format!("{level} 2"), PAYLOAD).await,
            json!({"badge": "[redacted:key:15]"}),
            "{level}"
        );
    }
}

#[tokio::test]
async fn what_is_rolled_back_does_not_count() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    dba.run("set transcript.tenant = 'acme'").await;
    let whole = json!({"badge": "K-2024-00017711"});
    let hidden = json!({"badge": "[redacted:key:15]"});
    dba.run("begin").await;
    assert_eq!(store(&mut dba, "1", PAYLOAD).await, whole);
    dba.run("savepoint before").await;
    set_policy(&mut dba, None, &hides("badge")).await;
    assert_eq!(store(&mut dba, "2", PAYLOAD).await, hidden);
    dba.run("rollback to before").await;
    assert_eq!(store(&mut dba, "3", PAYLOAD).await, whole);
    set_policy(&mut dba, None, &hides("badge")).await;
    assert_eq!(store(&mut dba, "4", PAYLOAD).await, hidden);
    dba.run("rollback").await;
    assert_eq!(store(&mut dba, "5", PAYLOAD).await, whole);
}

#[tokio::test]
async fn tenants_in_turn_each_have_their_own() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    set_policy(&mut dba, Some("strict"), &hides("badge")).await;
    let mut app = db.app("acme").await;
    for n in 0..3 {
        for (tenant, stored) in [("strict", "[redacted:key:15]"), ("acme", "K-2024-00017711")] {
            app.run(&format!("set transcript.tenant = '{tenant}'"))
                .await;
            let stored = json!({ "badge": stored });
            assert_eq!(store(&mut app, &format!("{n}"), PAYLOAD).await, stored);
        }
    }
}

/// A standby has no numbers for transactions, and reading must not use up the primary's.
#[tokio::test]
async fn to_look_a_policy_up_takes_no_transaction_number() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    dba.run("begin read only").await;
    let redacted =
        r#"select transcript.redacted('{"password": "hunter2"}', 'acme') ->> 'password'"#;
    assert_eq!(dba.text(redacted).await, "[redacted:key:7]");
    let number = "select count(pg_current_xact_id_if_assigned())";
    assert_eq!(dba.number(number).await, 0);
    dba.run("commit").await;
}
