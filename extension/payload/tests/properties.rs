//! The properties that fuzzing looks to break, on values that proptest makes up, and others that
//! need to know how a value was made.

#[path = "../fuzz/properties/mod.rs"]
mod properties;

use payload::jsonb::{Container, Value};
use payload::{cap, json};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// Number of values for each property: some seconds in all.
const CASES: u32 = 400;

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        "-?(0|[1-9][0-9]{0,20})",
        "-?(0|[1-9][0-9]{0,9})\\.[0-9]{1,30}",
        "-?(0|[1-9][0-9]{0,5})(\\.[0-9]{1,9})?[eE][+-]?[0-9]{1,7}",
        "-?0\\.0{1,20}[0-9]{0,9}",
    ]
}

/// Between quotes: characters, escapes, and what looks like marks, markers and secrets.
fn string() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[^\"\\\\\\x00-\\x1f]{0,12}",
        2 => "(\\\\[bfnrt/\\\\\"]|\\\\u[0-9a-fA-F]{4}){1,3}",
        1 => prop::sample::select(vec![
            "⟦u0000⟧", "⟦u27e6⟧", "⟦ud83d⟧", "⟦n1e9⟧", "⟦u0024⟧", "⟦", "$unparsed", "$capped",
            "[redacted:email:17]", "[redacted:", "ada@example.com", "password=hunter2hunter2",
            "4111 1111 1111 1111", "{\\\"token\\\": \\\"abcdefgh12345678\\\"}",
        ]).prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        prop::sample::select(vec!["null", "true", "false"]).prop_map(str::to_owned),
        number(),
        string().prop_map(|text| format!("\"{text}\"")),
    ];
    leaf.prop_recursive(5, 200, 40, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..40)
                .prop_map(|items| format!("[{}]", items.join(" , "))),
            prop::collection::vec((string(), inner), 0..40).prop_map(|pairs| {
                let pairs: Vec<String> = pairs
                    .iter()
                    .map(|(key, value)| format!("\"{key}\": {value}"))
                    .collect();
                format!("{{{}}}", pairs.join(","))
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: CASES,
        // The same values in every run: looking for new ones is what fuzzing is for.
        rng_seed: RngSeed::Fixed(20),
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn json_is_parsed_and_comes_back(text in json()) {
        prop_assert!(json::parse(&text).is_ok());
        properties::parse(text.as_bytes());
    }

    #[test]
    fn any_text_is_parsed_and_comes_back(text in "\\PC{0,200}", json in json(), cut in any::<prop::sample::Index>()) {
        properties::parse(text.as_bytes());
        properties::parse(&json.as_bytes()[..cut.index(json.len() + 1)]);
    }

    #[test]
    fn nothing_but_what_is_hidden_changes(text in json()) {
        properties::redact(text.as_bytes());
    }

    #[test]
    fn every_item_of_a_batch_has_its_answer(item in json()) {
        properties::project(format!("{{\"conversation\": \"c\", \"items\": [{item}]}}").as_bytes());
    }

    #[test]
    fn a_capped_payload_is_within_its_limit(max in 1usize..3000, text in json()) {
        let mut data = (max as u16).to_le_bytes().to_vec();
        data.extend_from_slice(text.as_bytes());
        properties::cap(&data);
    }

    /// Of markers and marks only, so that every cut is beside one or would be in one.
    #[test]
    fn no_cut_is_inside_a_marker(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "[redacted:email:17]", "[redacted:vendor-token:40]", "⟦u0000⟧", "⟦ud83d⟧", "é", "x",
        ]), 20..300),
        max in 256usize..2500,
    ) {
        let datum = json::parse_any(&format!("{{\"a\": \"{}\", \"b\": \"{}\"}}", pieces.concat(), "y".repeat(3000))).unwrap();
        // Written as they are: what parse would have made of the escapes.
        let datum = json::print(&datum).unwrap().replace("⟦u27e6⟧u", "⟦u");
        let datum = datum.parse::<serde_json::Value>().unwrap();
        let node = payload::jsonb::Node::object(datum.as_object().unwrap().iter().map(|(key, text)| {
            (key.as_str().into(), payload::jsonb::Node::string(text.as_str().unwrap()))
        }).collect());
        let capped = cap::cap(&payload::jsonb::encode(&node).unwrap(), max).unwrap().unwrap();
        let Value::Object(object) = Container::root(&capped).unwrap() else { panic!("an object") };
        if let Some(Value::String(text)) = object.get("a").unwrap() {
            let head = text.split('…').next().unwrap();
            let mut rest = head;
            while !rest.is_empty() {
                let next = pieces.iter().find(|piece| rest.starts_with(**piece));
                prop_assert!(next.is_some(), "{} was cut in {}", head, rest);
                rest = &rest[next.unwrap().len()..];
            }
        }
    }

    /// Corruption is an error or another value, never a panic.
    #[test]
    fn flipped_bits_are_refused_or_read(
        text in json(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), 0u8..8), 1..6),
        end in any::<prop::sample::Index>(),
    ) {
        let mut datum = json::parse(&text).unwrap();
        for (at, bit) in flips {
            let at = at.index(datum.len());
            datum[at] ^= 1 << bit;
        }
        properties::jsonb(&datum);
        properties::jsonb(&datum[..end.index(datum.len() + 1)]);
    }
}
