//! Every request repeats the history: it is recognised, and stored once.

use tests::Database;

const TURNS: usize = 60;

/// A message of two kilobytes.
fn message(n: usize) -> String {
    let role = ["user", "assistant"][n % 2];
    let words: String = (0..250).map(|w| format!("word{n}-{w} ")).collect();
    format!(r#"{{"role":"{role}","content":"{words}"}}"#)
}

/// The exchange of a turn, its request as it was read by the recorder or as the text that was sent.
fn exchange(format: &str, turn: usize, as_text: bool) -> String {
    let history: Vec<String> = (0..=2 * turn).map(message).collect();
    let input = match format {
        "openai-responses" => "input",
        "google" => "contents",
        _ => "messages",
    };
    let sent = format!(
        r#"{{"model":"m","{input}":[{}],"stream":false}}"#,
        history.join(", ")
    );
    let request = match as_text {
        true => format!(
            r#""body":{}"#,
            serde_json::to_string(&sent).expect("a string")
        ),
        false => format!(r#""parsed_body":{sent}"#),
    };
    format!(
        r#"{{"id":"turn {turn}","request":{{"method":"POST",{request}}},"response":{{"status":200,"parsed_body":{{"id":"r{turn}","usage":{{"input_tokens":1}}}}}}}}"#
    )
}

#[tokio::test]
async fn a_history_that_is_sent_again_with_every_request_is_stored_once() {
    let formats = [
        "openai-chat",
        "openai-responses",
        "anthropic",
        "google",
        "bedrock",
    ];
    let db = Database::migrated().await;
    for format in formats {
        for as_text in [false, true] {
            let tenant = format!("{format} {as_text}");
            let mut app = db.app(&tenant).await;
            for turn in 0..TURNS {
                let batch = format!(
                    r#"{{"conversation":"c","items":[{}]}}"#,
                    exchange(format, turn, as_text)
                );
                let verdicts = app.append(&batch, format).await;
                assert_eq!(verdicts[0].status, "stored", "{tenant}");
            }
            // The messages, and of a text what is around them.
            let messages = 2 * TURNS as i64 - 1;
            let of = "where tenant_id = transcript.tenant()";
            let mut dba = db.superuser().await;
            dba.set_tenant(&tenant).await;
            let blobs = format!("select count(*) from transcript.blobs {of}");
            let around = if as_text { 2 } else { 0 };
            assert_eq!(dba.number(&blobs).await, messages + around, "{tenant}");
            let inline = format!("select max(pg_column_size(payload)) from transcript.events {of}");
            assert!(dba.number(&inline).await < 1000, "{tenant}");
            // Every call says what it got, and comes back as it was.
            let got = format!(
                "select count(*) from generate_series(1, {TURNS}) as s (seq)
                 where jsonb_array_length(transcript.model_input('c', seq)) = 2 * seq - 1"
            );
            assert_eq!(app.number(&got).await, TURNS as i64, "{tenant}");
            for turn in [0, TURNS - 1] {
                let same = "select payload = transcript.parse($1) from transcript.timeline('c', inflate => true)
                    where seq = $2";
                let same: bool = sqlx::query_scalar(same)
                    .bind(exchange(format, turn, as_text))
                    .bind(turn as i64 + 1)
                    .fetch_one(&mut app.connection)
                    .await
                    .expect("an event");
                assert!(same, "{tenant} {turn}");
            }
        }
    }
}
