//! Text that is not JSON, kept by `parse`: no event, but a dead letter with the text.

use tests::Database;

const BROKEN: &str =
    r#"{"type": "message", "role": "user", "id": "m", "content": "to ada@example.com"#;

#[tokio::test]
async fn an_item_that_was_not_json_is_a_dead_letter() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let mut app = db.app("acme").await;
    let rows: Vec<(String, Option<String>)> = sqlx::query_as(
        "select status, reason from transcript.append(jsonb_build_object('conversation', 'c', 'items',
           jsonb_build_array(transcript.parse($1), transcript.parse($2))), 'openai-agents')",
    )
    .bind(BROKEN)
    .bind(format!("{BROKEN}\"}}"))
    .fetch_all(&mut app.connection)
    .await
    .expect("append");
    assert_eq!(rows[1].0, "stored");
    assert_eq!(rows[0].0, "rejected");
    let reason = rows[0].1.clone().unwrap_or_default();
    assert!(
        reason.starts_with("TR001: \"item\" is not JSON"),
        "{reason}"
    );
    let raw = dba
        .text("select raw from transcript.rejected where item_index = 0")
        .await;
    assert_eq!(
        raw,
        BROKEN.replace("ada@example.com", "[redacted:email:15]")
    );
}

/// The same where the text stands in a row of a session table.
#[tokio::test]
async fn a_session_row_that_was_not_json_is_a_dead_letter() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let mut app = db.app("acme").await;
    for (row, code) in [(BROKEN.to_owned(), "TR001"), ("[".repeat(300), "TR002")] {
        let rows: Vec<(String, Option<String>)> = sqlx::query_as(
            "select status, reason from transcript.append(jsonb_build_object('items', jsonb_build_array(
               jsonb_build_object('id', 1, 'session_id', 's', 'message_data', $1::text))), 'openai-agents')",
        )
        .bind(&row)
        .fetch_all(&mut app.connection)
        .await
        .expect("append");
        let reason = rows[0].1.clone().unwrap_or_default();
        assert!(reason.starts_with(code), "{reason}");
    }
    assert_eq!(dba.number("select count(*) from transcript.rejected where raw like '%message_data%[redacted:email:15]%'").await, 1);
    assert_eq!(
        dba.number("select count(*) from transcript.events").await,
        0
    );
}

/// As the payload of an item it is content like any other.
#[tokio::test]
async fn a_payload_that_was_not_json_is_stored_and_comes_back() {
    let db = Database::migrated().await;
    let mut app = db.app("acme").await;
    let back: String = sqlx::query_scalar(
        "with appended as (select * from transcript.append(jsonb_build_object('conversation', 'c', 'items',
           jsonb_build_array(jsonb_build_object('key', 'k', 'kind', 'note', 'payload', transcript.parse($1))))))
         select status from appended",
    )
    .bind("exit 1: {")
    .fetch_one(&mut app.connection)
    .await
    .expect("append");
    assert_eq!(back, "stored");
    let text = app
        .text("select transcript.unparse(payload) from transcript.timeline('c')")
        .await;
    assert_eq!(text, "exit 1: {");
}
