//! `inspect`: events of evaluations: models, tools, spans, scores.

use tests::projected::tally;

#[test]
fn the_real_events() {
    let Some(t) = tally("inspect-ai-sample", "inspect-ai-sample/events") else {
        return;
    };
    assert!(t.refused.is_empty(), "{:#?}", t.refused);
    assert_eq!((t.events, t.repeated), (2628, 0));
    let kinds: Vec<_> = t.kinds.iter().map(|(k, n)| (k.as_str(), *n)).collect();
    assert_eq!(
        kinds,
        [
            ("model_call", 240),
            ("sample_init", 157),
            ("sandbox", 15),
            ("score", 150),
            ("span_begin", 814),
            ("span_end", 814),
            ("state", 313),
            ("step", 112),
            ("store", 4),
            ("tool_result", 9),
        ]
    );
    // Six models gave no usage.
    assert_eq!((t.calls, t.answers, t.without_call, t.open), (9, 9, 0, 0));
    assert_eq!((t.runs, t.with_usage, t.with_model), (240, 234, 240));
}
