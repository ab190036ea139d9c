//! Long work asks whether it should go on, whatever it works on. How soon, and what redaction does, is measured
//! on a server: `tests/tests/limits/cancel.rs`.

use payload::{cap, digest, display, fingerprint, interrupt, json, jsonb, parts, redact};
use std::sync::atomic::{AtomicUsize, Ordering};

static ASKED: AtomicUsize = AtomicUsize::new(0);

/// Bytes of work for which it must ask once, more than is done in one piece.
const AT_LEAST: usize = 2 << 20;
const BYTES: usize = 4 << 20;

fn asked(what: &str, text: &str, work: impl FnOnce()) {
    let before = ASKED.load(Ordering::Relaxed);
    work();
    let asked = ASKED.load(Ordering::Relaxed) - before;
    assert!(
        asked >= text.len() / AT_LEAST,
        "{what} of {} asked {asked} times",
        text.chars().take(20).collect::<String>()
    );
}

#[test]
fn whatever_it_works_on() {
    interrupt::on_check(|| _ = ASKED.fetch_add(1, Ordering::Relaxed));
    let text = |unit: &str| format!("\"{}\"", unit.repeat(BYTES / unit.len()));
    let encoded = "QWxhZGRpbjpvcGVuIHNlc2FtZQaa";
    for payload in [
        text("the parcel is on its way; "),
        text(encoded),
        format!(
            r#"{{"url": "data:text/plain;base64,{}"}}"#,
            encoded.repeat(BYTES / encoded.len())
        ),
        format!("[{}0]", "{\"type\": \"text\"},".repeat(BYTES / 17)),
    ] {
        let datum = json::parse(&payload).unwrap();
        asked("parse", &payload, || _ = json::parse(&payload));
        asked("unparse", &payload, || _ = json::unparse(&datum));
        asked("digest", &payload, || _ = digest::digest(&datum));
        asked("cap", &payload, || _ = cap::cap(&datum, datum.len() - 1));
        asked("mask", &payload, || _ = display::mask(&datum));
        asked("fingerprint", &payload, || {
            _ = fingerprint::fingerprint(&[7; 16], 1, None, &payload)
        });
        asked("place", &payload, || _ = fingerprint::place(1, &datum));
        asked("references", &payload, || _ = parts::references(&datum));
        let limits = parts::Limits {
            attachment_bytes: 1024,
            blob_bytes: BYTES,
        };
        asked("detach", &payload, || {
            _ = parts::detach(
                jsonb::Container::root(&datum).unwrap(),
                &parts::Shared::default(),
                limits,
            );
        });
    }
    looks_ahead_of_an_own_pattern();
}

/// Every `a` is a match, once a longer one was looked for up to the end of the text; the word that is asked
/// for is nowhere.
fn looks_ahead_of_an_own_pattern() {
    let policy =
        r#"{"version": 1, "patterns": [{"name": "p", "pattern": "a[^b]*b|a", "near": ["badge"]}]}"#;
    let policy = json::parse(policy).unwrap();
    let policy = redact::Policy::compile(jsonb::Container::root(&policy).unwrap()).unwrap();
    let text = "a ".repeat(4_000);
    let before = ASKED.load(Ordering::Relaxed);
    let (_, found) = redact::redact_text(&text, &policy, &redact::Subject::default());
    assert_eq!(found.total(), 0);
    let asked = ASKED.load(Ordering::Relaxed) - before;
    assert!(asked > 50, "asked {asked} times");
}
