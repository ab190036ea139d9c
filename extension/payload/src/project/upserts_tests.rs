//! States of one thing: apart by default, one event where they are merged.

use super::tests::events;
use std::collections::BTreeSet;

/// How many event keys and how many merge keys the items have.
fn keys(items: &str, format: &str) -> (usize, usize) {
    let batch = format!(r#"{{"conversation":"c","sequence":0,"items":{items}}}"#);
    let both = events(&batch, format, |e| {
        assert!(e.problem.is_none(), "{:?}", e.problem);
        (e.event_key(), e.merge_key())
    });
    let apart: BTreeSet<_> = both.iter().map(|(apart, _)| apart).collect();
    let merged: BTreeSet<_> = both.iter().map(|(_, merged)| merged).collect();
    (apart.len(), merged.len())
}

#[test]
fn a_tool_part_is_one_from_pending_to_completed() {
    let items = r#"[
        {"type":"message.part.updated","properties":{"part":{"id":"p","messageID":"m","sessionID":"s","type":"tool","callID":"c1","state":{"status":"pending"}}}},
        {"type":"message.part.updated","properties":{"part":{"id":"p","messageID":"m","sessionID":"s","type":"tool","callID":"c1","state":{"status":"completed"}}}},
        {"type":"message.part.updated","properties":{"part":{"id":"q","messageID":"m","sessionID":"s","type":"text","text":"a"}}},
        {"type":"message.part.updated","properties":{"part":{"id":"q","messageID":"m","sessionID":"s","type":"text","text":"ab"}}},
        {"type":"message.part.delta","properties":{"partID":"q","messageID":"m","sessionID":"s","delta":"b"}},
        {"type":"message.updated","properties":{"info":{"id":"m","sessionID":"s","role":"assistant"}}},
        {"type":"message.updated","properties":{"info":{"id":"m","sessionID":"s","role":"assistant","finish":"stop"}}},
        {"info":{"id":"m","sessionID":"s","role":"assistant"},"parts":[]}]"#;
    // Parts p and q, message m, m as it is stored, and the delta: an increment is no state.
    assert_eq!(keys(items, "opencode"), (8, 5));
}

#[test]
fn parts_with_an_id_are_upserts_and_others_are_not() {
    let items = r#"[
        {"type":"message","session_id":"s","message_id":"m","role":"assistant","timestamp":1},
        {"type":"message","session_id":"s","message_id":"m","role":"assistant","timestamp":2},
        {"type":"message.part","session_id":"s","message_id":"m","part_type":"text","part_id":"p","text":"a"},
        {"type":"message.part","session_id":"s","message_id":"m","part_type":"text","part_id":"p","text":"ab"},
        {"type":"message.part","session_id":"s","message_id":"m","part_type":"text","text":"a","timestamp":3},
        {"type":"message.part","session_id":"s","message_id":"m","part_type":"text","text":"a","timestamp":3}]"#;
    assert_eq!(keys(items, "message-parts"), (6, 4));
}

#[test]
fn a_response_and_its_items_end_as_one_each() {
    let items = r#"[
        {"type":"response.created","sequence_number":0,"response":{"id":"r1","status":"in_progress"}},
        {"type":"response.output_item.added","sequence_number":1,"item":{"type":"message","id":"m1","status":"in_progress"}},
        {"type":"response.output_text.delta","sequence_number":2,"item_id":"m1","delta":"a"},
        {"type":"response.output_text.delta","sequence_number":3,"item_id":"m1","delta":"b"},
        {"type":"response.output_item.done","sequence_number":4,"item":{"type":"message","id":"m1","status":"completed"}},
        {"type":"response.completed","sequence_number":5,"response":{"id":"r1","status":"completed"}},
        {"type":"run_item_stream_event","item":{"agent":"A","raw_item":{"type":"message","id":"m1"}}},
        {"type":"message","id":"__fake_id__","role":"assistant"},
        {"type":"message","id":"__fake_id__","role":"assistant"}]"#;
    // The response, its message, two deltas, and two items whose id is none.
    assert_eq!(keys(items, "openai-agents"), (9, 6));
    let rows = r#"[
        {"id":1,"session_id":"c","message_data":"{\"id\":\"m1\",\"type\":\"message\",\"role\":\"assistant\"}"},
        {"id":2,"session_id":"c","message_data":"{\"id\":\"m1\",\"type\":\"message\",\"role\":\"assistant\"}"}]"#;
    assert_eq!(keys(rows, "openai-agents"), (2, 2));
}

#[test]
fn a_stream_that_is_appended_event_by_event_needs_no_numbers_of_the_caller() {
    let batch = |item: &str| format!(r#"{{"conversation":"c","items":[{item}]}}"#);
    let key = |item| events(&batch(item), "openai-agents", |e| e.event_key())[0];
    let created = key(
        r#"{"type":"response.created","sequence_number":0,"response":{"id":"r1","status":"in_progress"}}"#,
    );
    let completed = key(
        r#"{"type":"response.completed","sequence_number":5,"response":{"id":"r1","status":"completed"}}"#,
    );
    assert!(created.is_some());
    assert_ne!(created, completed);
}

#[test]
fn a_part_that_grows_is_told_apart_where_nothing_numbers_it() {
    let key = |text: &str| {
        let item = format!(
            r#"{{"type":"message.part.updated","properties":{{"part":{{"id":"q","messageID":"m","sessionID":"s","type":"text","text":"{text}","time":{{"start":1}}}}}}}}"#
        );
        events(&format!(r#"{{"items":[{item}]}}"#), "opencode", |e| {
            e.event_key()
        })[0]
    };
    assert_ne!(key("a"), key("ab"));
    assert_eq!(key("ab"), key("ab"));
}
