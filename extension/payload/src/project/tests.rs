use super::*;
use crate::{json, jsonb};

const LIMITS: Limits = Limits {
    item_bytes: 1 << 20,
};

/// Projects a batch given as text and shows what became of each item.
fn shown(batch: &str, format: &str) -> Result<Vec<String>, BatchError> {
    let bytes = json::parse(batch).unwrap();
    let batch = project(
        Container::root(&bytes).unwrap(),
        Format::named(format).unwrap(),
        LIMITS,
    )?;
    Ok(batch
        .iter()
        .map(|e| match &e.problem {
            Some(problem) => format!("{}: {problem}", problem.code()),
            None => [
                Some(e.kind.as_ref()),
                e.role.as_deref(),
                e.agent.as_deref(),
                e.tool_name.as_deref(),
                e.tool_call_id.as_deref(),
            ]
            .into_iter()
            .map(|t| t.unwrap_or("-"))
            .collect::<Vec<_>>()
            .join(" "),
        })
        .collect())
}

/// Projects a batch given as text and shows of each event what `show` picks.
pub fn events<T>(batch: &str, format: &str, show: impl Fn(&Event<'_>) -> T) -> Vec<T> {
    let bytes = json::parse(batch).unwrap();
    let root = Container::root(&bytes).unwrap();
    let events = project(root, Format::named(format).unwrap(), LIMITS).unwrap();
    events.iter().map(show).collect()
}

#[test]
fn native_items_say_all_themselves() {
    let rows = shown(
        r#"{"conversation":"c","items":[
            {"key":"k","kind":"tool_call","role":"assistant","agent":"A","tool_name":"t","tool_call_id":"1","payload":{}},
            {"kind":"note","payload":1,"sequence":7},
            {"kind":"note","payload":1},
            {"kind":5,"payload":1,"key":"k"},
            {"kind":"x","key":"k"},
            {"payload":1,"key":"k"},
            {"kind":"x","payload":1,"key":"k","extra":1},
            {"kind":"x","payload":1,"key":"k","occurred_at":"soon"},
            "text"]}"#,
        "native",
    )
    .unwrap();
    assert_eq!(
        rows,
        [
            "tool_call assistant A t 1",
            "note - - - -",
            "TR018: item has nothing to derive an event key from",
            "TR014: \"kind\" must be a string, not a number",
            "TR016: item has no \"payload\"",
            "TR016: item has no \"kind\"",
            "TR015: item member \"extra\" is not known",
            "TR017: \"occurred_at\" is not a time",
            "TR014: item must be an object, not a string",
        ]
    );
}

#[test]
fn session_rows_and_stream_events_are_one_format() {
    let rows = shown(
        r#"{"conversation":"c","sequence":0,"items":[
            {"id":9,"session_id":"s","created_at":"2026-11-21 00:28:17.9","message_data":"{\"role\":\"user\",\"content\":\"a\\u0000\\ud83d\"}"},
            {"type":"function_call","name":"f","call_id":"c1","id":"fc","arguments":"{}"},
            {"type":"function_call_output","call_id":"c1","output":"x"},
            {"type":"web_search_call","id":"ws","action":{}},
            {"type":"mcp_approval_response","approval_request_id":"m","approve":true},
            {"type":"run_item_stream_event","name":"tool_called","item":{"type":"tool_call_item","agent":"A","raw_item":{"type":"function_call","name":"f","call_id":"c1"}}},
            {"type":"agent_updated_stream_event","new_agent":"B"},
            {"type":"raw_response_event","data":{"type":"response.output_item.done","item":{"type":"message","role":"assistant"}}},
            {"type":"response.output_item.done","item":{"type":"message","role":"assistant"}},
            {"type":"response.output_text.delta","item_id":"m","delta":"x","sequence_number":4},
            {"type":"__exception__","error":"x"},
            {"message_data":"{"},
            {"message_data":7},
            {"event_type":"run_item_stream_event","item_type":"message_output_item","item":"MessageOutputItem(…)"},
            {"nothing":1}]}"#,
        "openai-agents",
    )
    .unwrap();
    assert_eq!(
        rows,
        [
            "message user - - -",
            "tool_call - - f c1",
            "tool_result - - - c1",
            "tool_call - - web_search ws",
            "approval_response - - - m",
            "tool_call - A f c1",
            "agent_change - B - -",
            "response.output_item.done - - - -",
            "message assistant - - -",
            "message_delta - - - -",
            "__exception__ - - - -",
            "TR001: \"message_data\" is not JSON",
            "TR014: \"message_data\" must be a string, not a number",
            "message - - - -",
            "TR016: item has no \"type\"",
        ]
    );
}

#[test]
fn a_row_is_the_same_event_however_it_arrives() {
    let key = |batch: &str| {
        let bytes = json::parse(batch).unwrap();
        let batch = project(
            Container::root(&bytes).unwrap(),
            Format::named("openai-agents").unwrap(),
            LIMITS,
        )
        .unwrap();
        let event = &batch[0];
        let payload = json::print(&event.payload.datum().unwrap()).unwrap();
        (
            event.event_key(),
            event.conversation.clone().map(Cow::into_owned),
            payload,
        )
    };
    let row = r#"{"id":9,"session_id":"s","message_data":"{\"role\":\"user\",\"content\":\"a\\u0000\"}"}"#;
    let imported = key(&format!(
        r#"{{"conversation":"s","sequence":40,"items":[{row}]}}"#
    ));
    let attached = key(&format!("[{row}]"));
    assert_eq!(imported, attached);
    assert_eq!(attached.2, r#"{"role": "user", "content": "a⟦u0000⟧"}"#);
}

#[test]
fn chat_messages_join_results_to_calls_by_id() {
    let rows = shown(
        r#"{"conversation":"c","run":"r","items":[
            {"role":"user","content":"hi"},
            {"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"c2"}]},
            {"role":"tool","tool_call_id":"c1","name":"f","content":"x"},
            {"content":"x"},
            {"role":3}]}"#,
        "openai-chat",
    )
    .unwrap();
    assert_eq!(
        rows,
        [
            "message user - - -",
            "tool_call assistant - f c1",
            "tool_result tool - f c1",
            "TR016: item has no \"role\"",
            "TR014: \"role\" must be a string, not a number",
        ]
    );
}

#[test]
fn a_wrong_envelope_is_refused_whole() {
    for (batch, message) in [
        ("1", "batch must be an object or an array, not a number"),
        ("{}", "batch has no \"items\""),
        (
            r#"{"items":{}}"#,
            "batch member \"items\" must be an array, not an object",
        ),
        (
            r#"{"conversation":5,"items":[]}"#,
            "batch member \"conversation\" must be a string, not a number",
        ),
        (
            r#"{"conversatoin":"c","items":[]}"#,
            "batch member \"conversatoin\" is not known",
        ),
        (
            r#"{"my secret is x":"c","items":[]}"#,
            "batch member of 14 bytes is not known",
        ),
        (
            r#"{"sequence":1.5,"items":[]}"#,
            "batch member \"sequence\" must be a 64-bit integer, not a number",
        ),
    ] {
        assert_eq!(
            shown(batch, "native").unwrap_err().to_string(),
            message,
            "{batch}"
        );
    }
}

#[test]
fn depth_size_and_conversation_are_checked_per_item() {
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    let batch = format!(
        r#"[{{"kind":"x","key":"k","conversation":"c","payload":{deep}}},{{"kind":"x","key":"k","payload":{{}}}}]"#
    );
    assert_eq!(
        shown(&batch, "native").unwrap(),
        ["x - - - -", "TR013: item has no \"conversation\""]
    );
    // Deeper than the JSON reader goes: written as the server could have.
    let mut node = jsonb::Node::Null;
    for _ in 0..250 {
        node = jsonb::Node::Array(vec![node]);
    }
    let bytes = jsonb::encode(&jsonb::Node::Array(vec![node])).unwrap();
    let batch = project(
        Container::root(&bytes).unwrap(),
        Format::named("native").unwrap(),
        Limits { item_bytes: 100 },
    )
    .unwrap();
    assert!(matches!(batch[0].problem, Some(Problem::TooLarge { .. })));
}

#[test]
fn keys_come_from_the_caller_or_from_what_tells_items_apart() {
    let keys = |batch: &str| -> Vec<_> {
        let bytes = json::parse(batch).unwrap();
        let batch = project(
            Container::root(&bytes).unwrap(),
            Format::named("openai-agents").unwrap(),
            LIMITS,
        )
        .unwrap();
        batch.iter().map(|e| e.event_key().unwrap()).collect()
    };
    // The same words twice in one run are two events; the same batch again is the same two.
    let twice = r#"{"conversation":"c","run":"r","items":[{"role":"user","content":"yes"},{"role":"user","content":"yes"}]}"#;
    assert_ne!(keys(twice)[0], keys(twice)[1]);
    assert_eq!(keys(twice), keys(twice));
    assert_ne!(keys(twice), keys(&twice.replace("\"r\"", "\"s\"")));
}
