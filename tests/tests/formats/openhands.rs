//! `openhands`: actions and observations.

use tests::projected::tally;

#[test]
fn the_real_events() {
    let Some(t) = tally("openhands-events", "openhands-events") else {
        return;
    };
    assert!(t.refused.is_empty(), "{:#?}", t.refused);
    assert_eq!((t.events, t.repeated), (247, 0));
    let kinds: Vec<_> = t.kinds.iter().map(|(k, n)| (k.as_str(), *n)).collect();
    assert_eq!(
        kinds,
        [
            ("agent_state_changed", 4),
            ("change_agent_state", 1),
            ("error", 2),
            ("finish", 2),
            ("message", 9),
            ("null", 3),
            ("recall", 4),
            ("tool_call", 112),
            ("tool_result", 110),
        ]
    );
    // A run that finishes calls a tool that is never answered.
    assert_eq!((t.calls, t.answers, t.without_call, t.open), (88, 86, 0, 2));
    assert_eq!((t.runs, t.with_usage, t.with_model), (88, 88, 88));
}
