//! `mcp`: JSON-RPC exchanges, with the model calls between them.

use tests::projected::tally;

#[test]
fn the_real_exchanges() {
    let Some(t) = tally("http-cassette", "http-cassette/mcp") else {
        return;
    };
    assert!(t.refused.is_empty(), "{:#?}", t.refused);
    assert_eq!((t.events, t.repeated), (12, 0));
    let kinds: Vec<_> = t.kinds.iter().map(|(k, n)| (k.as_str(), *n)).collect();
    assert_eq!(
        kinds,
        [
            ("initialize", 3),
            ("mcp_call", 1),
            ("mcp_list_tools", 3),
            ("model_call", 2),
            ("notifications/initialized", 3),
        ]
    );
    assert_eq!((t.calls, t.answers, t.without_call, t.open), (2, 2, 0, 0));
    assert_eq!((t.runs, t.with_usage, t.with_model), (2, 2, 2));
}
