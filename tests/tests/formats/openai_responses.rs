//! `openai-responses`: Responses exchanges, whole and streamed.

use tests::projected::tally;

#[test]
fn the_real_exchanges() {
    let Some(t) = tally("http-cassette", "http-cassette/openai-responses") else {
        return;
    };
    assert!(t.refused.is_empty(), "{:#?}", t.refused);
    assert_eq!((t.events, t.repeated), (208, 0));
    let kinds: Vec<_> = t.kinds.iter().map(|(k, n)| (k.as_str(), *n)).collect();
    assert_eq!(kinds, [("http_exchange", 20), ("model_call", 188),]);
    // 21 results answer calls of requests whose response was not recorded.
    assert_eq!(
        (t.calls, t.answers, t.without_call, t.open),
        (77, 88, 21, 10)
    );
    assert_eq!((t.runs, t.with_usage, t.with_model), (183, 182, 188));
}
