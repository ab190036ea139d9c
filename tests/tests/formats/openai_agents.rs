//! `openai-agents`: session rows, and streams with and without the SDK's frame.

use tests::projected::tally;

#[test]
fn the_real_rows() {
    let Some(t) = tally(
        "openai-agents-sqlalchemy-rows",
        "openai-agents-sqlalchemy-rows",
    ) else {
        return;
    };
    assert!(t.refused.is_empty(), "{:#?}", t.refused);
    assert_eq!((t.events, t.repeated), (578, 0));
    let kinds: Vec<_> = t.kinds.iter().map(|(k, n)| (k.as_str(), *n)).collect();
    assert_eq!(
        kinds,
        [
            ("additional_tools", 5),
            ("approval_request", 4),
            ("approval_response", 4),
            ("mcp_call", 6),
            ("mcp_list_tools", 10),
            ("message", 296),
            ("reasoning", 89),
            ("tool_call", 103),
            ("tool_result", 61),
        ]
    );
    assert_eq!(
        (t.calls, t.answers, t.without_call, t.open),
        (107, 107, 0, 0)
    );
    assert_eq!((t.runs, t.with_usage, t.with_model), (0, 0, 0));
}

#[test]
fn the_real_streams() {
    let Some(t) = tally("openai-agents-stream-events", "openai-agents-stream-events") else {
        return;
    };
    assert!(t.refused.is_empty(), "{:#?}", t.refused);
    assert_eq!((t.events, t.repeated), (3586, 0));
    let kinds: Vec<_> = t.kinds.iter().map(|(k, n)| (k.as_str(), *n)).collect();
    assert_eq!(
        kinds,
        [
            ("__exception__", 4),
            ("__rows_at_interruption__", 2),
            ("agent_change", 13),
            ("message", 15),
            ("message_delta", 753),
            ("model_call", 72),
            ("reasoning", 16),
            ("reasoning_delta", 481),
            ("response.content_part.added", 14),
            ("response.content_part.done", 14),
            ("response.function_call_arguments.done", 19),
            ("response.output_item.added", 51),
            ("response.output_item.done", 28),
            ("response.output_text.annotation.added", 1),
            ("response.output_text.done", 14),
            ("response.reasoning_summary_part.added", 8),
            ("response.reasoning_summary_part.done", 8),
            ("response.reasoning_summary_text.done", 8),
            ("response.web_search_call.completed", 6),
            ("response.web_search_call.in_progress", 6),
            ("response.web_search_call.searching", 6),
            ("tool_call", 28),
            ("tool_call_delta", 2003),
            ("tool_result", 16),
        ]
    );
    // Two captures keep run items as printed text, so their results name no call; one run ended in an
    // exception.
    assert_eq!((t.calls, t.answers, t.without_call, t.open), (25, 22, 0, 3));
    assert_eq!((t.runs, t.with_usage, t.with_model), (24, 24, 72));
}
