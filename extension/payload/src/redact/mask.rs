//! Markers: what stands where something was hidden.
//!
//! `[redacted:<kind>:<characters hidden>]`, and where something is kept of it,
//! `[redacted:<kind>:<characters hidden>:<what is kept>]`; a keyed hash is
//! `[redacted:<kind>:h<key>:<hash>]`. Nothing looks into a marker, whichever policy wrote it.

use super::keyed::HEX;
use crate::interrupt;
use std::fmt::Write;

pub(super) const OPEN: &str = "[redacted:";
pub(super) const KIND_MAX: usize = 32;
const COUNT_MAX: usize = 10;
/// Longest domain that is kept of an e-mail address.
pub(super) const DOMAIN_MAX: usize = 64;
/// Most other characters that are kept.
pub(super) const KEPT_MAX: usize = 8;

/// Appends the marker for `hidden`.
pub(super) fn push(out: &mut String, kind: &str, hidden: &str) {
    let _ = write!(out, "{OPEN}{kind}:{}]", interrupt::characters(hidden));
}

/// Appends the marker for `hidden` of which `kept` is kept.
pub(super) fn push_partial(out: &mut String, kind: &str, hidden: &str, kept: &str) {
    let count = interrupt::characters(hidden).saturating_sub(kept.len());
    let _ = write!(out, "{OPEN}{kind}:{count}:{kept}]");
}

/// Appends the marker of a keyed hash.
pub(super) fn push_hash(out: &mut String, kind: &str, key: u32, hash: &str) {
    let _ = write!(out, "{OPEN}{kind}:h{key}:{hash}]");
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
    let tail = match rest.strip_prefix(b"h") {
        Some(keyed) => 1 + hash(keyed)?,
        None => {
            let count = run(rest, COUNT_MAX, |b| b.is_ascii_digit())?;
            count + rest[count..].strip_prefix(b":").map_or(Some(0), kept)?
        }
    };
    (rest.get(tail) == Some(&b']')).then_some(OPEN.len() + kind + 1 + tail + 1)
}

/// The next marker from byte `from` on: where it starts and ends.
pub(super) fn find(text: &str, mut from: usize) -> Option<(usize, usize)> {
    while let Some(found) = text[from..].find('[') {
        interrupt::check(found + interrupt::VALUE);
        let start = from + found;
        if let Some(length) = at_start(&text.as_bytes()[start..]) {
            return Some((start, start + length));
        }
        from = start + 1;
    }
    None
}

/// The length of `<key>:<hash>`.
fn hash(text: &[u8]) -> Option<usize> {
    let key = run(text, COUNT_MAX, |b| b.is_ascii_digit())?;
    let rest = text[key..].strip_prefix(b":")?;
    let hex = run(rest, HEX, |b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))?;
    (hex == HEX).then_some(key + 1 + hex)
}

/// The length of `:` and what is kept: a domain or a few letters and digits, so that a marker is no
/// place to hide a secret in.
fn kept(text: &[u8]) -> Option<usize> {
    let length = match text.strip_prefix(b"@") {
        Some(domain) => 1 + run(domain, DOMAIN_MAX, is_domain)?,
        None => run(text, KEPT_MAX, |b| b.is_ascii_alphanumeric() || b == b'*')?,
    };
    Some(1 + length)
}

pub(super) fn is_domain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-')
}

/// What a key says about its value: nothing, once part of it is hidden. Kinds are words too, and a
/// second redaction must not know more than the first.
pub(super) fn name(key: &str) -> &str {
    // Hardly any key has a bracket, and to get ready for a search takes longer than to look for one.
    if key.as_bytes().contains(&b'[') && interrupt::contains(key, OPEN) {
        ""
    } else {
        key
    }
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
        for whole in [
            "[redacted:email:2:@example.com]",
            "[redacted:card:12:1111]",
            "[redacted:iban:16:DE*3000]",
            "[redacted:email:h12:0123456789abcdef0123]",
        ] {
            assert_eq!(at_start(whole.as_bytes()), Some(whole.len()), "{whole}");
        }
        for other in [
            " [redacted:email:6]",
            "[redacted::6]",
            "[redacted:email:]",
            "[redacted:Email:6]",
            "[redacted:email:6",
            "[redacted:email:6:]",
            "[redacted:email:6:AKIAIOSFODNN7EXAMPLE]",
            "[redacted:email:6:a b]",
            "[redacted:email:h1:0123]",
            "[redacted:email:h1:0123456789abcdef01234]",
            "[redacted:email:h:0123456789abcdef0123]",
        ] {
            assert_eq!(at_start(other.as_bytes()), None, "{other}");
        }
    }
}
