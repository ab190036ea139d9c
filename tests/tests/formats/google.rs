//! `google`: generateContent exchanges, whole and streamed.

use tests::projected::tally;

#[test]
fn the_real_exchanges() {
    let Some(t) = tally("http-cassette", "http-cassette/google-generate-content") else {
        return;
    };
    assert!(t.refused.is_empty(), "{:#?}", t.refused);
    assert_eq!((t.events, t.repeated), (137, 0));
    let kinds: Vec<_> = t.kinds.iter().map(|(k, n)| (k.as_str(), *n)).collect();
    assert_eq!(kinds, [("http_exchange", 13), ("model_call", 124),]);
    // Most calls come without an id, and the client makes one up for the result: 24 of them.
    assert_eq!(
        (t.calls, t.answers, t.without_call, t.open),
        (13, 36, 24, 1)
    );
    assert_eq!((t.runs, t.with_usage, t.with_model), (124, 124, 125));
}
