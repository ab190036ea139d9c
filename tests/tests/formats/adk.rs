//! `adk`: sessions whose calls have no ids.

use tests::projected::tally;

#[test]
fn the_real_sessions() {
    let Some(t) = tally("google-adk-session", "google-adk") else {
        return;
    };
    assert!(t.refused.is_empty(), "{:#?}", t.refused);
    assert_eq!((t.events, t.repeated), (15, 0));
    let kinds: Vec<_> = t.kinds.iter().map(|(k, n)| (k.as_str(), *n)).collect();
    assert_eq!(
        kinds,
        [("message", 9), ("tool_call", 3), ("tool_result", 3),]
    );
    assert_eq!((t.calls, t.answers, t.without_call, t.open), (0, 0, 0, 0));
    assert_eq!((t.runs, t.with_usage, t.with_model), (3, 0, 0));
}
