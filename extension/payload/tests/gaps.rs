//! Long work asks soon enough, whatever it works on: how long it worked since it asked last, in processor time.

use payload::redact::{Policy, Subject, redact};
use payload::{display, interrupt, json, jsonb::Container};
use std::cell::Cell;
use std::time::Duration;

#[path = "../src/processor.rs"]
mod processor;

/// Unoptimised work is that much slower, and the clock steps by some milliseconds.
const BYTES: usize = if cfg!(debug_assertions) {
    4 << 20
} else {
    47 << 20
};
const SOON: Duration = Duration::from_millis(if cfg!(debug_assertions) { 120 } else { 100 });

thread_local! {
    static ASKED: Cell<Duration> = const { Cell::new(Duration::ZERO) };
    static LONGEST: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

fn ask() {
    let now = processor::time();
    LONGEST.set(LONGEST.get().max(now - ASKED.get()));
    ASKED.set(processor::time());
}

/// The longest time between two questions; of two tries the better, for a page fault takes long at times.
fn longest(work: &dyn Fn()) -> Duration {
    let once = || {
        ASKED.set(processor::time());
        LONGEST.set(Duration::ZERO);
        work();
        ask();
        LONGEST.get()
    };
    let longest = once();
    if longest > SOON {
        longest.min(once())
    } else {
        longest
    }
}

/// Letters as base64 has them, in lines of 64: no two alike.
fn key() -> String {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut state = 7u64;
    let mut text = String::from("-----BEGIN RSA PRIVATE KEY-----");
    while text.len() < BYTES {
        text.push_str("\\n");
        for _ in 0..64 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            text.push(char::from(letters[state as usize % letters.len()]));
        }
    }
    text
}

#[test]
fn no_work_is_long_without_a_question() {
    interrupt::on_check(ask);
    let document = json::parse(Policy::builtin("strict").unwrap()).unwrap();
    let policy = Policy::compile(Container::root(&document).unwrap()).unwrap();
    let subject = Subject::default();
    let key = key();
    let one_line = key.replace("\\n", "");
    let mut slow = Vec::new();
    for (what, payload) in [
        ("key", format!("\"{key}\"")),
        ("key on one line", format!("\"\\n{one_line}\"")),
        ("secret", format!("{{\"password\": \"{one_line}\"}}")),
        ("marks", format!("\"{}\"", "\\u0000".repeat(BYTES / 6))),
        ("strings", format!("[{}0]", "\"\",".repeat(BYTES / 3))),
    ] {
        let datum = json::parse(&payload).unwrap();
        let mut asked = |call: &str, work: &dyn Fn()| {
            let longest = longest(work);
            println!("{call} of {what}: {longest:?}");
            if longest > SOON {
                slow.push(format!("{call} of {what}: {longest:?}"));
            }
        };
        asked("parse", &|| _ = json::parse(&payload));
        // Unoptimised, the check that marks are UTF-8 alone takes longer.
        if cfg!(debug_assertions) && what == "marks" {
            continue;
        }
        asked("mask", &|| _ = display::mask(&datum));
        asked("redact", &|| _ = redact(&datum, &policy, &subject));
    }
    assert!(slow.is_empty(), "{slow:#?}");
}
