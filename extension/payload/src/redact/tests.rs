use super::*;
use crate::json;

pub(super) fn policy(name: &str) -> Policy {
    let document = json::parse(Policy::builtin(name).unwrap()).unwrap();
    Policy::compile(Container::root(&document).unwrap()).unwrap()
}

fn compile(text: &str) -> Result<Policy, PolicyError> {
    Policy::compile(Container::root(&json::parse(text).unwrap()).unwrap())
}

pub(super) fn redacted(text: &str) -> String {
    let bytes = json::parse(text).unwrap();
    match redact(&bytes, &policy("standard"), &Subject::default()).unwrap() {
        Some((bytes, _)) => json::print(&bytes).unwrap(),
        None => text.to_owned(),
    }
}

#[test]
fn clean_payloads_come_back_as_none() {
    let bytes =
        json::parse(r#"{"role": "user", "content": [{"text": "hello", "n": 12}]}"#).unwrap();
    assert!(
        redact(&bytes, &policy("strict"), &Subject::default())
            .unwrap()
            .is_none()
    );
}

#[test]
fn findings_name_rule_and_path() {
    let text = r#"{"arguments": "{\"password\": \"s3cret\", \"to\": \"a@example.com\"}", "a@example.com": ["b@example.com"]}"#;
    let bytes = json::parse(text).unwrap();
    let (_, findings) = redact(&bytes, &policy("standard"), &Subject::default())
        .unwrap()
        .unwrap();
    let list: Vec<String> = findings
        .iter()
        .map(|f| format!("{} {} {}", f.rule, f.path, f.count))
        .collect();
    assert_eq!(
        list,
        [
            "key $.arguments~json.password 1",
            "email $.arguments~json.to 1",
            "email $ 1",
            "email $.\"[redacted:email:13]\"[0] 1",
        ]
    );
}

#[test]
fn keys_that_collide_stay_two_members() {
    assert_eq!(
        redacted(r#"{"a@example.com": 1, "b@example.com": 2, "zz": 3}"#),
        r#"{"zz": 3, "[redacted:email:13]": 1, "[redacted:email:13]#2": 2}"#
    );
}

#[test]
fn nested_json_keeps_every_other_byte() {
    let inner = r#"{ "a" : 1.10,"pw":"x", "password" : "s\u0065cret",  "n":4111111111111111,"e":"\u00e9\ud83d" }"#;
    let outer = serde_json::json!({ "arguments": inner }).to_string();
    let out: serde_json::Value = serde_json::from_str(&redacted(&outer)).unwrap();
    assert_eq!(
        out["arguments"],
        r#"{ "a" : 1.10,"pw":"x", "password" : "[redacted:key:6]",  "n":"[redacted:card:16]","e":"\u00e9\ud83d" }"#
    );
}

#[test]
fn flags_counts_and_placeholders_survive_under_secret_keys() {
    for text in [
        r#"{"password": null, "secret": true, "token": 12, "api_key": ""}"#,
        r#"{"password": "${DB_PASSWORD}", "api_key": "<your-api-key>", "secret": "********"}"#,
        r#"{"max_tokens": 4096, "total_tokens": 123456, "token_count": 9}"#,
        r#"{"next_page_token": "CAUQAA1234567890", "secretary": "Alice", "monkey": "x1"}"#,
        r#"{"properties": {"password": {"type": "string", "description": "the password"}}}"#,
        r#"{"token": " hello", "bytes": [1], "logprob": -0.25}"#,
    ] {
        assert_eq!(redacted(text), text);
    }
}

#[test]
fn neighbours_say_what_a_value_is() {
    for (text, secret) in [
        (r#"[{"name": "API_KEY", "value": "abcdef12"}]"#, "abcdef12"),
        (
            r#"[{"field": "password", "new_value": "abcdef12"}]"#,
            "abcdef12",
        ),
        (
            r#"["tool", "--password", "abcdef12", "--verbose"]"#,
            "abcdef12",
        ),
        (r#"["curl", "-u", "me:abcdef12", "https://h"]"#, "abcdef12"),
        (r#"{"passwords": ["abcdef12", "x"]}"#, "abcdef12"),
        (
            r#"[{"OptionName": "DB_PASSWORD", "Value": "abcdef12"}]"#,
            "abcdef12",
        ),
        (
            r#"{"field": "password", "from": "abcdef123456", "to": "x"}"#,
            "abcdef123456",
        ),
        (r#"{"p4ssw0rd": "abcdef12", "n": 1}"#, "abcdef12"),
        (r#"{"p a s s w o r d": "abcdef12"}"#, "abcdef12"),
        (r#"{"Пароль": "abcdef12"}"#, "abcdef12"),
        (
            r#"{"element": "Password textbox", "ref": "e1", "text": "abcdef123456"}"#,
            "abcdef123456",
        ),
        (r#"{"password": {"value": "abcdef12"}}"#, "abcdef12"),
        (
            r#"{"kind": "Secret", "data": {"tls": "abcdef12"}}"#,
            "abcdef12",
        ),
        (
            r#"{"headers": {"Authorization": "Bearer abcdef12"}}"#,
            "abcdef12",
        ),
        (r#"{"pin": 123456, "cvv": 123}"#, "123456"),
    ] {
        let out = redacted(text);
        assert!(!out.contains(secret), "{out}");
        assert_eq!(redacted(&out), out);
    }
}

#[test]
fn wrong_policies_are_refused_by_path() {
    for (text, path, problem) in [
        ("[]", "$", "a policy is an object"),
        ("{}", "$.version", "missing"),
        (
            r#"{"version": 2}"#,
            "$.version",
            "unsupported version, expected 1",
        ),
        (r#"{"version": "1"}"#, "$.version", "expected a number"),
        (
            r#"{"version": 1, "rules": []}"#,
            "$.rules",
            "unknown member",
        ),
        (
            r#"{"version": 1, "keys": "a"}"#,
            "$.keys",
            "expected an array",
        ),
        (
            r#"{"version": 1, "keys": ["a", 1]}"#,
            "$.keys[1]",
            "expected a string or an object",
        ),
        (
            r#"{"version": 1, "detectors": ["email", "names"]}"#,
            "$.detectors[1]",
            "unknown detector",
        ),
        (
            r#"{"version": 1, "extends": "all"}"#,
            "$.extends",
            "unknown built-in policy",
        ),
    ] {
        let error = compile(text).err().unwrap();
        assert_eq!(
            (error.path.as_str(), error.problem.as_str()),
            (path, problem),
            "{text}"
        );
    }
}

#[test]
fn a_policy_of_ones_own() {
    let policy = compile(r#"{"version": 1, "extends": "standard", "keys": ["employee badge"], "allow_keys": ["test password"]}"#).unwrap();
    let bytes =
        json::parse(r#"{"employeeBadge": "K-1", "test_password": "abc", "password": "abc"}"#)
            .unwrap();
    let (out, _) = redact(&bytes, &policy, &Subject::default())
        .unwrap()
        .unwrap();
    assert_eq!(
        json::print(&out).unwrap(),
        r#"{"password": "[redacted:key:3]", "employeeBadge": "[redacted:key:3]", "test_password": "abc"}"#
    );
}

#[test]
fn depth_is_bounded() {
    let text = format!("{}{}", "[".repeat(256), "]".repeat(256));
    let bytes = json::parse(&text).unwrap();
    assert!(
        redact(&bytes, &policy("standard"), &Subject::default())
            .unwrap()
            .is_none()
    );
}

#[test]
fn long_encoded_text_is_looked_into_and_images_are_not() {
    // `token=hunter2hunter2` and line ends after it, as base64.
    let secret = format!(
        "dG9rZW49aHVudGVyMmh1bnRlcjIK{}",
        "Cgo=".replace('=', "o").repeat(200)
    );
    let out = redacted(&serde_json::json!({ "file": secret }).to_string());
    assert_eq!(
        out,
        format!(r#"{{"file": "[redacted:encoded:{}]"}}"#, secret.len())
    );
    let image = format!(
        r#"{{"url": "data:image/png;base64,iVBORw0KGgo{}"}}"#,
        "AKIAJ7QK2XJ7QK2XJ7QK/".repeat(300)
    );
    assert_eq!(redacted(&image), image);
}

/// Found by a search for slow texts: what is looked at of a long line ended inside of a character.
#[test]
fn long_lines_end_between_characters() {
    for (before, behind) in [
        ("---- BEGIN SSH2 PRIVATE KEY ----\n", "é\nx"),
        ("---- BEGIN SSH2 ", "é PRIVATE"),
        ("Private-Lines: 2\n", "é\n"),
        ("kind: Secret\n  a: ", "é\n"),
        ("kind: Secret ", "é\ndata:\n  a: b"),
    ] {
        for length in (8_100..8_200).chain(16_300..16_400) {
            let text = format!("{before}{}{behind}", "x".repeat(length));
            redact_text(&text, &policy("standard"), &Default::default());
        }
    }
}

/// Found by fuzzing: the raw line end kept the text from being JSON, and it was in what was hidden.
#[test]
fn text_that_becomes_json_is_read_as_json() {
    let text =
        "{\"Authorization\":\"Beexample.com\",\"x\":\"Bearer i1t6rcqCUXaQ6reH9\rdWhAL4USQ5\"}";
    let once = |text: &str| {
        let policy = policy("standard");
        let (redacted, _) = redact_text(text, &policy, &Default::default());
        redacted.into_owned()
    };
    let redacted = once(&text.replace("\"x\"", "\"Authorization\""));
    assert!(!redacted.contains("Beexample"), "{redacted}");
    assert_eq!(once(&redacted), redacted);
}
