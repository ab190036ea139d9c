//! Fakes planted through `append` and `reject`.

use crate::planted::Fakes;
use tests::Session;

/// Fakes in every member that a caller fills, in every format, stored and rejected.
pub async fn append_everything(app: &mut Session, f: &mut Fakes) {
    // append, native: every member that a caller fills.
    let large = "all work and no play ".repeat(3_000);
    let huge = "makes the log a dull read ".repeat(60_000);
    let batch = format!(
        r#"{{"conversation":"conv {}","title":"about {}","metadata":{{"deep":[{{"password":"{}"}}],"note":"{}"}},
            "agent":"agent {}","model":"model {}","run":"run {}","source":"file {}","items":[
            {{"key":"1 {}","kind":"kind {}","role":"role {}","tool_name":"tool {}","tool_call_id":"call {}",
              "payload":{{"content":"visible marker text {}","Authorization":"Bearer {}","list":[[["{}"]]],"{}":1,
                "env":"export DB_PASSWORD={}\n","url":"https://user:{}@host/x?access_token={}"}}}},
            {{"key":"2","kind":"note","payload":{{"log":"{large}","tail":"{}","password":"{}"}}}},
            {{"key":"3","kind":"note","payload":{{"log":"{huge}","tail":"{}"}}}},
            {{"key":"4","kind":"note","payload":"{}"}}]}}"#,
        f.token("conversation"),
        f.token("title"),
        f.password("metadata key"),
        f.token("metadata text"),
        f.token("agent"),
        f.token("model"),
        f.token("run"),
        f.token("source"),
        f.token("key"),
        f.token("kind"),
        f.token("role"),
        f.token("tool_name"),
        f.token("tool_call_id"),
        f.token("content"),
        f.password("header"),
        f.token("array"),
        f.token("member name"),
        f.password("assignment"),
        f.password("URL"),
        f.token("query"),
        f.token("large payload"),
        f.password("large payload, key"),
        f.token("huge payload"),
        f.token("scalar"),
    );
    stored(&app.append(&batch, "native").await);
    // …and with another usage, so that the run is updated.
    let again = format!(
        r#"{{"conversation":"c2","run":"r","items":[
            {{"id":"i1","type":"response.completed","response":{{"status":"failed","error":{{"message":"{}"}},"usage":{{"input_tokens":1,"note":"{}"}}}}}}]}}"#,
        f.token("response error"),
        f.token("usage"),
    );
    app.append(&again, "openai-agents").await;

    // openai-chat: user text, arguments with JSON within JSON, tool output, content parts.
    let arguments = quoted(&format!(
        r#"{{"cmd":"curl -H 'Authorization: Bearer {}'","body":{}}}"#,
        f.password("argument header"),
        quoted(&format!(
            r#"{{"password":"{}","inner":["{}"]}}"#,
            f.password("nested key"),
            f.token("nested text")
        )),
    ));
    let chat = format!(
        r#"{{"conversation":"c3","run":"r","items":[
            {{"role":"user","name":"{}","content":"my token is {}"}},
            {{"role":"assistant","content":null,"tool_calls":[{{"id":"call_1","type":"function","function":{{"name":"sh","arguments":{arguments}}}}}]}},
            {{"role":"tool","tool_call_id":"call_1","content":"AWS_SECRET_ACCESS_KEY={}\n{}"}},
            {{"role":"user","content":[{{"type":"text","text":"and {}"}}]}}]}}"#,
        f.token("chat name"),
        f.token("chat content"),
        f.password("tool output assignment"),
        f.token("tool output"),
        f.token("content part"),
    );
    stored(&app.append(&chat, "openai-chat").await);

    let agents = format!(
        r#"{{"conversation":"c4","run":"r","items":[
            {{"type":"message","id":"m1","role":"user","content":[{{"type":"input_text","text":"{}"}}]}},
            {{"type":"function_call","id":"f1","call_id":"c1","name":"login","arguments":{}}},
            {{"type":"function_call_output","call_id":"c1","output":{}}},
            {{"type":"reasoning","id":"r1","summary":[{{"type":"summary_text","text":"the key is {}"}}]}},
            {{"type":"something_new","id":"n1","{}":{{"deep":"{}"}}}}]}}"#,
        f.token("input_text"),
        quoted(&format!(
            r#"{{"user":"x","password":"{}"}}"#,
            f.password("arguments")
        )),
        quoted(&format!(
            r#"{{"session":{{"access_token":"{}"}},"text":"{}"}}"#,
            f.password("output key"),
            f.token("output")
        )),
        f.token("reasoning"),
        f.token("unknown member"),
        f.token("unknown item"),
    );
    stored(&app.append(&agents, "openai-agents").await);
    // The SDK's rows carry the item as text.
    let row = quoted(&format!(
        r#"{{"type":"function_call","call_id":"c9","name":"x","arguments":{}}}"#,
        quoted(&format!(
            r#"{{"password":"{}"}}"#,
            f.password("message_data")
        ))
    ));
    stored(
        &app.append(
            &format!(
                r#"[{{"id":1,"session_id":"s {}","message_data":{row}}}]"#,
                f.token("session_id")
            ),
            "openai-agents",
        )
        .await,
    );

    // Rejected: as items, as lines, with every column filled.
    let rejected = format!(
        r#"{{"conversation":"c5 {}","source":"s {}","items":[
            {{"kind":"note","payload":{{"password":"{}","text":"{}"}}}},
            {{"key":"x","kind":7,"payload":"{}"}},
            {{"key":"y","kind":"note","payload":1,"{}":1}},
            "{}", {{"key":"t","kind":"note","occurred_at":"{}","payload":1}}]}}"#,
        f.token("rejected conversation"),
        f.token("rejected source"),
        f.password("rejected key"),
        f.token("rejected text"),
        f.token("rejected scalar payload"),
        f.token("rejected member name"),
        f.token("rejected string"),
        f.token("rejected time"),
    );
    assert!(
        app.append(&rejected, "native")
            .await
            .iter()
            .all(|v| v.status == "rejected")
    );
    let broken_row = format!(
        r#"[{{"id":2,"session_id":"s","message_data":"not JSON, but password={} {}"}}]"#,
        f.password("rejected message_data"),
        f.token("rejected message_data text")
    );
    assert_eq!(
        app.append(&broken_row, "openai-agents").await[0].status,
        "rejected"
    );
    sqlx::query("select transcript.reject($1, 7, $2, $3, $4)")
        .bind(format!("file {}", f.token("reject source")))
        .bind(format!("format {}", f.token("reject format")))
        .bind(format!("reason {}", f.token("reject reason")))
        .bind(format!(
            "{{\"password\": \"{}\", broken {}",
            f.password("reject raw key"),
            f.token("reject raw")
        ))
        .execute(&mut app.connection)
        .await
        .expect("a line is rejected");
}

fn stored(verdicts: &[tests::Verdict]) {
    for verdict in verdicts {
        assert_eq!(verdict.status, "stored", "{verdict:?}");
    }
}

/// `text` as the inside of a JSON string.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("JSON")
}
