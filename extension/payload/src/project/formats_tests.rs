//! Small cases of the formats: shapes that the recorded files have rarely or not at all.

use super::*;
use crate::json;

const LIMITS: Limits = Limits {
    item_bytes: 1 << 20,
};

/// What became of each item: kind, role, tool, calls, answers, run, status, error, usage.
fn shown(items: &str, format: &str) -> Vec<String> {
    let batch = format!(r#"{{"conversation":"c","sequence":0,"items":{items}}}"#);
    let bytes = json::parse(&batch).unwrap();
    let root = Container::root(&bytes).unwrap();
    let events = project(root, Format::named(format).unwrap(), LIMITS).unwrap();
    let show = |e: &Event<'_>| match &e.problem {
        Some(problem) => format!("{}: {problem}", problem.code()),
        None => {
            let or = |t: Option<&str>| t.unwrap_or("-").to_owned();
            let used = e.about_run.usage.as_ref().map(|usage| {
                let Ok(Value::Object(usage)) = usage.value() else {
                    panic!("usage is an object");
                };
                let count = |name| fields::integer(usage, name).unwrap_or(-1);
                format!("{}+{}", count("input_tokens"), count("output_tokens"))
            });
            format!(
                "{} {} {} [{}] [{}] {} {} {} {}",
                e.kind,
                or(e.role.as_deref()),
                or(e.tool_name.as_deref()),
                e.calls.join(","),
                e.answers.join(","),
                or(e.run.as_deref()),
                or(e.about_run.status.as_deref()),
                or(e.about_run.error.as_deref()),
                or(used.as_deref()),
            )
        }
    };
    events.iter().map(show).collect()
}

#[test]
fn session_lines_know_their_run_and_agent() {
    let items = r#"[
        {"type":"assistant","uuid":"u1","parentUuid":" ","message":{"id":"m","role":"assistant","usage":{"input_tokens":1,"output_tokens":2},"content":[{"type":"tool_use","id":"t","name":"Bash","input":{}}]}},
        {"type":"user","uuid":"u2","isSidechain":true,"message":{"content":[{"type":"tool_result","tool_use_id":"t","content":"x"},{"type":"tool_result","tool_use_id":" "}]}},
        {"type":"progress","uuid":"u3","data":{"agentId":"a1","message":{"type":"assistant","message":{"id":"m2","content":[{"type":"tool_use","id":"t2"}]}}}},
        {"type":"something-new","uuid":"u4"},
        {"type":"assistant","uuid":"u5","isApiErrorMessage":true,"message":{"id":"m3","content":[{"type":"text","text":"API Error: 529"}]}},
        {"type":"user"},
        {"__unparsed_line__":"}{"},
        {"__unparsed_line__":7},
        {"type":" "}]"#;
    assert_eq!(
        shown(items, "claude-code"),
        [
            "tool_call assistant Bash [t] [] m - - 1+2",
            "tool_result user - [] [t] - - - -",
            "tool_call assistant - [t2] [] m2 - - -",
            "something-new - - [] [] - - - -",
            "message assistant - [] [] m3 failed API Error: 529 -",
            "message - - [] [] - - - -",
            "unparsed_line - - [] [] - - - -",
            "TR016: item has no \"type\"",
            "TR016: item has no \"type\"",
        ]
    );
}

#[test]
fn an_exchange_brings_the_results_that_are_new() {
    let items = r#"[
        {"request":{"uri":"https://api.openai.com/v1/chat/completions?k=1","parsed_body":{"model":"g","messages":[
            {"role":"user","content":"x"},
            {"role":"assistant","tool_calls":[{"id":"old","function":{"name":"f"}}]},{"role":"tool","tool_call_id":"old"},
            {"role":"assistant","tool_calls":[{"id":"c0","function":{"name":"f"}}]},{"role":"tool","tool_call_id":"c0"},
            {"role":"assistant","tool_calls":[{"id":"c1","function":{"name":"f"}}]},{"role":"tool","tool_call_id":"c1"}]}},
         "response":{"status":{"code":200},"body":"data: {\"id\":\"r1\",\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"c2\",\"function\":{\"name\":\"g\"}}]}}]}\n\ndata: {\"id\":\"r1\",\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}\n\ndata: [DONE]\n"}},
        {"request":{"uri":"https://api.anthropic.com/v1/messages","body":"{\"messages\":[]}"},"response":{"status":529,"parsed_body":{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}}},
        {"request":{"uri":"https://api.anthropic.com/v1/messages/count_tokens","parsed_body":{"messages":[]}},"response":{"status":200,"parsed_body":{"input_tokens":9}}},
        {"request":{"uri":"x","parsed_body":{"input":[{"type":"function_call_output","call_id":"o"}]}},"response":{"parsed_body":{"id":"resp","status":"completed","output":[{"type":"web_search_call","id":"ws"},{"type":"function_call","id":"fc","call_id":"k","name":"h"}]}}},
        {"request":{},"response":null},
        {"request":{"parsed_body":{"messages":[]}},"response":{"status":500,"body":"<html>"}},
        7]"#;
    assert_eq!(
        shown(items, "openai-chat"),
        [
            "model_call - g [c2] [c0,c1] r1 - - 3+4",
            "model_call - - [] [] call 1 failed Overloaded -",
            "http_exchange - - [] [] - - - -",
            "model_call - web_search [ws,k] [o,ws] resp completed - -",
            "http_exchange - - [] [] - - - -",
            "model_call - - [] [] call 5 failed HTTP 500 -",
            "TR014: item must be an object, not a number",
        ]
    );
}

#[test]
fn bedrock_has_no_ids_of_its_own_and_binary_streams() {
    let frame = |name: &str, payload: &str| {
        let mut headers = vec![11];
        headers.extend(b":event-type");
        headers.extend([7, 0, name.len() as u8]);
        headers.extend(name.as_bytes());
        let length = 12 + headers.len() + payload.len() + 4;
        let mut out = (length as u32).to_be_bytes().to_vec();
        out.extend((headers.len() as u32).to_be_bytes());
        out.extend([0; 4]);
        out.extend(headers);
        out.extend(payload.as_bytes());
        out.extend([0; 4]);
        out
    };
    let mut stream = frame(
        "contentBlockStart",
        r#"{"start":{"toolUse":{"toolUseId":"t","name":"f"}}}"#,
    );
    stream.extend(frame("messageStop", r#"{"stopReason":"tool_use"}"#));
    stream.extend(frame(
        "metadata",
        r#"{"usage":{"inputTokens":1,"outputTokens":2},"metrics":{"latencyMs":5}}"#,
    ));
    let mut text = String::new();
    for cut in [stream.len(), stream.len() - 9] {
        let mut encoded = String::new();
        crate::parts::base64_encode(&mut encoded, &stream[..cut]);
        text.push_str(&format!(
            r#"{{"request":{{"uri":"https://bedrock-runtime.x.amazonaws.com/model/m%3A0/converse-stream","parsed_body":{{"messages":[]}}}},"response":{{"body_b64":"{encoded}"}}}},"#
        ));
    }
    text.push_str(r#"{"role":"user","content":[{"toolResult":{"toolUseId":"t"}}]}"#);
    assert_eq!(
        shown(&format!("[{text}]"), "bedrock"),
        [
            "model_call - f [t] [] call 0 tool_use - 1+2",
            "model_call - f [t] [] - tool_use - -",
            "tool_result user - [] [t] - - - -",
        ]
    );
}

#[test]
fn the_pieces_of_a_stream_say_what_they_are() {
    let items = r#"[
        {"type":"message_start","message":{"id":"m","model":"c","usage":{"input_tokens":1}}},
        {"type":"content_block_start","content_block":{"type":"tool_use","id":"t","name":"f"}},
        {"type":"content_block_delta","delta":{"type":"input_json_delta","partial_json":"{"}},
        {"id":"r","choices":[{"delta":{"reasoning_content":"hm","content":""}}]},
        {"id":"r","choices":[{"delta":{"content":"a"}}]},
        {"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{}}}]}}],"responseId":"q"},
        {"contentBlockDelta":{"delta":{"text":"x"}}},
        {"brandNew":{"a":1}},
        {"a":1,"b":2}]"#;
    assert_eq!(
        shown(items, "provider-stream/any-chat"),
        [
            "model_call_delta - - [] [] m - - 1+-1",
            "tool_call_delta - f [t] [] - - - -",
            "tool_call_delta - - [] [] - - - -",
            "reasoning_delta - - [] [] r - - -",
            "message_delta - - [] [] r - - -",
            "tool_call - f [] [] q - - -",
            "message_delta - - [] [] - - - -",
            "brandNew - - [] [] - - - -",
            "TR016: item has no \"type\"",
        ]
    );
}

#[test]
fn a_call_that_failed_is_a_run_though_nobody_gave_it_an_id() {
    let failed = r#"{"request":{"method":"POST","uri":"https://api.openai.com/v1/chat/completions","parsed_body":{"model":"m","messages":[{"role":"user","content":"x"}]}},
        "response":{"status":429,"parsed_body":{"error":{"message":"slow down","type":"rate_limit"}}}}"#;
    assert_eq!(
        shown(&format!("[{failed}]"), "openai-chat"),
        ["model_call - - [] [] call 0 failed slow down -"]
    );
}
