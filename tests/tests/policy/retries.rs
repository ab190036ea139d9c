//! A retry is a duplicate, whatever happened to policy and key since.

use crate::stored::{append, set_policy};
use tests::Database;

const MASKS: &str = r#"{"version": 1, "extends": "standard"}"#;
const HASHES: &str = r#"{"version": 1, "extends": "standard", "detectors": [{"detector": "email", "action": "hash"}]}"#;
const REMOVES: &str =
    r#"{"version": 1, "extends": "standard", "paths": [{"path": "$.to", "action": "remove"}]}"#;
const KEEPS: &str = r#"{"version": 1, "extends": "standard", "detectors": [{"detector": "email", "action": "keep"}]}"#;

fn payload(text: &str) -> String {
    let large = "word ".repeat(9_000);
    format!(r#"{{"to": "jo@example.com", "text": "{text}", "log": "{large}"}}"#)
}

#[tokio::test]
async fn a_retry_after_a_change_of_policy_or_key_is_a_duplicate() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let mut app = db.app("acme").await;
    dba.run("select transcript.rotate_redaction_key()").await;
    let policies = [MASKS, HASHES, REMOVES, KEEPS, HASHES];
    let (mut keys, mut version) = (Vec::new(), 0);
    for policy in policies {
        set_policy(&mut dba, None, policy).await;
        version += 1;
        for _ in 0..2 {
            let key = format!("k{}", keys.len());
            let text = format!("bo@example.com {key}");
            assert_eq!(
                append(&mut app, &key, "note", "", &payload(&text)).await,
                "stored"
            );
            let stored = dba
                .number("select max(policy_version) from transcript.events")
                .await;
            assert_eq!(stored, version);
            keys.push((key, text));
            dba.run("select transcript.rotate_redaction_key()").await;
            for (key, text) in &keys {
                let verdict = append(&mut app, key, "note", "", &payload(text)).await;
                assert_eq!(verdict, "duplicate", "{key} under {policy}");
                let other = payload(&format!("{text}!"));
                assert_eq!(
                    append(&mut app, key, "note", "", &other).await,
                    "conflict",
                    "{key}"
                );
            }
        }
    }
    assert_eq!(
        dba.number("select count(*) from transcript.events").await,
        10
    );
    // Twice in one batch: the second is the first's duplicate.
    let batch = r#"{"conversation":"c","items":[{"key":"x","kind":"note","payload":"jo@example.com"},
        {"key":"x","kind":"note","payload":"jo@example.com"},{"key":"x","kind":"note","payload":"bo@example.com"}]}"#;
    let verdicts = app.append(batch, "native").await;
    let statuses: Vec<&str> = verdicts.iter().map(|v| v.status.as_str()).collect();
    assert_eq!(statuses, ["stored", "duplicate", "conflict"]);
}

#[tokio::test]
async fn a_policy_that_is_gone_leaves_the_comparison_under_todays() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let mut app = db.app("acme").await;
    set_policy(&mut dba, None, MASKS).await;
    append(
        &mut app,
        "k",
        "note",
        "",
        r#"{"to": "jo@example.com", "n": 1}"#,
    )
    .await;
    dba.run("delete from transcript.redaction_policies").await;
    set_policy(&mut dba, None, REMOVES).await;
    let again = r#"{"to": "jo@example.com", "n": 1}"#;
    assert_eq!(append(&mut app, "k", "note", "", again).await, "duplicate");
    let other = r#"{"to": "jo@example.com", "n": 2}"#;
    assert_eq!(append(&mut app, "k", "note", "", other).await, "conflict");
}
