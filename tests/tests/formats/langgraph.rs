//! `langgraph`: rows of a checkpointer, and what a graph streams.

use tests::projected::tally;

#[test]
fn the_real_rows() {
    let Some(t) = tally("langgraph-postgres-rows", "langgraph-postgres-rows") else {
        return;
    };
    assert!(t.refused.is_empty(), "{:#?}", t.refused);
    assert_eq!((t.events, t.repeated), (714, 0));
    let kinds: Vec<_> = t.kinds.iter().map(|(k, n)| (k.as_str(), *n)).collect();
    assert_eq!(
        kinds,
        [
            ("checkpoint", 217),
            ("checkpoint_blob", 217),
            ("checkpoint_write", 114),
            ("error", 1),
            ("message", 97),
            ("messages", 7),
            ("tool_call", 30),
            ("tool_result", 31),
        ]
    );
    // One result was written twice. 82 replies report usage; one task failed.
    assert_eq!((t.calls, t.answers, t.without_call, t.open), (30, 30, 0, 0));
    assert_eq!((t.runs, t.with_usage, t.with_model), (83, 82, 0));
}

#[test]
fn the_real_stream() {
    let Some(t) = tally("langgraph-stream", "langgraph-stream") else {
        return;
    };
    assert!(t.refused.is_empty(), "{:#?}", t.refused);
    assert_eq!((t.events, t.repeated), (274, 0));
    let kinds: Vec<_> = t.kinds.iter().map(|(k, n)| (k.as_str(), *n)).collect();
    assert_eq!(
        kinds,
        [
            ("message_delta", 44),
            ("model_call_delta", 190),
            ("tool_call_delta", 31),
            ("tool_result", 2),
            ("values", 7),
        ]
    );
    // The stream ends with a call of its last reply.
    assert_eq!((t.calls, t.answers, t.without_call, t.open), (3, 2, 0, 1));
    assert_eq!((t.runs, t.with_usage, t.with_model), (4, 3, 265));
}
