//! `bedrock`: Converse and InvokeModel exchanges, with binary streams.

use tests::projected::tally;

#[test]
fn the_real_exchanges() {
    let Some(t) = tally("http-cassette", "http-cassette/bedrock") else {
        return;
    };
    assert!(t.refused.is_empty(), "{:#?}", t.refused);
    assert_eq!((t.events, t.repeated), (144, 0));
    let kinds: Vec<_> = t.kinds.iter().map(|(k, n)| (k.as_str(), *n)).collect();
    assert_eq!(kinds, [("http_exchange", 2), ("model_call", 142),]);
    // 4 results answer calls that stand in requests only.
    assert_eq!((t.calls, t.answers, t.without_call, t.open), (21, 22, 4, 3));
    assert_eq!((t.runs, t.with_usage, t.with_model), (127, 124, 142));
}
