//! Properties of redaction on generated payloads: fragments of secrets, code and punctuation thrown
//! together by a fixed generator, so that a failure comes back.

use payload::json;
use payload::jsonb::Container;
use payload::redact::{Policy, Subject, redact, redact_text};
use serde_json::{Value, json as value};
use std::time::Duration;

#[path = "../src/processor.rs"]
mod processor;

struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below as u64) as usize
    }
}

const FRAGMENTS: &[&str] = &[
    "password",
    "passwd=",
    "token: ",
    "api_key",
    "secret",
    "Authorization: ",
    "Bearer ",
    "Basic ",
    "Cookie: ",
    "sid=",
    "--password ",
    "-u ",
    "curl ",
    "mysql -p",
    "echo ",
    " | sudo -S",
    "https://",
    "postgres://",
    "user:",
    "@",
    "host.example.com",
    "a@example.com",
    "jo [at] x [dot] org",
    "4111111111111111",
    "4111 1111 1111 1111",
    "+1 415 555 0158",
    "123-45-6789",
    "GB82WEST12345698765432",
    "203.0.113.9",
    "2001:db8::1",
    "AKIA",
    "ABCDEFGHIJKLMNOP",
    "ghp_",
    "0123456789abcdefghijklmnopqrstuvwxyzAB",
    "eyJhbGciOiJIUzI1NiJ9",
    ".",
    "eyJzdWIiOiIxIn0",
    "-----BEGIN ",
    "PRIVATE KEY-----",
    "-----END ",
    "[redacted:email:9]",
    "[redacted:key:3]",
    "[redacted:",
    "\"",
    "'",
    "\\\"",
    "\\n",
    "\n",
    " ",
    "=",
    ":",
    ": ",
    ",",
    ";",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "<",
    ">",
    "/",
    "&",
    "?",
    "#",
    "|",
    "-",
    "_",
    "%40",
    "&#64;",
    "\\u0040",
    "\u{200b}",
    "\u{ff20}",
    "٤",
    "é",
    "日",
    "🚀",
    "value",
    "name: ",
    "hunter2",
    "s3cretValue99",
    "x",
    "0",
    "12",
    "$VAR",
    "${X}",
    "null",
    "identified by '",
    "dG9rZW49YWJjZGVmZ2hpamtsbW5vcA==",
    "$2b$12$",
    "Q~",
    ":AA",
    ":5432:",
    "key=",
    "code=",
    "sig=",
];

fn text(random: &mut Random) -> String {
    (0..=random.next(14))
        .map(|_| FRAGMENTS[random.next(FRAGMENTS.len())])
        .collect()
}

fn payload(random: &mut Random, depth: usize) -> Value {
    match random.next(if depth > 3 { 5 } else { 8 }) {
        0 => value!(random.next(100_000)),
        1 => value!(4111111111111111u64),
        2..=4 => value!(text(random)),
        5 => Value::String(payload(random, depth + 1).to_string()),
        6 => (0..random.next(4))
            .map(|_| payload(random, depth + 1))
            .collect(),
        _ => (0..random.next(4))
            .map(|_| (text(random), payload(random, depth + 1)))
            .collect(),
    }
}

fn policy(name: &str) -> Policy {
    let document = json::parse(Policy::builtin(name).unwrap()).unwrap();
    Policy::compile(Container::root(&document).unwrap()).unwrap()
}

fn rounds() -> u64 {
    std::env::var("REDACTION_ROUNDS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(3_000)
}

#[test]
fn redacting_twice_changes_nothing() {
    let policy = policy("strict");
    for seed in 1..=rounds() {
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let input = payload(&mut random, 0).to_string();
        let bytes = json::parse(&input).unwrap();
        let Some((once, findings)) = redact(&bytes, &policy, &Subject::default()).unwrap() else {
            continue;
        };
        assert!(findings.total() > 0);
        let printed = json::print(&once).unwrap();
        serde_json::from_str::<Value>(&printed).unwrap();
        assert_eq!(
            json::parse(&printed).unwrap(),
            once,
            "seed {seed}: keys out of order"
        );
        if let Some((twice, _)) = redact(&once, &policy, &Subject::default()).unwrap() {
            panic!(
                "seed {seed}\n{input}\n{printed}\n{}",
                json::print(&twice).unwrap()
            );
        }
    }
}

#[test]
fn text_twice_changes_nothing() {
    let policy = policy("strict");
    for seed in 1..=rounds() {
        let mut random = Random(seed.wrapping_mul(0xD134_2543_DE82_EF95));
        let input = text(&mut random) + &text(&mut random);
        let once = redact_text(&input, &policy, &Subject::default())
            .0
            .into_owned();
        let twice = redact_text(&once, &policy, &Subject::default()).0;
        assert_eq!(once, twice, "seed {seed}: {input}");
    }
}

/// Hostile input costs what its length says, give or take.
#[test]
fn hostile_text_is_linear() {
    const TEXT: usize = 200_000;
    let policy = policy("strict");
    let mut texts: Vec<(&str, String)> = Vec::new();
    for piece in [
        "a@",
        "a@a.",
        "AKIA",
        "eyJ",
        "eyJ.",
        "eyJhbGciOiJIUzI1NiJ9",
        "-----BEGIN ",
        "-----BEGIN PRIVATE KEY-----",
        "://",
        "://:@",
        "1",
        "1 ",
        "4111 ",
        "password=",
        "password:",
        "password ",
        "\"password\":",
        "token=x&",
        "curl -u ",
        "<password>",
        "\\\"password\\\":\\\"",
        "::1",
        "%40",
        "&#64;",
        "\u{200b}",
        "a\u{ff20}",
        "[redacted:",
        "[redacted:a:1]",
        "{\"a\":",
        "[",
        "Bearer ",
        "Cookie: a=b;",
        " at ",
        "sk-",
        ":5432:",
        "echo x | sudo -S ",
        "identified by '",
        "GB82",
        "+1",
        "dG9rZW49YWJj",
        "key=",
        "authorization: ",
        "é@",
        "a.b.G",
        "\\",
        "\\\\\"",
        "name: password value",
        "Private-Lines: 99 ",
        "---- BEGIN SSH2 ",
        "authorization:\\n",
        "cookie:\\r",
        "?key=a",
        "SG.",
        "*:*:*:*:",
        "password→",
        "\u{1b}[31mkind: secret\n",
    ] {
        texts.push((piece, piece.repeat(TEXT / piece.len())));
    }
    // What stands before makes them no base64, or is hidden with the first of them.
    for (before, piece) in [
        ("password='", "-eyJ"),
        ("password='", "-eyJhbGciOiJIUzI1NiJ9"),
        ("Cookie: sid=", "password is "),
        ("kind: Secret\ndata:\n  a: ", "password=$("),
    ] {
        texts.push((piece, before.to_owned() + &piece.repeat(TEXT / piece.len())));
    }
    for (piece, text) in texts {
        let start = processor::time();
        let once = redact_text(&text, &policy, &Subject::default())
            .0
            .into_owned();
        let took = processor::time() - start;
        let limit = if cfg!(debug_assertions) { 6_000 } else { 250 };
        assert!(
            took < Duration::from_millis(limit),
            "{piece:?} took {took:?}"
        );
        assert_eq!(
            redact_text(&once, &policy, &Subject::default()).0,
            once,
            "{piece:?}"
        );
    }
}
