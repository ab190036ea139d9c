//! `opencode`: parts that come again in every state, tools among them.

use tests::projected::tally;

#[test]
fn the_real_bus_events() {
    let Some(t) = tally("opencode-bus-events", "opencode-bus-events") else {
        return;
    };
    assert!(t.refused.is_empty(), "{:#?}", t.refused);
    assert_eq!((t.events, t.repeated), (3221, 0));
    // The nine tools that never ended: captures that stop while one runs.
    assert_eq!((t.calls, t.answers, t.without_call, t.open), (76, 67, 0, 9));
    assert_eq!((t.kinds["tool_call"], t.kinds["tool_result"]), (118, 62));
    // 439 updates and 5 stored messages; 1138 texts and 21 files.
    assert_eq!(t.kinds["message"], 439 + 5 + 1138 + 21);
    assert_eq!(t.kinds["reasoning"], 30);
    assert_eq!(t.kinds["approval_request"], 11);
    assert_eq!((t.runs, t.with_usage, t.with_model), (95, 395, 408));
}
