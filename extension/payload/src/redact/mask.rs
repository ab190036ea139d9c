//! Markers: what stands where something was hidden, `[redacted:<kind>:<characters hidden>]`.

use std::fmt::Write;

pub(super) const OPEN: &str = "[redacted:";
const KIND_MAX: usize = 32;
const COUNT_MAX: usize = 10;

/// Appends the marker for `hidden`.
pub(super) fn push(out: &mut String, kind: &str, hidden: &str) {
    let _ = write!(out, "{OPEN}{kind}:{}]", hidden.chars().count());
}

/// The marker for `hidden`.
pub(super) fn marker(kind: &str, hidden: &str) -> String {
    let mut out = String::new();
    push(&mut out, kind, hidden);
    out
}

/// The length of the marker that `text` starts with.
pub(super) fn at_start(text: &[u8]) -> Option<usize> {
    let body = text.strip_prefix(OPEN.as_bytes())?;
    let kind = run(body, KIND_MAX, |b| {
        b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'
    })?;
    let rest = body[kind..].strip_prefix(b":")?;
    let count = run(rest, COUNT_MAX, |b| b.is_ascii_digit())?;
    (rest.get(count) == Some(&b']')).then_some(OPEN.len() + kind + 1 + count + 1)
}

/// What a key says about its value: nothing, once part of it is hidden. Kinds are words too, and a
/// second redaction must not know more than the first.
pub(super) fn name(key: &str) -> &str {
    if key.contains(OPEN) { "" } else { key }
}

fn run(bytes: &[u8], max: usize, belongs: impl Fn(u8) -> bool) -> Option<usize> {
    let length = bytes.iter().take_while(|b| belongs(**b)).count();
    (1..=max).contains(&length).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_count_characters_and_are_recognised() {
        assert_eq!(marker("email", "ä@b.de"), "[redacted:email:6]");
        assert_eq!(at_start(b"[redacted:email:6]x"), Some(18));
        for other in [
            " [redacted:email:6]",
            "[redacted::6]",
            "[redacted:email:]",
            "[redacted:Email:6]",
            "[redacted:email:6",
        ] {
            assert_eq!(at_start(other.as_bytes()), None, "{other}");
        }
    }
}
