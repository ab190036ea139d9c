//! `provider-stream`: events of the streams of many providers, one item each.

use tests::projected::tally;

#[test]
fn the_real_streams() {
    let Some(t) = tally("provider-stream", "provider-stream/") else {
        return;
    };
    assert!(t.refused.is_empty(), "{:#?}", t.refused);
    assert_eq!((t.events, t.repeated), (14237, 0));
    let kinds = [
        "message",
        "message_delta",
        "reasoning",
        "reasoning_delta",
        "tool_call",
        "tool_call_delta",
        "tool_result",
        "model_call",
        "model_call_delta",
    ];
    assert_eq!(
        kinds.map(|kind| t.kinds[kind]),
        [24, 8463, 30, 2721, 112, 1848, 32, 114, 167]
    );
    // A stream ends where the client's own tools have to run.
    assert_eq!(
        (t.calls, t.answers, t.without_call, t.open),
        (104, 52, 0, 52)
    );
    assert_eq!((t.runs, t.with_usage, t.with_model), (108, 237, 3938));
}
