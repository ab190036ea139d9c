//! A caller that numbers nothing: what can be told apart is, and the rest is refused rather than
//! guessed at.

use std::collections::BTreeMap;
use tests::corpus;
use tests::projected::each_unnumbered;

/// A file's items that have nothing to tell them apart, and those that pass for another item with other
/// content: two lines that share a uuid in a file made by hand, and four states of messages whose number of
/// changed lines is all that differs.
const FILES: [(&str, usize, usize); 20] = [
    ("atif-trajectory", 0, 0),
    ("claude-code-jsonl", 13, 2),
    ("google-adk-session", 0, 0),
    ("http-cassette", 311, 0),
    ("inspect-ai-sample", 244, 0),
    ("invariant-trace", 41, 0),
    ("langchain-messages", 0, 0),
    ("langgraph-postgres-rows", 0, 0),
    ("langgraph-stream", 7, 0),
    ("litellm-call-log", 2, 0),
    ("openai-agents-run-state", 0, 0),
    ("openai-agents-sqlalchemy-rows", 0, 0),
    ("openai-agents-stream-events", 43, 0),
    ("openai-chat-messages", 3494, 0),
    ("opencode-bus-events", 1044, 4),
    ("openhands-events", 52, 0),
    ("otlp-json-genai", 0, 0),
    ("provider-response", 13, 0),
    ("provider-stream", 3743, 0),
    ("swe-agent", 195, 0),
];

#[test]
fn states_and_repetitions_are_told_apart_without_the_callers_numbers() {
    if corpus::transcripts().is_none() {
        return;
    }
    for (file, keyless, taken) in FILES {
        let mut found = (0, 0);
        each_unnumbered(file, "", |_, events| {
            let mut keys = BTreeMap::new();
            for event in events {
                let datum = event.payload.datum().expect("jsonb").into_owned();
                match event.event_key() {
                    None => found.0 += 1,
                    Some(key) => {
                        let first = keys.entry(key).or_insert_with(|| datum.clone());
                        found.1 += usize::from(*first != datum);
                    }
                }
            }
        });
        assert_eq!(found, (keyless, taken), "{file}");
    }
}
