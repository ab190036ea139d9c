//! `Authorization` and `Cookie` headers in text.

use super::super::keys::Class;
use super::super::kind::Kind;
use super::super::policy::{Active, Detector};
use super::super::spans::Hits;
use super::super::values::{is_opaque, starts_with_ignoring_case};
use super::assigned::{Assigned, read};
use super::join::Join;
use super::{Input, authorization, cookie};

const LINE_MAX: usize = 16_384;
const COOKIE_MIN: usize = 16;

/// The value of an `Authorization` or `Cookie` header: to its quote or the end of the line.
pub(super) fn find(
    input: &Input<'_>,
    start: usize,
    at: usize,
    class: Class,
    join: Join,
    active: Active,
    hits: &mut Hits,
) {
    // A value without quotes holds the rest of its line, names of headers included.
    if hits.is_read(at) {
        return;
    }
    let outer = input.before(start);
    let digest = outer != b'"' && starts_with_ignoring_case(&input.text[at..], "digest ");
    let quoted = matches!(input.byte(at), b'"' | b'\'' | b'`' | b'\\')
        .then(|| read(input, at, Join::Call))
        .flatten();
    let value = quoted.unwrap_or_else(|| {
        let mut before = 0;
        let end = input.run(at, LINE_MAX, |b| {
            let escaped = before == b'\\' && matches!(b, b'n' | b'r');
            before = b;
            !escaped
                && !matches!(b, b'\n' | b'\r' | b'`')
                && (b != b'"' || digest)
                && (b != b'\'' || outer != b'\'')
        });
        Assigned {
            start: at,
            end: input.run_back(end, 5, |b| b == b'\\').max(at),
            quoted: false,
        }
    });
    if value.start >= value.end {
        return;
    }
    hits.read_until(value.end);
    let text = &input.text[value.start..value.end];
    if class == Class::Cookie {
        let whole = value.quoted || matches!(join, Join::Colon | Join::Flag);
        if !active.has(Detector::Cookie) || !whole || text.contains(['(', '{']) {
            return;
        }
        if text.contains('=') {
            cookie::find(text, value.start, hits);
        } else if is_opaque(text, COOKIE_MIN) {
            hits.push(value.start, value.end, Kind::COOKIE);
        }
        return;
    }
    if !active.has(Detector::Authorization) || text.contains("${") || text.contains('{') {
        return;
    }
    if let Some((from, stop)) = authorization::credential(text) {
        let secret = &text[from..stop];
        let schemed = from > 0;
        // Prose goes on behind the word; a credential is one word, but for Digest's list.
        if let Some(scheme) = own_scheme(secret) {
            let from = value.start + from + scheme.len() + 1;
            hits.push(from, value.start + stop, Kind::AUTHORIZATION);
            return;
        }
        let one_word = !secret.contains(' ') || (schemed && secret.contains('='));
        let random = secret.bytes().any(|b| b.is_ascii_digit()) || (schemed && secret.len() >= 16);
        if one_word && random && secret.len() >= 6 {
            hits.push(value.start + from, value.start + stop, Kind::AUTHORIZATION);
        }
    }
}

/// The scheme before a random word, when only its service knows it.
fn own_scheme(value: &str) -> Option<&str> {
    let (scheme, credential) = value.split_once(' ')?;
    let named = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    let random = credential.len() >= 16
        && !credential.contains([' ', '&'])
        && credential.bytes().filter(u8::is_ascii_digit).count() >= 2;
    (random && scheme.len() <= 24 && scheme.bytes().all(named)).then_some(scheme)
}
