//! `litellm`: a log of calls, each with its whole history, and bare histories.

use tests::projected::tally;

#[test]
fn the_real_log() {
    let Some(t) = tally("litellm-call-log", "litellm-call-log") else {
        return;
    };
    assert!(t.refused.is_empty(), "{:#?}", t.refused);
    assert_eq!((t.events, t.repeated), (12, 0));
    let kinds: Vec<_> = t.kinds.iter().map(|(k, n)| (k.as_str(), *n)).collect();
    assert_eq!(kinds, [("messages", 2), ("model_call", 10),]);
    // Every log ends with a call.
    assert_eq!((t.calls, t.answers, t.without_call, t.open), (20, 15, 0, 5));
    assert_eq!((t.runs, t.with_usage, t.with_model), (10, 10, 10));
}
