//! Attachments that are text are redacted as text.

use super::*;
use crate::json::{parse, print};

#[test]
fn attachments_that_are_text_are_redacted_as_text() {
    let policy = crate::redact::Policy::compile(
        crate::jsonb::Container::root(
            &parse(crate::redact::Policy::builtin("standard").unwrap()).unwrap(),
        )
        .unwrap(),
    )
    .unwrap();
    let redacted = |payload: &str| {
        let whole = parse(payload).unwrap();
        let redacted = crate::redact::redact(&whole, &policy, &Default::default()).unwrap();
        if let Some((redacted, _)) = &redacted {
            assert!(
                crate::redact::redact(redacted, &policy, &Default::default())
                    .unwrap()
                    .is_none(),
                "twice"
            );
        }
        redacted.map(|(redacted, findings)| (print(&redacted).unwrap(), findings.total()))
    };
    let plain = format!(
        "{}mail bob@example.org{}",
        "words, ".repeat(3000),
        " and so on".repeat(9)
    );
    let hidden = plain.replace("bob@example.org", "[redacted:email:15]");
    for (before, after) in [
        (r#"{"url": "data:text/plain;charset=utf-8;base64,"#, r#""}"#),
        (
            r#"{"data": ""#,
            r#"", "media_type": "Text/CSV; header=present"}"#,
        ),
        (r#"{"blob": ""#, r#"", "mimeType": "application/json"}"#),
    ] {
        let (given, expected) = (
            encode_text("", plain.as_bytes()),
            encode_text("", hidden.as_bytes()),
        );
        assert_eq!(
            redacted(&format!("{before}{given}{after}")),
            Some((format!("{before}{expected}{after}"), 1)),
            "{before}"
        );
    }
    // A type that says nothing, and one that is text without saying so; UTF-16, Latin-1.
    let utf16 = |text: &str| -> Vec<u8> {
        let units = text.encode_utf16().flat_map(u16::to_le_bytes);
        [0xFF, 0xFE].into_iter().chain(units).collect()
    };
    let latin = |text: &str| [text.as_bytes(), b" zo\xEB"].concat();
    for (before, after, bytes) in [
        (
            "data:application/xml",
            "",
            &(|text: &str| text.into()) as &dyn Fn(&str) -> Vec<u8>,
        ),
        ("data:image/svg+xml", "", &|text| text.into()),
        ("data:application/octet-stream", "", &|text| text.into()),
        ("data:text/csv", "", &utf16),
        ("data:application/octet-stream", "", &utf16),
        ("data:text/csv", "", &latin),
        ("", r#", "mimeType": "text/csv""#, &latin),
        ("", r#", "mimeType": "application/x-ndjson""#, &|text| {
            text.into()
        }),
    ] {
        let head = if before.is_empty() { "" } else { ";base64," };
        let payload = |text: &str| {
            let encoded = encode_text("", &bytes(text));
            format!(r#"{{"data": "{before}{head}{encoded}"{after}}}"#)
        };
        assert_eq!(
            redacted(&payload(&plain)),
            Some((payload(&hidden), 1)),
            "{before} {after}"
        );
    }
    let binary = [plain.as_bytes(), b"\xEB"].concat();
    assert_eq!(
        redacted(&format!(
            r#"{{"data": "data:application/zip;base64,{}"}}"#,
            encode_text("", &binary)
        )),
        None
    );
    for (before, after) in [
        (r#"{"url": "data:image/png;base64,"#, r#""}"#),
        (r#"{"data": ""#, r#"", "mimeType": "application/pdf"}"#),
    ] {
        assert_eq!(
            redacted(&format!(
                "{before}{}{after}",
                encode_text("", plain.as_bytes())
            )),
            None,
            "{before}"
        );
    }
}
