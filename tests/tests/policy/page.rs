//! The page about policies: its examples do what it says, its limits and names are those of the code.

use crate::stored::{append, newest, set_policy};
use serde_json::Value;
use tests::Database;

const PAGE: &str = include_str!("../../../REDACTION.md");

fn examples() -> Vec<Value> {
    let mut rest = PAGE;
    let mut list = Vec::new();
    while let Some(start) = rest.find("```json\n") {
        rest = &rest[start + 8..];
        let end = rest.find("```").expect("a fence that ends");
        list.push(
            serde_json::from_str(&rest[..end]).unwrap_or_else(|e| panic!("{e}: {}", &rest[..end])),
        );
        rest = &rest[end..];
    }
    list
}

#[tokio::test]
async fn the_examples_store_what_they_say() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let mut app = db.app("acme").await;
    let mut ran = 0;
    for example in examples() {
        set_policy(&mut dba, Some("acme"), &example["policy"].to_string()).await;
        for case in example["cases"].as_array().expect("cases") {
            ran += 1;
            let kind = case["kind"].as_str().unwrap_or("note");
            let tool = case["tool"].as_str().unwrap_or_default();
            let verdict = append(
                &mut app,
                &ran.to_string(),
                kind,
                tool,
                &case["payload"].to_string(),
            )
            .await;
            assert_eq!(verdict, "stored");
            assert_eq!(
                newest(&mut app).await,
                case["stored"],
                "{}",
                example["policy"]
            );
        }
    }
    assert!(ran >= 10, "{ran}");
}

#[tokio::test]
async fn the_page_lists_every_detector_and_action() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let row = |name: &str| PAGE.contains(&format!("\n| `{name}` | "));
    let mut detectors = Vec::new();
    for policy in ["secrets", "standard", "strict"] {
        detectors.extend(
            dba.texts(&format!("select jsonb_array_elements_text(transcript.builtin_policy('{policy}') -> 'detectors')"))
                .await,
        );
    }
    assert_eq!(detectors.len(), 16);
    for name in detectors.iter().map(|d| d.trim_matches(['(', ')'])) {
        assert!(row(name), "{name}");
    }
    for name in ["mask", "partial", "remove", "hash", "pseudonym", "keep"] {
        assert!(row(name), "{name}");
    }
}
