//! Single items that are rejected and kept while their siblings are stored.

use crate::refusal::CANARY;
use tests::Database;

#[tokio::test]
async fn an_item_that_is_none_is_kept_and_its_siblings_are_stored() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let mut app = db.app("acme").await;
    let c = CANARY;
    let cases = [
        (
            format!(r#""{c}""#),
            "TR014",
            "item must be an object, not a string",
        ),
        (
            "7".to_owned(),
            "TR014",
            "item must be an object, not a number",
        ),
        (
            format!(r#"{{"key":"a","kind":7,"payload":"{c}"}}"#),
            "TR014",
            "\"kind\" must be a string, not a number",
        ),
        (
            format!(r#"{{"key":5,"kind":"note","payload":"{c}"}}"#),
            "TR014",
            "\"key\" must be a string, not a number",
        ),
        (
            format!(r#"{{"key":"a","kind":"note","role":{{"{c}":1}},"payload":1}}"#),
            "TR014",
            "\"role\" must be a string, not an object",
        ),
        (
            format!(r#"{{"key":"a","kind":"note","tool_call_id":3,"payload":"{c}"}}"#),
            "TR014",
            "\"tool_call_id\" must be a string, not a number",
        ),
        (
            format!(r#"{{"key":"a","payload":"{c}"}}"#),
            "TR016",
            "item has no \"kind\"",
        ),
        (
            format!(r#"{{"key":"a","kind":"note","title":"{c}"}}"#),
            "TR01",
            "item",
        ),
        (
            format!(r#"{{"kind":"note","payload":"{c}"}}"#),
            "TR018",
            "event key",
        ),
        (
            format!(r#"{{"key":"a","kind":"note","payload":1,"and {c}":"{c}"}}"#),
            "TR015",
            "item member of 17 bytes is not known",
        ),
        (
            format!(r#"{{"key":"a","kind":"note","occurred_at":"{c}","payload":1}}"#),
            "TR017",
            "\"occurred_at\" is not a time",
        ),
        (
            format!(
                r#"{{"key":"a","kind":"note","agent":"{}","payload":"{c}"}}"#,
                "x".repeat(1025)
            ),
            "TR006",
            "\"agent\" has 1025 bytes, more than the 1024 allowed",
        ),
    ];
    let good = |n: usize| format!(r#"{{"key":"good {n}","kind":"note","payload":{n}}}"#);
    let items: Vec<String> = cases
        .iter()
        .enumerate()
        .flat_map(|(n, case)| [case.0.clone(), good(n)])
        .collect();
    let batch = format!(
        r#"{{"conversation":"c","source":"file.jsonl","items":[{}]}}"#,
        items.join(",")
    );
    for round in 1..=2 {
        let verdicts = app.append(&batch, "native").await;
        assert_eq!(verdicts.len(), 2 * cases.len());
        for (n, (item, code, named)) in cases.iter().enumerate() {
            let (bad, sibling) = (&verdicts[2 * n], &verdicts[2 * n + 1]);
            assert_eq!(sibling.status, ["stored", "duplicate"][round - 1]);
            assert_eq!(sibling.seq, Some(n as i64 + 1), "without gaps");
            let reason = bad.reason.as_deref().unwrap_or_default();
            assert_eq!((bad.status.as_str(), bad.seq), ("rejected", None), "{item}");
            assert!(
                reason.starts_with(code) && reason.contains(named),
                "{item}: {reason}"
            );
            assert!(
                reason.split("; ").nth(1).is_some_and(|hint| hint.len() > 5),
                "no hint: {reason}"
            );
            assert!(!reason.contains(c), "{reason}");
            let kept = dba
                .texts(&format!("select concat_ws(' ', item_index, attempts, conversation, source, format, reason = '{}') from transcript.rejected where item_index = {}", reason.replace('\'', "''"), 2 * n))
                .await;
            assert_eq!(
                kept,
                [format!("(\"{} {round} c file.jsonl native t\")", 2 * n)],
                "{item}"
            );
        }
    }
    let with_content = cases.iter().filter(|(item, ..)| item.contains(c)).count() as i64;
    assert_eq!(
        dba.number(&format!(
            "select count(*) from transcript.rejected where raw like '%{c}%'"
        ))
        .await,
        with_content,
        "nothing is lost"
    );
    assert_eq!(
        dba.number("select count(*) from transcript.rejected").await,
        cases.len() as i64
    );
    assert_eq!(
        dba.number("select count(*) from transcript.events").await,
        cases.len() as i64
    );
}

#[tokio::test]
async fn an_item_without_a_conversation_is_kept() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let mut app = db.app("acme").await;
    for (batch, format) in [
        (
            r#"[{"key":"a","kind":"note","payload":"kanarienvogel"}]"#,
            "native",
        ),
        (
            r#"{"conversation":null,"items":[{"key":"b","kind":"note","payload":"kanarienvogel"}]}"#,
            "native",
        ),
        (
            r#"{"conversation":"  ","items":[{"key":"c","kind":"note","payload":"kanarienvogel 2"}]}"#,
            "native",
        ),
        (
            r#"{"items":[{"role":"user","content":"kanarienvogel"}],"run":"r"}"#,
            "openai-chat",
        ),
        (
            r#"{"items":[{"type":"message","id":"m","role":"user","content":"kanarienvogel"}]}"#,
            "openai-agents",
        ),
    ] {
        let verdicts = app.append(batch, format).await;
        let reason = verdicts[0].reason.as_deref().unwrap_or_default();
        assert_eq!(verdicts[0].status, "rejected", "{batch}");
        assert!(
            reason.starts_with("TR013: item has no \"conversation\"; name the conversation"),
            "{batch}: {reason}"
        );
    }
    assert_eq!(dba.number("select sum(attempts) from transcript.rejected where raw like '%kanarienvogel%' and conversation is null").await, 5);
    assert_eq!(
        dba.number("select count(*) from transcript.conversations")
            .await,
        0
    );
    assert_eq!(
        dba.number("select count(*) from transcript.events").await,
        0
    );
}
