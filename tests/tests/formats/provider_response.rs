//! `provider-response`: whole replies of many providers.

use tests::projected::tally;

#[test]
fn the_real_replies() {
    let Some(t) = tally("provider-response", "provider-response/") else {
        return;
    };
    assert!(t.refused.is_empty(), "{:#?}", t.refused);
    assert_eq!((t.events, t.repeated), (93, 0));
    let kinds: Vec<_> = t.kinds.iter().map(|(k, n)| (k.as_str(), *n)).collect();
    assert_eq!(kinds, [("model_call", 89), ("provider_response", 4),]);
    // A reply waits for the results of the client's own tools; 2 results continue an earlier reply.
    assert_eq!(
        (t.calls, t.answers, t.without_call, t.open),
        (125, 96, 2, 31)
    );
    assert_eq!((t.runs, t.with_usage, t.with_model), (89, 88, 75));
}
