//! `langchain-messages`: chunks of messages with the namespace they come from.

use tests::projected::tally;

#[test]
fn the_real_stream() {
    let Some(t) = tally("langchain-messages", "langchain-messages") else {
        return;
    };
    assert!(t.refused.is_empty(), "{:#?}", t.refused);
    assert_eq!((t.events, t.repeated), (34, 0));
    let kinds: Vec<_> = t.kinds.iter().map(|(k, n)| (k.as_str(), *n)).collect();
    assert_eq!(
        kinds,
        [
            ("message_delta", 26),
            ("model_call_delta", 4),
            ("tool_call_delta", 4),
        ]
    );
    // The results are not in the stream.
    assert_eq!((t.calls, t.answers, t.without_call, t.open), (2, 0, 0, 2));
    assert_eq!((t.runs, t.with_usage, t.with_model), (3, 0, 0));
}
