//! Redaction as one writes it with pgrx alone: the payload becomes a `serde_json::Value`, is walked,
//! and is printed again. Strings are judged by the very detectors of `payload`, so that what the bench
//! compares is the way through serde_json. Names of keys are one look-up in a hash set, which is less
//! than `payload` does for them: where this differs, it is in the rival's favour.

use payload::jsonb::Container;
use payload::redact::{Policy, redact_text};
use pgrx::JsonB;
use pgrx::prelude::*;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashSet;

pg_module_magic!();

struct Rules {
    policy: Policy,
    keys: HashSet<String>,
}

thread_local! {
    static STANDARD: OnceCell<Rules> = const { OnceCell::new() };
}

/// The payload without what the policy `standard` hides.
#[pg_extern(immutable, strict, parallel_safe)]
fn redact_jsonb(payload: JsonB) -> JsonB {
    STANDARD.with(|rules| {
        let rules = rules.get_or_init(standard);
        let mut value = payload.0;
        redact(&mut value, rules);
        JsonB(value)
    })
}

fn redact(value: &mut Value, rules: &Rules) {
    match value {
        Value::Null | Value::Bool(_) => {}
        Value::Number(number) => {
            // As in `payload`: only whole numbers as long as a card's or a phone's.
            let text = number.to_string();
            if text.len() >= 9 && text.bytes().all(|b| b.is_ascii_digit()) {
                redact_string(&text, rules, |new| *value = Value::String(new));
            }
        }
        Value::String(text) => {
            let text = std::mem::take(text);
            let mut new = None;
            redact_string(&text, rules, |redacted| new = Some(redacted));
            *value = Value::String(new.unwrap_or(text));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| redact(item, rules)),
        Value::Object(members) => redact_members(members, rules),
    }
}

fn redact_members(members: &mut Map<String, Value>, rules: &Rules) {
    let mut renamed: Vec<(String, String)> = Vec::new();
    for (key, value) in members.iter_mut() {
        match value {
            Value::String(text) if rules.keys.contains(&letters(key)) => {
                *text = format!("[redacted:key:{}]", text.len());
            }
            other => redact(other, rules),
        }
        if !key.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_') {
            redact_string(key, rules, |new| renamed.push((key.clone(), new)));
        }
    }
    for (old, new) in renamed {
        if let Some(value) = members.remove(&old) {
            members.insert(new, value);
        }
    }
}

fn redact_string(text: &str, rules: &Rules, then: impl FnOnce(String)) {
    if let Cow::Owned(redacted) = redact_text(text, &rules.policy, &Default::default()).0 {
        then(redacted);
    }
}

/// `apiKey`, `api_key` and `API-KEY` are one name.
fn letters(key: &str) -> String {
    key.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// The policy itself for the strings, and the names it lists for the keys.
fn standard() -> Rules {
    let text = Policy::builtin("standard").expect("a built-in policy");
    let document = payload::json::parse(text).expect("built-in policies are JSON");
    let root = Container::root(&document).expect("jsonb");
    let policy = Policy::compile(root).unwrap_or_else(|error| error!("standard: {error}"));
    let mut keys = HashSet::new();
    let mut name = Some("standard".to_owned());
    while let Some(text) = name.as_deref().and_then(Policy::builtin) {
        let document: Value = serde_json::from_str(text).expect("built-in policies are JSON");
        let listed = document["keys"].as_array().into_iter().flatten();
        keys.extend(listed.filter_map(Value::as_str).map(letters));
        name = document["extends"].as_str().map(str::to_owned);
    }
    Rules { policy, keys }
}
