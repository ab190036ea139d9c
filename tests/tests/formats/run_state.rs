//! `openai-agents`: the state of a run that waits for an approval.

use tests::projected::tally;

#[test]
fn the_real_state() {
    let Some(t) = tally("openai-agents-run-state", "openai-agents-run-state") else {
        return;
    };
    assert!(t.refused.is_empty(), "{:#?}", t.refused);
    assert_eq!((t.events, t.repeated), (1, 0));
    let kinds: Vec<_> = t.kinds.iter().map(|(k, n)| (k.as_str(), *n)).collect();
    assert_eq!(kinds, [("run_state", 1),]);
    // Two calls wait for the approval.
    assert_eq!((t.calls, t.answers, t.without_call, t.open), (3, 1, 0, 2));
    assert_eq!((t.runs, t.with_usage, t.with_model), (1, 1, 0));
}
