//! Actions on generated payloads: whatever a policy does, doing it again changes nothing, also with
//! the next key and under another policy.

use payload::json;
use payload::jsonb::Container;
use payload::redact::{Key, Policy, Subject, findings, redact, redact_text};
use serde_json::{Value, json as value};

struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below as u64) as usize
    }

    fn of<'l>(&mut self, list: &[&'l str]) -> &'l str {
        list[self.next(list.len())]
    }
}

const VALUES: &[&str] = &[
    "jo.doe@example.com",
    "Jo%40Example.com",
    "jo＠example.com",
    "jo [at] example [dot] org",
    "4111 1111 1111 1111",
    "4111-1111-1111-1111",
    "378282246310005",
    "+1 415 555 0158",
    "(415) 555-0158",
    "123-45-6789",
    "GB82WEST12345698765432",
    "NO93 8601 1117 947",
    "203.0.113.9",
    "2001:db8::1",
    "ghp_0123456789abcdefghijklmnopqrstuvwxyzAB",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "Bearer abcdef0123456789",
    "password=hunter2hunter2",
    "api_key: s3cretValue99",
    "postgres://me:hunter2@db.example.com/x",
    "sid=0123456789abcdef; theme=dark",
    "dG9rZW49aHVudGVyMmh1bnRlcjI=",
    "EMP-12345",
    "hunter2",
    "plain words",
    "",
    "[redacted:email:9]",
    "[redacted:email:h1:0123456789abcdef0123]",
    "[redacted:card:12:1111]",
    "user-abcdefghij@k1.redacted.invalid",
    "+99955501123456789",
    "9990 0112 3456 7890",
    "key-k1-abcdefghij",
];
const GLUE: &[&str] = &[
    " ", "", ",", "\n", ": ", "=", "\"", "; ", "-", ".", "/", "é",
];
const KEYS: &[&str] = &[
    "password",
    "token",
    "apiKey",
    "to",
    "text",
    "data",
    "name",
    "value",
    "phone",
    "card_number",
    "Authorization",
    "cookie",
    "items",
    "arguments",
    "a@example.com",
    "badge",
    "note",
];
const ACTIONS: &[&str] = &["mask", "partial", "remove", "hash", "pseudonym", "keep"];
const DETECTORS: &[&str] = &[
    "vendor-token",
    "jwt",
    "authorization",
    "cookie",
    "url-password",
    "url-secret",
    "assignment",
    "encoded",
    "email",
    "phone",
    "card",
    "iban",
    "ssn",
    "ip",
];
const PATHS: &[&str] = &[
    "$.to",
    "$..note",
    "$.items[*]",
    "$.arguments.token",
    "$.*.text",
    "$.**.badge",
    "items[0].to",
    "$.data[1]",
];

fn text(random: &mut Random) -> String {
    (0..=random.next(4))
        .map(|_| format!("{}{}", random.of(VALUES), random.of(GLUE)))
        .collect()
}

fn payload(random: &mut Random, depth: usize) -> Value {
    match random.next(if depth > 3 { 5 } else { 9 }) {
        0 => value!(random.next(1_000_000_000)),
        1 => value!([4111111111111111u64, true, null])[random.next(3)].clone(),
        2 => value!(random.of(VALUES)),
        3 | 4 => value!(text(random)),
        5 => Value::String(payload(random, depth + 1).to_string()),
        6 => (0..random.next(4))
            .map(|_| payload(random, depth + 1))
            .collect(),
        _ => (0..random.next(5))
            .map(|_| (random.of(KEYS).to_owned(), payload(random, depth + 1)))
            .collect(),
    }
}

fn compile(document: &Value) -> Policy {
    let bytes = json::parse(&document.to_string()).unwrap();
    Policy::compile(Container::root(&bytes).unwrap())
        .unwrap_or_else(|error| panic!("{document}: {error}"))
}

/// `strict`, with a random action for everything that takes one.
fn policy(random: &mut Random) -> Value {
    let secret = &["mask", "remove", "hash", "pseudonym", "keep"];
    let rule = |random: &mut Random, name: &str, of: &str, actions: &[&str]| {
        let mut rule = value!({ name: of, "action": random.of(actions) });
        if random.next(6) == 0 {
            rule["kinds"] = value!(["tool_call"]);
        }
        rule
    };
    let mut detectors = Vec::new();
    for detector in DETECTORS {
        let personal = ["email", "phone", "card", "iban", "ssn", "ip"].contains(detector);
        let actions: &[&str] = if personal { ACTIONS } else { secret };
        let mut made = rule(random, "detector", detector, actions);
        if random.next(8) == 0 {
            made["paths"] = value!([random.of(PATHS)]);
        }
        detectors.push(made);
    }
    let mut keys = Vec::new();
    for key in [
        "password",
        "token",
        "api key",
        "authorization",
        "cookie",
        "badge",
        "phone",
        "to",
    ] {
        let personal = ["badge", "phone", "to"].contains(&key);
        let actions: &[&str] = if personal { ACTIONS } else { secret };
        if random.next(2) == 0 {
            keys.push(rule(random, "key", key, actions));
        }
    }
    let paths: Vec<Value> = (0..random.next(3))
        .map(|_| {
            let path = random.of(PATHS);
            rule(random, "path", path, ACTIONS)
        })
        .collect();
    let own = rule(random, "name", "employee-id", ACTIONS);
    let mut own = own;
    own["pattern"] = value!(r"EMP-\d{5}");
    value!({
        "version": 1, "extends": "strict", "keys": keys, "detectors": detectors, "paths": paths,
        "patterns": [own], "allow_values": ["203.0.113.*"],
        "allow_paths": if random.next(3) == 0 { vec!["$.value"] } else { vec![] },
    })
}

fn rounds() -> u64 {
    std::env::var("REDACTION_ROUNDS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(500)
}

fn seeded(seed: u64) -> Random {
    Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15))
}

#[test]
fn redacting_again_changes_nothing_also_with_the_next_key() {
    let first = Key::new(1, "acme", &[1; 32]).unwrap();
    let second = Key::new(2, "acme", &[2; 32]).unwrap();
    let (mut changed, mut kept) = (0, 0);
    for seed in 1..=rounds() {
        let mut random = seeded(seed);
        let document = policy(&mut random);
        let policy = compile(&document);
        let input = payload(&mut random, 0).to_string();
        let bytes = json::parse(&input).unwrap();
        let kind = [None, Some("tool_call"), Some("message")][random.next(3)];
        let subject = |key| Subject {
            key: Some(key),
            ..Subject::event(kind, None)
        };
        let listed = findings(&bytes, &policy, &subject(&first)).unwrap();
        kept += listed.iter().count() as u64;
        let Some((once, found)) = redact(&bytes, &policy, &subject(&first)).unwrap() else {
            assert_eq!(listed.total(), 0, "seed {seed}: found and not changed");
            continue;
        };
        changed += 1;
        assert_eq!(listed, found, "seed {seed}");
        assert!(found.total() > 0, "seed {seed}: changed and not counted");
        let printed = json::print(&once).unwrap();
        serde_json::from_str::<Value>(&printed).unwrap();
        assert_eq!(
            json::parse(&printed).unwrap(),
            once,
            "seed {seed}: keys out of order"
        );
        for key in [&first, &second] {
            if let Some((twice, _)) = redact(&once, &policy, &subject(key)).unwrap() {
                let twice = json::print(&twice).unwrap();
                panic!("seed {seed} key {key:?}\n{document}\n{input}\n{printed}\n{twice}");
            }
        }
    }
    assert!(changed * 3 > rounds() && kept > changed, "{changed} {kept}");
}

#[test]
fn text_again_changes_nothing_also_with_the_next_key() {
    let first = Key::new(1, "acme", &[1; 32]).unwrap();
    let second = Key::new(2, "acme", &[2; 32]).unwrap();
    for seed in 1..=rounds() {
        let mut random = seeded(seed ^ 0xABCD);
        let document = policy(&mut random);
        let policy = compile(&document);
        let input = text(&mut random) + &text(&mut random);
        let with = |text: &str, key| {
            let subject = Subject {
                key: Some(key),
                ..Subject::default()
            };
            redact_text(text, &policy, &subject).0.into_owned()
        };
        let once = with(&input, &first);
        for key in [&first, &second] {
            assert_eq!(with(&once, key), once, "seed {seed}: {document}\n{input}");
        }
    }
}

/// What one policy left is no find for another: markers, hashes and made-up values stay.
#[test]
fn a_policy_that_masks_leaves_what_another_made() {
    let key = Key::new(7, "acme", &[1; 32]).unwrap();
    let strict = compile(&value!({"version": 1, "extends": "strict"}));
    for action in ["partial", "hash", "pseudonym"] {
        let detectors: Vec<Value> = ["email", "phone", "card", "iban", "ssn", "ip"]
            .iter()
            .map(|d| value!({"detector": d, "action": action}))
            .collect();
        let policy = compile(&value!({"version": 1, "extends": "strict", "detectors": detectors}));
        let subject = Subject {
            key: Some(&key),
            ..Subject::default()
        };
        for one in VALUES {
            let input = format!("see {one} there");
            let once = redact_text(&input, &policy, &subject).0.into_owned();
            let masked = redact_text(&once, &strict, &subject).0;
            assert_eq!(masked, once, "{action}: {input}");
        }
    }
}
