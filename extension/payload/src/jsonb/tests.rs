use super::*;
use crate::json;

fn round(text: &str) -> String {
    json::print(&json::parse(text).unwrap()).unwrap()
}

#[test]
fn scalars_arrays_and_objects_come_back() {
    for text in [
        "null",
        "true",
        "\"x\"",
        "0",
        "[]",
        "{}",
        "[1, [2, {\"a\": [null, false]}], \"z\"]",
    ] {
        assert_eq!(round(text), text);
    }
}

#[test]
fn numbers_keep_every_digit() {
    for text in [
        "0.4111111111111111",
        "1234567890123456789",
        "-0.00001",
        "1.10",
        "100000",
        "10000",
        "9999",
        "0.0000",
        "12345678901234567890123456789012345678901234567890.123456789",
        "0.00010002",
    ] {
        assert_eq!(round(text), text, "{text}");
    }
    assert_eq!(round("1.5e3"), "1500");
    assert_eq!(round("1E-4"), "0.0001");
    assert_eq!(round("-0"), "0");
    for beyond in [
        "1e999999",
        "5e-9223372036854775808",
        "5e9223372036854775807",
        "5e-9223372036854775809",
        "0.5e-1073741825",
    ] {
        assert_eq!(round(beyond), format!("\"⟦n{beyond}⟧\""));
    }
}

#[test]
fn large_objects_are_found_by_key() {
    let text = format!(
        "{{{}}}",
        (0..500)
            .map(|i| format!("\"k{i}\": [{i}, \"v{i}\"]"))
            .collect::<Vec<_>>()
            .join(", ")
    );
    let bytes = json::parse(&text).unwrap();
    let Value::Object(object) = Container::root(&bytes).unwrap() else {
        panic!("not an object")
    };
    for i in 0..500 {
        let Some(Value::Array(found)) = object.get(&format!("k{i}")).unwrap() else {
            panic!("k{i} not found")
        };
        let Some(Ok(Value::Number(number))) = found.elements().next() else {
            panic!()
        };
        assert_eq!(number.to_i64(), Some(i));
    }
    assert!(object.get("k500").unwrap().is_none());
    assert_eq!(object.entries().count(), 500);
}

#[test]
fn unchanged_parts_are_copied_byte_for_byte() {
    let bytes = json::parse(r#"{"a": {"b": [1.25, "x", {"c": 7}]}, "n": 3}"#).unwrap();
    let Value::Object(object) = Container::root(&bytes).unwrap() else {
        panic!()
    };
    let pairs = object
        .entries()
        .map(|e| e.map(|(k, v)| (k.into(), v.into())))
        .collect::<Result<Vec<_>, _>>()
        .unwrap();
    assert_eq!(encode(&Node::Object(pairs)).unwrap(), bytes);
}

#[test]
fn the_last_of_equal_keys_wins() {
    assert_eq!(round(r#"{"a": 1, "b": 2, "a": 3}"#), r#"{"a": 3, "b": 2}"#);
}

/// Every prefix and every flipped byte of a datum is an error or some other value, never a panic.
#[test]
fn corruption_never_panics() {
    let bytes = json::parse(r#"{"a": {"b": [1.25, "héé", {"c": 7}]}, "n": 3, "long": "xxxxxxxx"}"#)
        .unwrap();
    for end in 0..bytes.len() {
        let _ = json::print(&bytes[..end]);
    }
    for at in 0..bytes.len() {
        for flip in [0x01, 0x10, 0x80, 0xff] {
            let mut broken = bytes.clone();
            broken[at] ^= flip;
            let _ = json::print(&broken);
        }
    }
}

#[test]
fn a_replaced_text_is_written_as_the_new_one() {
    let long = "0123456789abcdef".repeat(20);
    let texts = [
        "".to_owned(),
        "é".to_owned(),
        "è".to_owned(),
        "aé".to_owned(),
        "éa".to_owned(),
        "aa".to_owned(),
        "aaa".to_owned(),
        // Begin and end alike, and differ within a character.
        format!("{long}é{long}"),
        format!("{long}è{long}"),
        format!("{long}{long}"),
        format!("{long}[email]{long}"),
        format!("{long}x{long}y{long}"),
    ];
    for old in &texts {
        for new in &texts {
            let replaced = encode(&Node::replaced(old, new.clone())).unwrap();
            assert_eq!(
                replaced,
                encode(&Node::string(new.as_str())).unwrap(),
                "{old} {new}"
            );
        }
    }
}
