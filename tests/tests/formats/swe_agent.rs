//! `swe-agent`: steps of thought, action and observation, without ids.

use tests::projected::tally;

#[test]
fn the_real_steps() {
    let Some(t) = tally("swe-agent", "swe-agent-traj") else {
        return;
    };
    assert!(t.refused.is_empty(), "{:#?}", t.refused);
    assert_eq!((t.events, t.repeated), (183, 0));
    let kinds: Vec<_> = t.kinds.iter().map(|(k, n)| (k.as_str(), *n)).collect();
    assert_eq!(kinds, [("tool_call", 183),]);
    assert_eq!((t.calls, t.answers, t.without_call, t.open), (0, 0, 0, 0));
    assert_eq!((t.runs, t.with_usage, t.with_model), (0, 0, 0));
}
