//! What single rules of policies do, each where another reading would be easy to miss.

use payload::json;
use payload::jsonb::Container;
use payload::redact::{Key, Policy, Subject, redact, redact_text};
use serde_json::{Value, json as value};

fn compile(document: &Value) -> Policy {
    let bytes = json::parse(&document.to_string()).unwrap();
    Policy::compile(Container::root(&bytes).unwrap())
        .unwrap_or_else(|error| panic!("{document}: {error}"))
}

fn redacted(policy: &Policy, subject: &Subject<'_>, payload: &Value) -> Value {
    let bytes = json::parse(&payload.to_string()).unwrap();
    match redact(&bytes, policy, subject).unwrap() {
        Some((bytes, _)) => serde_json::from_str(&json::print(&bytes).unwrap()).unwrap(),
        None => payload.clone(),
    }
}

#[test]
fn members_that_go_from_json_in_a_string_take_one_comma_along() {
    let policy = compile(&value!({
        "version": 1, "paths": [{"path": "$..x", "action": "remove"}, {"path": "$..y", "action": "remove"}]
    }));
    for (inner, left) in [
        (r#"{ "x": 1, "b": 2 }"#, r#"{ "b": 2 }"#),
        (r#"{"a":1 , "x":{"y":[]} , "b":2}"#, r#"{"a":1 , "b":2}"#),
        (r#"{"a":"s" , "x": 2 }"#, r#"{"a":"s" }"#),
        (r#"{"x":1,"a":[true],"y":null,"x":"z"}"#, r#"{"a":[true]}"#),
        (r#"{"a":false,"x":1,"y":2}"#, r#"{"a":false}"#),
        (r#"{ "x":1, "y":"2" }"#, r#"{  }"#),
        (
            r#"[{"x":1},{"b":{"y":1,"c":"d"}}]"#,
            r#"[{},{"b":{"c":"d"}}]"#,
        ),
    ] {
        let out = redacted(&policy, &Subject::default(), &value!({"arguments": inner}));
        assert_eq!(out, value!({"arguments": left}), "{inner}");
    }
}

#[test]
fn what_was_removed_from_an_array_is_removed_once() {
    let policy = compile(&value!({
        "version": 1, "paths": [{"path": "$.a[*]", "action": "remove"}, {"path": "$.b", "action": "remove"}]
    }));
    for payload in [
        value!({"a": [1, "two", {"three": 3}]}),
        value!({"a": "[1, \"two\", {\"three\": 3}]"}),
        value!({"a": [1, null, ["x", null], {"three": null}]}),
    ] {
        let bytes = json::parse(&payload.to_string()).unwrap();
        let (left, findings) = redact(&bytes, &policy, &Subject::default())
            .unwrap()
            .unwrap();
        let counts: Vec<_> = findings.iter().map(|finding| finding.count).collect();
        assert_eq!(counts, [1, 1, 1], "{payload}");
        let again = redact(&left, &policy, &Subject::default()).unwrap();
        assert!(again.is_none(), "{payload}");
    }
    // A member that is null goes as any other.
    let out = redacted(&policy, &Subject::default(), &value!({"b": null, "c": 1}));
    assert_eq!(out, value!({"c": 1}));
    let all = compile(&value!({"version": 1, "paths": [{"path": "$", "action": "remove"}]}));
    let null = json::parse("null").unwrap();
    assert!(redact(&null, &all, &Subject::default()).unwrap().is_none());
}

#[test]
fn own_patterns_and_names_leave_made_up_values_alone() {
    let policy = compile(&value!({
        "version": 1, "extends": "strict", "keys": ["contact"],
        "patterns": [{"name": "any-mail", "pattern": r"[a-z0-9.-]+@[a-z0-9.-]+"},
            {"name": "digits", "pattern": r"\d{8,}"}, {"name": "words", "pattern": r"[a-z]+-k\d-\w+"}],
    }));
    let subject = Subject::default();
    for made_up in [
        "user-abcdefghij@k1.redacted.invalid",
        "+99955501123456789",
        "9990011234567890",
        "iban-k1-abcdefghij",
    ] {
        for text in [
            made_up.to_owned(),
            format!("see {made_up}, or"),
            format!("password={made_up}"),
        ] {
            assert_eq!(redact_text(&text, &policy, &subject).0, text);
        }
        let payload =
            value!({"contact": made_up, "arguments": format!("{{\"password\":\"{made_up}\"}}")});
        assert_eq!(redacted(&policy, &subject, &payload), payload);
    }
    // What stands beside them is looked at all the same.
    let text = "user-abcdefghij@k1.redacted.invalid jo@example.com";
    assert_eq!(
        redact_text(text, &policy, &subject).0,
        "user-abcdefghij@k1.redacted.invalid [redacted:any-mail:14]"
    );
}

#[test]
fn what_closes_up_when_something_goes_is_masked() {
    let policy = compile(&value!({
        "version": 1, "detectors": [{"detector": "ssn", "action": "remove"}],
        "patterns": [{"name": "employee-id", "pattern": r"EMP-\d{5}", "action": "remove"}],
    }));
    let text = |text: &str| {
        redact_text(text, &policy, &Subject::default())
            .0
            .into_owned()
    };
    assert_eq!(text("is 123-45-6789 there"), "is  there");
    assert_eq!(
        text("is 12EMP-123453-45-6789 there"),
        "is [redacted:ssn:11] there"
    );
}

#[test]
fn of_an_unknown_subject_rules_that_hide_apply_and_rules_that_keep_do_not() {
    let policy = compile(&value!({
        "version": 1,
        "keys": [{"key": "badge", "tools": ["crm"]}, {"key": "pass word", "action": "mask"},
            {"key": "pass word", "action": "keep", "tools": ["crm"]}],
        "detectors": ["email", {"detector": "email", "action": "keep", "tools": ["crm"]},
            {"detector": "phone", "kinds": ["tool_call"]}],
        // A path decides before keys and detectors do.
        "paths": [{"path": "$.to", "action": "keep", "tools": ["crm"]}],
    }));
    let payload = value!({"badge": "K-1", "pass_word": "hunter2", "to": "jo@example.com", "n": "+1 415 555 0158"});
    let hidden = value!({"badge": "[redacted:key:3]", "pass_word": "[redacted:key:7]",
        "to": "[redacted:email:14]", "n": "[redacted:phone:15]"});
    let with = |kind, tool| redacted(&policy, &Subject::event(kind, tool), &payload);
    assert_eq!(with(None, None), hidden);
    assert_eq!(with(Some("tool_call"), None), hidden);
    assert_eq!(
        with(Some("tool_call"), Some("crm")),
        value!({"badge": "[redacted:key:3]", "pass_word": "hunter2", "to": "jo@example.com", "n": "[redacted:phone:15]"})
    );
    assert_eq!(
        with(Some("message"), None),
        value!({"badge": "K-1", "pass_word": "[redacted:key:7]", "to": "[redacted:email:14]", "n": "+1 415 555 0158"})
    );
}

#[test]
fn an_address_is_the_same_one_under_a_key_at_a_path_and_in_text() {
    let policy = compile(&value!({
        "version": 1, "keys": [{"key": "contact", "action": "pseudonym"}],
        "paths": [{"path": "$.to", "action": "pseudonym"}],
        "detectors": [{"detector": "email", "action": "pseudonym"}],
    }));
    let key = Key::new(1, "acme", &[1; 32]).unwrap();
    let subject = Subject {
        key: Some(&key),
        ..Subject::default()
    };
    let payload =
        value!({"contact": "jo@example.com", "to": "JO@example.com", "text": "<jo@example.com>"});
    let out = redacted(&policy, &subject, &payload);
    let name = out["contact"].as_str().unwrap();
    assert!(name.starts_with("user-"), "{out}");
    assert_eq!(
        (&out["to"], &out["text"]),
        (&value!(name), &value!(format!("<{name}>")))
    );
}

#[test]
fn keys_that_were_hidden_before_do_not_swallow_each_other() {
    let policy = compile(&value!({"version": 1, "extends": "standard"}));
    let payload = value!({"[redacted:email:13]": 1, "a@example.com": 2, "inner": r#"{"[redacted:email:13]":1,"a@example.com":2}"#});
    let out = redacted(&policy, &Subject::default(), &payload);
    assert_eq!(
        out,
        value!({"[redacted:email:13]": 1, "[redacted:email:13]#2": 2,
            "inner": r#"{"[redacted:email:13]":1,"[redacted:email:13]#2":2}"#})
    );
}

/// A number that a hidden key gets may make a secret of what was none.
#[test]
fn a_key_with_a_number_is_looked_at_again() {
    let policy = compile(&value!({"version": 1, "extends": "strict"}));
    let key = |mail: &str| format!(r#"{mail}, "ssn":.................................ll_id"#);
    let object =
        value!({key("a@example.com"): 1, key("b@example.com"): 2, key("c@example.com"): 3});
    for payload in [object.clone(), value!({"inner": object.to_string()})] {
        let once = redacted(&policy, &Subject::default(), &payload);
        let again = redacted(&policy, &Subject::default(), &once);
        assert_eq!(once, again);
        assert!(!once.to_string().contains("@example.com"));
    }
}

/// Words without a space between them could be a picture, and are text for those who say what they are.
#[test]
fn own_patterns_look_into_long_words() {
    let policy = compile(&value!({
        "version": 1, "extends": "standard", "patterns": [{"name": "staff", "pattern": "EMP\\d{5}"}]
    }));
    let words = "EMP12345".repeat(100);
    let hidden = "[redacted:staff:8]".repeat(100);
    let payload = value!({"text": words, "picture": format!("data:image/png;base64,{words}")});
    let out = redacted(&policy, &Subject::default(), &payload);
    assert_eq!(out["text"], value!(hidden));
    assert_eq!(out["picture"], payload["picture"]);
    assert_eq!(redact_text(&words, &policy, &Subject::default()).0, hidden);
}
