//! Everything that a structure reader can read of real conversations, searched for what was said in them.

use sqlx::Row;
use std::collections::BTreeSet;
use tests::{Database, corpus};

/// Strings as a person would recognise them again.
const RECOGNISABLE: usize = 8;

/// Every string in the stored history, however deep; JSON in strings too.
fn leaves(value: &serde_json::Value, found: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::String(text) => {
            if let Ok(nested @ (serde_json::Value::Object(_) | serde_json::Value::Array(_))) =
                serde_json::from_str(text)
            {
                leaves(&nested, found);
            }
            found.insert(text.clone());
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| leaves(item, found)),
        serde_json::Value::Object(members) => members.values().for_each(|item| leaves(item, found)),
        _ => {}
    }
}

#[tokio::test]
async fn no_string_of_a_real_conversation_can_be_read() {
    let Some(folder) = corpus::transcripts() else {
        return;
    };
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    for format in [
        corpus::ROWS,
        "openai-chat-messages",
        "openai-agents-stream-events",
    ] {
        let file = corpus::file_of(&folder, format);
        let out = db.migrator(&["import", "--tenant", "acme", file.to_str().expect("UTF-8")]);
        assert!(out.status.success(), "{}", tests::stderr(&out));
    }
    // Shown on purpose: kinds of the catalogue, names of tools, when it was, and the words of a closed list.
    let shown: BTreeSet<String> = dba
        .texts("select kind from transcript.event_kinds
             union select distinct occurred_at::text from transcript.events where occurred_at is not null
             union select tool_name from transcript.events where tool_name is not null")
        .await
        .iter()
        .map(|row| row.trim_matches(['(', ')', '"']).to_owned())
        .collect();
    let mut said = BTreeSet::new();
    let mut keys = BTreeSet::new();
    for row in dba
        .rows("select payload::text from transcript.events union all select payload::text from transcript.blobs
             union all select metadata::text from transcript.conversations where metadata is not null
             union all select usage::text from transcript.runs where usage is not null")
        .await
    {
        let value = serde_json::from_str(row.get(0)).expect("JSON");
        leaves(&value, &mut said);
        collect_keys(&value, &mut keys);
    }
    for column in ["title", "external_id", "agent"] {
        for value in dba
            .texts(&format!(
                "select {column} from transcript.conversations where {column} is not null"
            ))
            .await
        {
            said.insert(value.trim_matches(['(', ')', '"']).to_owned());
        }
    }
    let words: BTreeSet<&str> = payload_words(&mut dba).await;
    // What is also part of a key, of a word of the list or of a name that is shown proves nothing.
    let structure: Vec<&str> = shown
        .iter()
        .chain(&keys)
        .map(String::as_str)
        .chain(words)
        .collect();
    let structure = structure.join("\n");
    let said: Vec<&String> = said
        .iter()
        .filter(|text| text.chars().count() >= RECOGNISABLE && !structure.contains(text.as_str()))
        .collect();
    assert!(said.len() > 3_000, "{} strings", said.len());

    let mut reader = db.login("test_structure_reader").await;
    reader.set_tenant("acme").await;
    let mut output = String::new();
    for view in ["masked_conversations", "masked_runs", "masked_events"] {
        for row in reader
            .texts(&format!("select v::text from transcript.{view} v"))
            .await
        {
            output.push_str(&row);
            output.push('\n');
        }
    }
    let timeline = "select t::text from transcript.masked_conversations c, transcript.masked_timeline(c.conversation_id) t";
    let events = reader.texts(timeline).await;
    assert_eq!(
        events.len() as i64,
        dba.number("select count(*) from transcript.events").await
    );
    output.push_str(&events.join("\n"));
    assert!(output.contains("[string:") && output.contains("function_call"));

    // The output says the same things over and over: each of them once. A string is looked for by its
    // longest stretch that quoting leaves as it is.
    let pieces: BTreeSet<&str> = output.split(['"', '\\', '\n']).collect();
    let pieces = pieces.into_iter().collect::<Vec<_>>().join("\n");
    let stretch = |text: &str| {
        let parts = text.split(['"', '\\', '\n', '\t', '\r']);
        parts
            .max_by_key(|part| part.len())
            .unwrap_or_default()
            .to_owned()
    };
    let mut leaked: Vec<String> = said
        .into_iter()
        .map(|text| stretch(text))
        .filter(|part| {
            part.chars().count() >= RECOGNISABLE
                && !structure.contains(part.as_str())
                && pieces.contains(part.as_str())
        })
        .collect();
    leaked.truncate(20);
    assert!(leaked.is_empty(), "{leaked:#?}");
}

fn collect_keys(value: &serde_json::Value, found: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect_keys(item, found)),
        serde_json::Value::Object(members) => members.iter().for_each(|(key, item)| {
            found.insert(key.clone());
            collect_keys(item, found);
        }),
        _ => {}
    }
}

/// The words that stay, as the function itself tells them.
async fn payload_words(dba: &mut tests::Session) -> BTreeSet<&'static str> {
    const ALL: &[&str] = &[
        "agent_updated_stream_event",
        "assistant",
        "completed",
        "developer",
        "function",
        "function_call",
        "function_call_output",
        "in_progress",
        "incomplete",
        "input_text",
        "message",
        "output_text",
        "raw_response_event",
        "reasoning",
        "reasoning_text",
        "response",
        "run_item_stream_event",
        "summary_text",
        "tool_calls",
        "web_search_call",
        "mcp_call",
        "mcp_list_tools",
        "mcp_approval_request",
        "mcp_approval_response",
        "file_search_call",
        "input_file",
        "input_image",
    ];
    for word in ALL {
        assert_eq!(
            dba.text(&format!(
                "select transcript.mask('{{\"type\":\"{word}\"}}') ->> 'type'"
            ))
            .await,
            *word
        );
        assert_ne!(
            dba.text(&format!(
                "select transcript.mask('{{\"text\":\"{word}\"}}') ->> 'text'"
            ))
            .await,
            *word
        );
    }
    ALL.iter().copied().collect()
}

#[tokio::test]
async fn structure_can_be_read() {
    let db = Database::migrated().await;
    let mut app = db.app("acme").await;
    let batch = r#"{"conversation":"ticket 7","title":"parcel of Zoë","agent":"helper","metadata":{"plan":"gold"},"items":[
        {"type":"message","role":"user","content":"Where is it?"},
        {"type":"function_call","name":"find_parcel","call_id":"call_1","arguments":"{\"number\": 17}","id":"fc_1"},
        {"type":"function_call_output","call_id":"call_1","output":"at the door"}],"run":"resp_1"}"#;
    let verdicts = app.append(batch, "openai-agents").await;
    assert!(
        verdicts.iter().filter(|v| v.status == "stored").count() >= 2,
        "{verdicts:?}"
    );
    let mut reader = db.login("test_structure_reader").await;
    reader.set_tenant("acme").await;
    let conversation = "select concat_ws(' ', external_id, agent, title, metadata, event_count > 1) from transcript.masked_conversations";
    assert_eq!(
        reader.text(conversation).await,
        r#"[string:8] [string:6] [string:13] {"plan": "[string:4]"} t"#
    );
    let timeline = "select string_agg(concat_ws(' ', t.kind, t.role, t.tool_name, t.seq - t.tool_call_seq, t.payload), E'\n' order by t.seq)
        from transcript.masked_conversations c, transcript.masked_timeline(c.conversation_id) t where t.tool_name is not null or t.tool_call_seq is not null";
    assert_eq!(
        reader.text(timeline).await,
        "tool_call find_parcel 0 {\"id\": \"[string:4]\", \"name\": \"[string:11]\", \"type\": \"function_call\", \"call_id\": \"[string:6]\", \"arguments\": \"[string:14]\"}\n\
         tool_result 1 {\"type\": \"function_call_output\", \"output\": \"[string:11]\", \"call_id\": \"[string:6]\"}"
    );
    let hostile = r#"{"conversation":"h","items":[{"key":"a","kind":"secret of Zoë","role":"Zoë","tool_name":"pay 4111","tool_call_id":"Zoë","model":"Zoë","payload":{"type":"Zoë","a@b.example":1}}]}"#;
    app.append(hostile, "native").await;
    let all = reader.texts("select v::text from transcript.masked_events v union all select v::text from transcript.masked_conversations v").await.join("\n");
    assert!(
        !all.contains("Zo") && !all.contains("4111") && !all.contains("b.example"),
        "{all}"
    );
}
