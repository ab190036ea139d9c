//! Histories, and the calls that send them.

use serde_json::value::RawValue;
use std::collections::BTreeMap;
use tests::corpus;

/// The messages of real conversations, as text, with at least `least` of them.
pub fn histories(format: &str, least: usize) -> Option<Vec<Vec<String>>> {
    let folder = corpus::transcripts()?;
    let conversations = corpus::conversations(&corpus::file_of(&folder, format));
    let histories = conversations
        .iter()
        .map(|conversation| {
            conversation
                .items
                .iter()
                .filter_map(|i| message(i))
                .collect()
        })
        .filter(|history: &Vec<String>| history.len() >= least);
    Some(histories.collect())
}

/// What of an item a model is sent.
fn message(item: &str) -> Option<String> {
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(item).ok()?;
    if members.contains_key("role") {
        return Some(item.to_owned());
    }
    let inner = members.get("message")?.get();
    let inside: BTreeMap<String, &RawValue> = serde_json::from_str(inner).ok()?;
    inside.contains_key("role").then(|| inner.to_owned())
}

/// The payload of a call that sends `items`.
pub fn payload(items: &[String]) -> String {
    let tools = r#"{"type":"function","name":"look_up","description":"finds what was asked for, and says where it was found"}"#;
    let tools = vec![tools; 20].join(",");
    format!(
        r#"{{"model":"m-1","tools":[{tools}],"input":[{}],"temperature":0.10}}"#,
        items.join(",")
    )
}

/// A batch of calls, given by their payloads; the keys are `{prefix}{n}`.
pub fn batch(conversation: &str, prefix: &str, payloads: &[String]) -> String {
    let items: Vec<_> = payloads
        .iter()
        .enumerate()
        .map(|(n, p)| format!(r#"{{"key":"{prefix}{n}","kind":"model_call","payload":{p}}}"#))
        .collect();
    format!(
        r#"{{"conversation":"{conversation}","items":[{}]}}"#,
        items.join(",")
    )
}

/// Message number `n` of a made-up history: about 700 bytes that no compression makes small.
pub fn made_up(n: usize) -> String {
    let words: Vec<String> = (0..40)
        .map(|at| format!("{:012x}", hash(n * 1000 + at) >> 16))
        .collect();
    let role = ["user", "assistant", "tool"][n % 3];
    format!(
        r#"{{"role":"{role}","content":"message {n}: {}"}}"#,
        words.join(" ")
    )
}

fn hash(n: usize) -> u64 {
    let mut x = (n as u64).wrapping_add(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}
