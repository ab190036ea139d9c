//! `otel-genai`: whole requests, each with the spans of one workflow.

use tests::projected::tally;

#[test]
fn the_real_requests() {
    let Some(t) = tally("otlp-json-genai", "otlp-json-genai") else {
        return;
    };
    assert!(t.refused.is_empty(), "{:#?}", t.refused);
    assert_eq!((t.events, t.repeated), (128, 0));
    let kinds: Vec<_> = t.kinds.iter().map(|(k, n)| (k.as_str(), *n)).collect();
    assert_eq!(kinds, [("agent", 128),]);
    // 14 results answer calls of an input that is repeated without ids. A request is one run: its 148
    // reports add up.
    assert_eq!(
        (t.calls, t.answers, t.without_call, t.open),
        (33, 37, 14, 10)
    );
    assert_eq!((t.runs, t.with_usage, t.with_model), (128, 127, 127));
}
