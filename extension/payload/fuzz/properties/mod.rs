//! What must hold for any bytes. The fuzz targets look for inputs that break it; `tests/corpus.rs`
//! checks it for the inputs that are kept, in every test run.

mod reference;

use payload::jsonb::{Container, Node, Value, encode};
use payload::redact::Policy;
use payload::{cap as capping, digest, json, project, redact as redaction};
use reference::same_json;

thread_local! {
    static STRICT: Policy = {
        let text = Policy::builtin("strict").expect("it comes with the crate");
        let document = json::parse(text).expect("it is JSON");
        Policy::compile(Container::root(&document).expect("it is jsonb")).expect("it is a policy")
    };
}

/// Any bytes as a datum: read, or refused, by everything that reads one.
pub fn jsonb(data: &[u8]) {
    let _ = digest::digest(data);
    let _ = json::unparse(data);
    let _ = project::search_text(data, 1000);
    if let Ok(root) = Container::root(data) {
        let _ = json::unparsed(root);
        let limits = project::Limits {
            item_bytes: 1 << 20,
        };
        for format in project::FORMATS {
            for event in project::project(root, format, limits).unwrap_or_default() {
                let _ = event.payload.datum();
            }
        }
    }
    if let Ok(Some((redacted, _))) =
        STRICT.with(|policy| redaction::redact(data, policy, &Default::default()))
    {
        json::print(&redacted).expect("what was redacted is read again");
    }
    for max in [2, 100, 300, 1000] {
        if let Ok(Some(capped)) = capping::cap(data, max) {
            assert!(capping::size(&capped) <= max.max(8));
            json::print(&capped).expect("what was capped is read again");
        }
    }
}

/// Any text: `parse` takes it, `unparse` gives it back.
pub fn parse(data: &[u8]) {
    let Some(text) = text_of(data) else { return };
    let datum = json::parse_any(text).expect("it is small");
    assert_canonical(&datum);
    let back = json::unparse(&datum).expect("it was written here");
    assert_eq!(json::parse_any(&back).as_ref(), Ok(&datum), "{text:?}");
    let printed = json::print(&datum).expect("it was written here");
    assert!(json::parse(&printed).is_ok());
    match json::parse(text) {
        Ok(strict) => {
            assert_eq!(strict, datum);
            same_json(text, &back);
        }
        Err(error) => {
            assert_eq!(back, text);
            let deep = error.problem == json::Problem::TooDeep;
            assert!(deep || !reference::is_json(text), "{text:?}: {error}");
        }
    }
}

/// Any text, as a payload and as plain text: nothing that was not hidden changes, and a second
/// redaction finds nothing. Bytes are read in rot13: what is kept here are no secrets to scanners.
pub fn redact(data: &[u8]) {
    let data: Vec<u8> = data.iter().map(rot13).collect();
    let Some(text) = text_of(&data) else { return };
    STRICT.with(|policy| {
        let (once, _) = redaction::redact_text(text, policy, &Default::default());
        let (twice, _) = redaction::redact_text(&once, policy, &Default::default());
        assert_eq!(once, twice, "{text:?}");

        let datum = json::parse_any(text).expect("it is small");
        let redacted =
            redaction::redact(&datum, policy, &Default::default()).expect("it was written here");
        let Some((redacted, findings)) = redacted else {
            return;
        };
        assert!(findings.total() > 0);
        assert_canonical(&redacted);
        let again =
            redaction::redact(&redacted, policy, &Default::default()).expect("it was written here");
        assert!(again.is_none(), "{text:?}");
        let root = |datum| Container::root(datum).expect("it was written here");
        assert_only_hidden(root(&datum), root(&redacted));
    });
}

/// A limit in two bytes, then a text: the result is valid and within it.
pub fn cap(data: &[u8]) {
    let Some((max, data)) = data.split_first_chunk::<2>() else {
        return;
    };
    let max = usize::from(u16::from_le_bytes(*max)) % 2048 + 1;
    let Some(text) = text_of(data) else { return };
    let datum = json::parse_any(text).expect("it is small");
    let Some(capped) = capping::cap(&datum, max).expect("it was written here") else {
        assert!(capping::size(&datum) <= max);
        return;
    };
    assert!(capping::size(&capped) <= max.max(8), "{text:?} at {max}");
    assert_canonical(&capped);
    let again = capping::cap(&capped, max.max(8)).expect("it was written here");
    assert!(again.is_none(), "it is cut again");
    let text = json::print(&capped).expect("it was written here");
    let whole = format!("\"bytes\": {}", capping::size(&datum));
    assert!(text == "{}" || text.contains(&whole), "{text}");
}

/// A batch in any format: each item has its answer, by itself a valid one, and the same the next time.
pub fn project(data: &[u8]) {
    let Some(text) = text_of(data) else { return };
    let datum = json::parse_any(text).expect("it is small");
    let root = Container::root(&datum).expect("it was written here");
    let limits = project::Limits {
        item_bytes: 1 << 20,
    };
    for format in project::FORMATS {
        let Ok(events) = project::project(root, format, limits) else {
            continue;
        };
        let again = project::project(root, format, limits).expect("it was one just now");
        assert_eq!(events.len(), again.len(), "{}", format.name);
        for (index, (event, same)) in events.iter().zip(&again).enumerate() {
            assert_eq!(event.index, index, "{}", format.name);
            let keys = |event: &project::Event<'_>| (event.event_key(), event.merge_key());
            assert_eq!(keys(event), keys(same), "{}", format.name);
            let payload = event.payload.datum().expect("it was written here");
            assert_canonical(&payload);
            if let Some(about) = event.about_run.datum().expect("it was written here") {
                assert_canonical(&about);
            }
            if event.problem.is_none() {
                assert!(!event.kind.is_empty(), "{} has no kind", format.name);
                assert!(event.conversation.is_some(), "{} has none", format.name);
                assert!(event.event_key().is_some(), "{} has no key", format.name);
                assert!(event.merge_key().is_some(), "{} has no key", format.name);
            }
        }
    }
}

fn rot13(byte: &u8) -> u8 {
    match byte {
        b'a'..=b'z' => (byte - b'a' + 13) % 26 + b'a',
        b'A'..=b'Z' => (byte - b'A' + 13) % 26 + b'A',
        other => *other,
    }
}

/// The server's text has no NUL.
fn text_of(data: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(data).ok()?;
    (!text.contains('\0')).then_some(text)
}

/// The datum is what the server would have written: keys sorted and unique, every byte in its place.
fn assert_canonical(datum: &[u8]) {
    let root = Container::root(datum).expect("it was written here");
    assert_eq!(encode(&rebuilt(root)).as_deref(), Ok(datum));
}

fn rebuilt(value: Value<'_>) -> Node<'_> {
    match value {
        Value::Array(items) => {
            let items = items.elements().map(|item| rebuilt(item.expect("jsonb")));
            Node::Array(items.collect())
        }
        Value::Object(members) => {
            let members = members.entries().map(|entry| entry.expect("jsonb"));
            let pairs: Vec<_> = members.map(|(k, v)| (k.into(), rebuilt(v))).collect();
            let sorted = pairs.is_sorted_by(|(a, _), (b, _): &(std::borrow::Cow<str>, _)| {
                (a.len(), a.as_bytes()) < (b.len(), b.as_bytes())
            });
            assert!(sorted, "keys are sorted and unique");
            Node::Object(pairs)
        }
        scalar => Node::from(scalar),
    }
}

/// Beside markers nothing is new, and JSON in strings is JSON still.
fn assert_only_hidden(before: Value<'_>, after: Value<'_>) {
    match (before, after) {
        (Value::Null, Value::Null) => {}
        (Value::Bool(a), Value::Bool(b)) => assert_eq!(a, b),
        (Value::Number(a), Value::Number(b)) => assert_eq!(a.bytes(), b.bytes()),
        (_, Value::String(text)) if text.contains("[redacted:") => {
            if let Value::String(old) = before
                && old.trim_start().starts_with(['{', '['])
                && json::parse(old).is_ok()
                && !text.starts_with("[redacted:")
            {
                assert!(json::parse(text).is_ok(), "{old:?} became {text:?}");
            }
        }
        (Value::String(a), Value::String(b)) => assert_eq!(a, b),
        (Value::Array(a), Value::Array(b)) => {
            assert_eq!(a.len(), b.len());
            for (a, b) in a.elements().zip(b.elements()) {
                assert_only_hidden(a.expect("jsonb"), b.expect("jsonb"));
            }
        }
        (Value::Object(a), Value::Object(b)) => {
            for entry in b.entries() {
                let (key, value) = entry.expect("jsonb");
                match a.get(key).expect("jsonb") {
                    Some(old) => assert_only_hidden(old, value),
                    None => assert!(key.contains("[redacted:"), "{key:?} is new"),
                }
            }
        }
        _ => panic!("a value changed its type"),
    }
}
