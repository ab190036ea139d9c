//! The shared redaction cases: what must be hidden is, what must survive does.
//!
//! The fixture is a copy of them in rot13, because it is full of made-up credentials and code hosts
//! refuse pushes that look like real ones.

use payload::json;
use payload::jsonb::Container;
use payload::redact::{Policy, Subject, redact};
use serde_json::Value;

const CASES: &str = include_str!("redaction_cases.rot13");

fn rot13(text: &str) -> String {
    let turn = |c: char, first: u8| char::from((c as u8 - first + 13) % 26 + first);
    text.chars()
        .map(|c| match c {
            'a'..='z' => turn(c, b'a'),
            'A'..='Z' => turn(c, b'A'),
            other => other,
        })
        .collect()
}

fn policy(name: &str) -> Policy {
    let document = json::parse(Policy::builtin(name).unwrap()).unwrap();
    Policy::compile(Container::root(&document).unwrap()).unwrap()
}

/// Everything a reader could find: keys, strings, numbers, JSON inside strings, and the whole text.
fn readable(value: &Value, out: &mut String) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                out.push_str(key);
                out.push('\n');
                readable(member, out);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| readable(item, out)),
        Value::String(text) => {
            out.push_str(text);
            out.push('\n');
            if text.trim_start().starts_with(['{', '['])
                && let Ok(inner) = serde_json::from_str(text)
            {
                readable(&inner, out);
            }
        }
        other => out.push_str(&format!("{other}\n")),
    }
}

#[derive(Default)]
struct Score {
    wanted: usize,
    missed: Vec<String>,
}

impl Score {
    fn percent(&self) -> f64 {
        100.0 * (self.wanted - self.missed.len()) as f64 / self.wanted as f64
    }
}

#[test]
fn hidden_and_kept() {
    let policy = policy("strict");
    let (mut core, mut hard, mut kept) = (Score::default(), Score::default(), Score::default());
    for line in rot13(CASES).lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let input = json::parse(&case["input"].to_string()).unwrap();
        let output = redact(&input, &policy, &Subject::default())
            .unwrap()
            .map_or(input, |(changed, _)| changed);
        let again = redact(&output, &policy, &Subject::default()).unwrap();
        assert!(
            again.is_none(),
            "{}: a second redaction changes it",
            case["id"]
        );

        let text = json::print(&output).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        let mut seen = text;
        readable(&value, &mut seen);
        let hidden = if case["tier"] == "hard" {
            &mut hard
        } else {
            &mut core
        };
        for secret in case["must_hide"].as_array().unwrap() {
            hidden.wanted += 1;
            if seen.contains(secret.as_str().unwrap()) {
                hidden.missed.push(case["id"].to_string());
            }
        }
        for wanted in case["must_keep"].as_array().unwrap() {
            kept.wanted += 1;
            if !seen.contains(wanted.as_str().unwrap()) {
                kept.missed.push(case["id"].to_string());
            }
        }
    }
    assert!(core.percent() >= 99.0, "core leaks: {:?}", core.missed);
    assert!(hard.percent() >= 80.0, "hard leaks: {:?}", hard.missed);
    assert!(kept.percent() >= 99.5, "lost: {:?}", kept.missed);
}

/// JSON inside strings parses before, so it must parse after.
#[test]
fn nested_json_still_parses() {
    fn check(before: &Value, after: &Value) {
        match (before, after) {
            (Value::Object(a), Value::Object(b)) => {
                a.iter().for_each(|(k, v)| {
                    if let Some(w) = b.get(k) {
                        check(v, w)
                    }
                });
            }
            (Value::Array(a), Value::Array(b)) => a.iter().zip(b).for_each(|(v, w)| check(v, w)),
            (Value::String(a), Value::String(b)) => {
                if let Ok(inner @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(a) {
                    let outer = serde_json::from_str(b).expect("no longer JSON");
                    check(&inner, &outer);
                }
            }
            _ => {}
        }
    }
    let policy = policy("strict");
    for line in rot13(CASES).lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let input = json::parse(&case["input"].to_string()).unwrap();
        if let Some((output, _)) = redact(&input, &policy, &Subject::default()).unwrap() {
            check(
                &case["input"],
                &serde_json::from_str(&json::print(&output).unwrap()).unwrap(),
            );
        }
    }
}
