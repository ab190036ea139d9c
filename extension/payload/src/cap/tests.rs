use super::*;
use crate::json::{parse, print};
use serde_json::Value as Json;

fn capped(text: &str, max: usize) -> String {
    let bytes = parse(text).unwrap();
    let out = cap(&bytes, max).unwrap().expect("over the limit");
    assert!(size(&out) <= max.max(8), "{} > {max}", size(&out));
    assert!(
        cap(&out, max.max(8)).unwrap().is_none(),
        "capping twice changes nothing"
    );
    print(&out).unwrap()
}

fn read(text: &str) -> Json {
    serde_json::from_str(text).unwrap()
}

#[test]
fn under_the_limit_nothing_happens() {
    let bytes = parse(r#"{"a": 1}"#).unwrap();
    assert!(cap(&bytes, size(&bytes)).unwrap().is_none());
    assert!(cap(&bytes, size(&bytes) - 1).unwrap().is_some());
}

#[test]
fn the_largest_leaf_goes_first_and_the_rest_stays() {
    let text = format!(
        r#"{{"type": "function_call_output", "call_id": "call_1", "output": "{}", "meta": {{"exit": 0}}}}"#,
        "line of a log\\n".repeat(10_000)
    );
    let out = capped(&text, 32_768);
    assert!(out.contains(r#""call_id": "call_1""#) && out.contains(r#""exit": 0"#));
    assert!(out.contains("bytes cut]") && out.contains(r#""$capped": {"cut": {"strings": 1}"#));
    assert!(out.len() > 32_000, "room is used: {}", out.len());
}

#[test]
fn one_long_leaf_costs_its_neighbours_nothing() {
    let small = format!(
        "[{}]",
        vec![format!("\"{}\"", "s".repeat(500)); 40].join(",")
    );
    let text = format!(
        r#"{{"deep": [{{"small": {small}}}], "large": "{}"}}"#,
        "x".repeat(30_000)
    );
    let (before, after) = (read(&text), read(&capped(&text, 32_768)));
    assert_eq!(before["deep"], after["deep"]);
    assert_eq!(after["$capped"]["cut"], read(r#"{"strings": 1}"#));
    assert!(after["large"].as_str().unwrap().len() > 8_000);
}

#[test]
fn what_is_left_out_is_counted() {
    let items = |count: usize| vec!["\"0123456789\""; count].join(",");
    let array = read(&capped(&format!("[{}]", items(10_000)), 8_192));
    let array = array.as_array().unwrap();
    let kept = array.len() - 1;
    let lost = 10_000 - kept;
    assert!(kept > 300, "room is used: {kept}");
    assert_eq!(array[kept]["$capped"]["elements"], lost);
    assert_eq!(array[kept]["$capped"]["cut"]["elements"], lost);
    assert_eq!(array[0], "0123456789");

    let text = format!(
        r#"{{"a": [{}], "b": [{}], "c": 1}}"#,
        items(10_000),
        items(9)
    );
    let object = read(&capped(&text, 8_192));
    let tail = object["a"].as_array().unwrap();
    let lost = 10_000 - (tail.len() - 1);
    assert_eq!(
        tail[tail.len() - 1],
        read(&format!(r#"{{"$capped": {{"elements": {lost}}}}}"#))
    );
    assert_eq!(object["$capped"]["cut"]["elements"], lost);
    assert!(object["$capped"].get("elements").is_none());
    assert_eq!(
        (object["b"].as_array().unwrap().len(), &object["c"]),
        (9, &read("1"))
    );

    let members: Vec<String> = (0..5_000).map(|i| format!("\"key{i}\": {i}")).collect();
    let object = read(&capped(&format!("{{{}}}", members.join(",")), 8_192));
    let kept = object.as_object().unwrap().len() - 1;
    assert_eq!(object["$capped"]["members"], 5_000 - kept);
    assert!(kept > 200, "room is used: {kept}");
}

#[test]
fn a_payload_s_own_marker_does_not_pass_for_ours() {
    let long = "x".repeat(4_000);
    let text = format!(r#"{{"$capped": {{"bytes": 1}}, "a": "{long}"}}"#);
    let out = read(&capped(&text, 1_000));
    assert_eq!(out["$capped"]["members"], 1);
    assert!(out["$capped"]["bytes"].as_i64().unwrap() > 4_000);
    let text = format!(r#"{{"b": {{"$capped": {{"elements": 1}}}}, "a": "{long}"}}"#);
    assert_eq!(read(&capped(&text, 1_000))["b"], read(&text)["b"]);
}

#[test]
fn any_shape_and_any_limit_stays_valid_and_within() {
    let shapes = [
        format!("\"{}\"", "é".repeat(40_000)),
        format!("[{}]", vec!["\"abc\""; 20_000].join(",")),
        format!(
            "[{}]",
            vec!["{\"k\":[1,2,{\"d\":\"xxxxxxxxxxxxxxxxxxxxx\"}]}"; 3_000].join(",")
        ),
        format!(
            "{{{}}}",
            (0..5_000)
                .map(|i| format!("\"key{i}\": {i}"))
                .collect::<Vec<_>>()
                .join(",")
        ),
        format!("{{\"{}\": 1, \"b\": [2]}}", "k".repeat(50_000)),
        format!("{{\"b\": {{\"{}\": 1}}}}", "k".repeat(50_000)),
        format!(
            "{}\"{}\"{}",
            "[".repeat(200),
            "x".repeat(50_000),
            "]".repeat(200)
        ),
        format!("{}1{}", "[".repeat(256), "]".repeat(256)),
        format!("{}1{}", "{\"a\":[".repeat(128), "]}".repeat(128)),
        "1".repeat(60_000),
        format!("[{}]", vec!["1".repeat(600); 200].join(",")),
    ];
    for shape in &shapes {
        let limits = [
            1, 2, 7, 8, 12, 40, 64, 150, 200, 255, 256, 257, 333, 1_000, 4_096, 20_000,
        ];
        let whole = size(&parse(shape).unwrap());
        for max in limits.into_iter().filter(|max| *max < whole) {
            let out = capped(shape, max);
            assert!(parse(&out).is_ok(), "{max}");
            assert!(max > 150 || out == "{}" || out.starts_with(r#"{"$capped": {"bytes""#));
        }
    }
    assert_eq!(capped(&shapes[0], 2), "{}");
    assert_eq!(capped(&shapes[0], 64), r#"{"$capped": {"bytes": 80012}}"#);
}

/// Padding is not known beforehand: numbers between strings of odd lengths.
#[test]
fn padding_costs_no_content() {
    let one = format!("\"{}\",1.5", "y".repeat(101));
    let text = format!("[{}]", vec![one; 1_000].join(","));
    for max in 80_000..80_008 {
        let out = capped(&text, max);
        assert!(out.contains(r#""cut": {"strings": 1000}"#), "{max}");
    }
}

#[test]
fn a_redaction_marker_is_never_halved() {
    for pad in 0..40 {
        let text = format!(
            "\"{}[redacted:email:17]{}\"",
            "x".repeat(900 + pad),
            "y".repeat(4000)
        );
        let out = capped(&text, 1_100);
        assert_eq!(
            out.matches("[redacted").count(),
            out.matches("[redacted:email:17]").count()
        );
    }
}
