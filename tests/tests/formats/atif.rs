//! `atif`: steps of a trajectory, with the results of their calls.

use tests::projected::tally;

#[test]
fn the_real_steps() {
    let Some(t) = tally("atif-trajectory", "atif") else {
        return;
    };
    assert!(t.refused.is_empty(), "{:#?}", t.refused);
    assert_eq!((t.events, t.repeated), (11, 0));
    let kinds: Vec<_> = t.kinds.iter().map(|(k, n)| (k.as_str(), *n)).collect();
    assert_eq!(kinds, [("compaction", 1), ("message", 10),]);
    // Four more results name no call; one call was never answered.
    assert_eq!((t.calls, t.answers, t.without_call, t.open), (2, 1, 0, 1));
    assert_eq!((t.runs, t.with_usage, t.with_model), (5, 5, 3));
}
