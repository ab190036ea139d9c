//! What comes back is what was sent, redacted.

use crate::calls::{batch, histories, made_up, payload};
use tests::{Database, Session};

/// Appends the calls and compares each with its payload as the policy leaves it.
async fn compare(app: &mut Session, conversation: &str, payloads: &[String]) {
    let verdicts = app
        .append(&batch(conversation, "k", payloads), "native")
        .await;
    assert!(
        verdicts.iter().all(|v| v.status == "stored"),
        "{verdicts:?}"
    );
    for (n, payload) in payloads.iter().enumerate() {
        let seq = n as i64 + 1;
        let sql = "
            with given as (
              select transcript.redact(transcript.parse($2), transcript.builtin_policy('standard')) as payload
            )
            select concat_ws(', ',
              case when t.payload is distinct from g.payload then 'payload' end,
              case when t.payload::text <> g.payload::text then 'text' end,
              case when t.digest <> transcript.digest(g.payload) then 'digest' end,
              case when transcript.model_input($1, $3) is distinct from g.payload -> 'input' then 'input' end)
            from given g left join transcript.timeline($1, $3 - 1, 1, inflate => true) t on true";
        let differs: String = sqlx::query_scalar(sql)
            .bind(conversation)
            .bind(payload)
            .bind(seq)
            .fetch_one(&mut app.connection)
            .await
            .unwrap_or_else(|error| panic!("{conversation} {seq}: {error}"));
        assert_eq!(differs, "", "{conversation}, call {seq}");
    }
    let again = app
        .append(&batch(conversation, "k", payloads), "native")
        .await;
    assert!(again.iter().all(|v| v.status == "duplicate"), "{again:?}");
}

async fn real_histories(format: &str) {
    let Some(histories) = histories(format, 10) else {
        return;
    };
    let db = Database::migrated().await;
    let mut app = db.app("acme").await;
    let mut calls = 0;
    for (n, history) in histories.iter().enumerate() {
        let history = &history[..history.len().min(120)];
        let payloads: Vec<_> = (1..=6)
            .map(|part| payload(&history[..history.len() * part / 6]))
            .collect();
        calls += payloads.len();
        compare(&mut app, &format!("c{n}"), &payloads).await;
    }
    println!(
        "{format}: {calls} calls of {} conversations",
        histories.len()
    );
    assert!(calls > 30, "{format} has histories: {calls}");
    let mut dba = db.superuser().await;
    assert!(
        dba.number("select count(*) from transcript.audit_log where action = 'redact'")
            .await
            > 0
    );
    assert_eq!(
        dba.texts("select v from transcript.verify_blobs() v").await,
        [""; 0]
    );
    // Items are there once, not once per call.
    let items = "select count(*) from transcript.inputs";
    let sent: usize = histories.iter().map(|h| h.len().min(120)).sum();
    assert!(dba.number(items).await as usize <= sent);
}

#[tokio::test]
async fn inputs_of_coding_sessions_come_back_as_they_were_sent() {
    real_histories("claude-code-jsonl").await;
}

#[tokio::test]
async fn inputs_of_chats_come_back_as_they_were_sent() {
    real_histories("openai-chat-messages").await;
}

#[tokio::test]
async fn inputs_of_every_shape_come_back_as_they_were_sent() {
    let db = Database::migrated().await;
    let mut app = db.app("acme").await;
    let words = "some words ".repeat(120);
    let zeros = "0".repeat(64);
    let long = [made_up(1), made_up(2), made_up(3)].join(",");
    let shapes = [
        format!(r#"{{"input":"{words}"}}"#),
        r#"{"input":[]}"#.to_owned(),
        format!(r#"{{"input":["{words}",1.50,null,true,[],{{}},[[{long}]],"{words}"]}}"#),
        format!(r#"{{"messages":[{long}],"system":"{words}","instructions":"{words}"}}"#),
        format!(
            r#"{{"request":{{"body":{{"contents":[{long}],"tools":["{words}"]}}}},"history":3}}"#
        ),
        format!(
            r#"{{"params":{{"history":[{long}]}},"messages":[{long}],"data":{{"response":{{"tools":["{words}"]}}}}}}"#
        ),
        // A sliding window, a repeated item, and what only looks like a reference.
        format!(r#"{{"input":[{},{}]}}"#, made_up(2), made_up(3)),
        format!(r#"{{"input":[{},{}]}}"#, made_up(3), made_up(3)),
        format!(
            r#"{{"input":[{{"$input":{{"items":3,"sha256":"{zeros}"}}}},{long}],"tools":{{"$shared":{{"bytes":9,"sha256":"{zeros}"}},"more":"{words}"}},
                "$shared":{{"bytes":9,"sha256":"{zeros}"}},"$$input":1}}"#
        ),
        // The input of the call before, as an item.
        format!(r#"{{"input":[{{"input":[{long}]}},"{words}"]}}"#),
        format!(r#"[{long}]"#),
        format!(r#""{words}""#),
    ];
    let inputs = [
        "input",
        "input",
        "input",
        "messages",
        "request,body,contents",
        "messages",
        "input",
        "input",
        "input",
        "input",
        "",
        "",
    ];
    let verdicts = app.append(&batch("shapes", "k", &shapes), "native").await;
    assert!(
        verdicts.iter().all(|v| v.status == "stored"),
        "{verdicts:?}"
    );
    for (n, (shape, input)) in shapes.iter().zip(inputs).enumerate() {
        // `history` stands outermost in the fifth, so that is what the call says it sent.
        let input = if n == 4 { "history" } else { input };
        let same: Option<String> = sqlx::query_scalar(
            "select concat_ws(' ', t.payload = p.given and t.digest = transcript.digest(p.given),
               transcript.model_input('shapes', $2) is not distinct from case when $3 <> '' then p.given #> string_to_array($3, ',') end)
             from (select transcript.parse($1) as given) p, transcript.timeline('shapes', $2 - 1, 1, inflate => true) t",
        )
        .bind(shape)
        .bind(n as i64 + 1)
        .bind(input)
        .fetch_one(&mut app.connection)
        .await
        .expect(shape);
        assert_eq!(same.as_deref(), Some("t t"), "{shape}");
    }
    assert_eq!(
        app.texts("select v from transcript.verify_blobs('shapes') v")
            .await,
        [""; 0]
    );
    // Another kind keeps its lists, and is no model call.
    let note = format!(
        r#"{{"conversation":"notes","items":[{{"key":"n","kind":"note","payload":{{"input":[{long}]}}}}]}}"#
    );
    app.append(&note, "native").await;
    let parts = "select parts || ' ' || (transcript.model_input('notes', 1) is null) from transcript.timeline('notes')";
    assert_eq!(app.text(parts).await, "0 true");
    assert_eq!(
        app.text("select transcript.model_input('notes', 2) is null")
            .await,
        "true"
    );
}
