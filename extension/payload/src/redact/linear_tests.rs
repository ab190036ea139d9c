//! What takes long when it is done wrong: as long as its length says, and no longer.

use super::tests::{policy, redacted};
use super::*;
use crate::{json, processor};

/// They took minutes once: every key was compared with all before it, every number written out, and
/// every path with all of a long key.
#[test]
fn hostile_keys_and_numbers_are_linear() {
    let start = processor::time();
    let keys: Vec<String> = (10_000..40_000)
        .map(|n| format!("\"a{n}@example.com\": 1"))
        .collect();
    let text = format!("{{{}}}", keys.join(","));
    let out = redacted(&text);
    assert!(
        out.contains("\"[redacted:email:18]#30000\""),
        "{}",
        &out[..100]
    );
    let nested = redacted(&format!("[{}]", serde_json::to_string(&text).unwrap()));
    assert!(nested.contains("[redacted:email:18]#30000"));
    let hits = vec!["\"a@example.com\""; 20_000].join(",");
    let out = redacted(&format!("{{\"{}\": [{hits}]}}", "k".repeat(1 << 20)));
    assert!(out.contains("[redacted:email:13]"));
    let numbers = format!("[{}]", vec!["1e131071"; 100_000].join(","));
    let bytes = json::parse(&numbers).unwrap();
    assert!(
        redact(&bytes, &policy("standard"), &Default::default())
            .unwrap()
            .is_none()
    );
    assert!(
        (processor::time() - start).as_secs() < 20,
        "{:?}",
        (processor::time() - start)
    );
}

/// In JSON text a key may stand many times, and what is long beside it is not read for each.
#[test]
fn keys_that_stand_many_times_are_linear() {
    let many = |item: &str| vec![item; 30_000].join(",");
    let long = "aB3 ".repeat(100_000);
    for text in [
        format!(
            r#"{{"columns": [{}], {}}}"#,
            many("\"id\""),
            many("\"rows\": []")
        ),
        format!(r#"{{"name": "{long}", {}}}"#, many(r#""value": "x""#)),
        format!(
            r#"{{"selector": "{long}", {}}}"#,
            many(r#""text": "aB3dEf7hIj""#)
        ),
        format!(r#"{{"bytes": "{long}", {}}}"#, many(r#""token": "x""#)),
        format!(r#"{{"kind": "{long}", {}}}"#, many(r#""data": {}"#)),
        format!(
            r#"{{"type": "{long}", {}}}"#,
            many(&format!(r#""data": "{}""#, "b".repeat(64)))
        ),
    ] {
        let start = processor::time();
        let (out, _) = redact_text(&text, &policy("standard"), &Default::default());
        let took = processor::time() - start;
        assert!(out.len() > 100_000);
        assert!(took.as_secs() < 10, "{} took {took:?}", &text[..40]);
    }
}

#[test]
fn markers_behind_many_hits_are_linear() {
    let start = processor::time();
    let text = "a@b.co ".repeat(9_000) + &"[redacted:a:1] ".repeat(100_000);
    let (out, _) = redact_text(&text, &policy("standard"), &Default::default());
    assert!(out.starts_with("[redacted:email:6] [redacted:email:6]"));
    let took = processor::time() - start;
    assert!(took.as_secs() < 10, "{took:?}");
}

#[test]
fn numbers_in_a_row_are_linear() {
    let start = std::time::Instant::now();
    for unit in ["7 ", "7.", "x 7 "] {
        let text = unit.repeat(100_000);
        assert_eq!(
            redact_text(&text, &policy("standard"), &Default::default()).0,
            text
        );
    }
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

#[test]
fn brackets_behind_a_value_are_looked_for_once() {
    let start = std::time::Instant::now();
    let text = format!("password={}{}", "aB3".repeat(60), ")]}".repeat(300_000));
    let (out, _) = redact_text(&text, &policy("standard"), &Default::default());
    assert!(
        out.starts_with("password=[redacted:assignment:"),
        "{}",
        &out[..60]
    );
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
}
