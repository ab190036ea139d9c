//! `anthropic`: Messages exchanges, whole and streamed, with other providers' calls between them.

use tests::projected::tally;

#[test]
fn the_real_exchanges() {
    let Some(t) = tally("http-cassette", "http-cassette/anthropic-messages") else {
        return;
    };
    assert!(t.refused.is_empty(), "{:#?}", t.refused);
    assert_eq!((t.events, t.repeated), (284, 0));
    let kinds: Vec<_> = t.kinds.iter().map(|(k, n)| (k.as_str(), *n)).collect();
    assert_eq!(kinds, [("http_exchange", 91), ("model_call", 193),]);
    // 24 results answer calls that the client made in the model's name: they stand in requests only.
    assert_eq!(
        (t.calls, t.answers, t.without_call, t.open),
        (100, 103, 24, 21)
    );
    assert_eq!((t.runs, t.with_usage, t.with_model), (193, 192, 193));
}
