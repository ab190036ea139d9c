//! `openai-chat`: messages with calls as JSON text, results as messages of role `tool`.

use tests::projected::tally;

#[test]
fn the_real_messages() {
    let Some(t) = tally("openai-chat-messages", "openai-chat-messages") else {
        return;
    };
    assert!(t.refused.is_empty(), "{:#?}", t.refused);
    assert_eq!((t.events, t.repeated), (3494, 0));
    assert_eq!(
        (t.calls, t.answers, t.without_call, t.open),
        (675, 675, 0, 0)
    );
}

#[test]
fn the_real_exchanges() {
    let Some(t) = tally("http-cassette", "http-cassette/openai-chat") else {
        return;
    };
    assert!(t.refused.is_empty(), "{:#?}", t.refused);
    assert_eq!((t.events, t.repeated), (493, 0));
    let kinds: Vec<_> = t.kinds.iter().map(|(k, n)| (k.as_str(), *n)).collect();
    assert_eq!(kinds, [("http_exchange", 37), ("model_call", 456),]);
    // 15 results answer calls of requests whose response was not recorded; streams report no usage
    // unless they are asked to.
    assert_eq!(
        (t.calls, t.answers, t.without_call, t.open),
        (94, 68, 15, 41)
    );
    assert_eq!((t.runs, t.with_usage, t.with_model), (456, 375, 456));
}

#[test]
fn traces_with_arguments_as_objects() {
    let Some(t) = tally("invariant-trace", "invariant-trace") else {
        return;
    };
    assert!(t.refused.is_empty(), "{:#?}", t.refused);
    assert_eq!((t.events, t.repeated), (41, 0));
    let kinds: Vec<_> = t.kinds.iter().map(|(k, n)| (k.as_str(), *n)).collect();
    assert_eq!(
        kinds,
        [("message", 19), ("tool_call", 9), ("tool_result", 13),]
    );
    // The other calls and results have no ids.
    assert_eq!((t.calls, t.answers, t.without_call, t.open), (4, 4, 0, 0));
    assert_eq!((t.runs, t.with_usage, t.with_model), (0, 0, 0));
}

#[test]
fn messages_of_an_evaluation() {
    let Some(t) = tally("inspect-ai-sample", "inspect-ai-sample/messages") else {
        return;
    };
    assert!(t.refused.is_empty(), "{:#?}", t.refused);
    assert_eq!((t.events, t.repeated), (17, 0));
    let kinds: Vec<_> = t.kinds.iter().map(|(k, n)| (k.as_str(), *n)).collect();
    assert_eq!(kinds, [("message", 6), ("tool_result", 11),]);
    // One sample holds nothing but results.
    assert_eq!((t.calls, t.answers, t.without_call, t.open), (0, 11, 11, 0));
    assert_eq!((t.runs, t.with_usage, t.with_model), (0, 0, 0));
}

#[test]
fn histories_of_an_agent() {
    let Some(t) = tally("swe-agent", "swe-agent-history") else {
        return;
    };
    assert!(t.refused.is_empty(), "{:#?}", t.refused);
    assert_eq!((t.events, t.repeated), (12, 0));
    let kinds: Vec<_> = t.kinds.iter().map(|(k, n)| (k.as_str(), *n)).collect();
    assert_eq!(kinds, [("message", 7), ("tool_result", 5),]);
    assert_eq!((t.calls, t.answers, t.without_call, t.open), (5, 5, 0, 0));
    assert_eq!((t.runs, t.with_usage, t.with_model), (0, 0, 0));
}
