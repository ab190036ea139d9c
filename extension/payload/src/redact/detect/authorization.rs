//! `Authorization` values: a scheme that stays and a credential that goes.

use super::super::kind::Kind;
use super::super::spans::Hits;
use super::super::values::is_placeholder;
use super::Input;
use super::encoded::decode_prefix;
use crate::interrupt;

const VALUE_MAX: usize = 16_384;
const BEARER_MIN: usize = 16;
const BASIC_MIN: usize = 8;
const SCHEMES: [&str; 12] = [
    "bearer",
    "basic",
    "token",
    "digest",
    "negotiate",
    "apikey",
    "ntlm",
    "hmac",
    "aws4-hmac-sha256",
    "key",
    "bot",
    "splunk",
];

fn belongs(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._~+/=-:|".contains(&byte)
}

/// `Bearer <token>` anywhere in text, the word ending at `at`: a digit tells it from prose.
pub(crate) fn find_bearer(input: &Input<'_>, word: usize, at: usize, hits: &mut Hits) {
    if super::is_word(input.before(word)) {
        return;
    }
    let end = trimmed(input, at);
    let value = &input.bytes[at..end];
    if value.len() >= BEARER_MIN
        && value.iter().any(u8::is_ascii_digit)
        && !is_placeholder(&input.text[at..end])
    {
        hits.push(at, end, Kind::AUTHORIZATION);
    }
}

/// `Basic <base64>` anywhere in text: it must decode to `user:password`.
pub(crate) fn find_basic(input: &Input<'_>, word: usize, at: usize, hits: &mut Hits) {
    if super::is_word(input.before(word)) {
        return;
    }
    let end = trimmed(input, at);
    let decoded = decode_prefix(&input.bytes[at..end]);
    if end - at >= BASIC_MIN
        && decoded.contains(&b':')
        && decoded.iter().all(|b| (0x20..0x7F).contains(b))
    {
        hits.push(at, end, Kind::AUTHORIZATION);
    }
}

fn trimmed(input: &Input<'_>, at: usize) -> usize {
    let mut end = input.run(at, VALUE_MAX, belongs);
    while end > at && matches!(input.byte(end - 1), b'.' | b':' | b'|') {
        end -= 1;
    }
    end
}

/// The credential in a header's value `start..end`: what is behind the scheme, or all of it.
pub(crate) fn credential(value: &str) -> Option<(usize, usize)> {
    let from = value.len() - value.trim_start_matches(interrupt::is_space).len();
    let stop = value.trim_end_matches(interrupt::is_space).len();
    if from >= stop {
        return None;
    }
    let text = &value[from..stop];
    let start = match text.split_once(' ') {
        Some((scheme, rest)) if SCHEMES.iter().any(|s| scheme.eq_ignore_ascii_case(s)) => {
            from + scheme.len() + 1 + (rest.len() - rest.trim_start().len())
        }
        _ => from,
    };
    (!is_placeholder(&value[start..stop])).then_some((start, stop))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemes_stay_and_credentials_go() {
        assert_eq!(credential("Bearer abc"), Some((7, 10)));
        assert_eq!(credential("abc def"), Some((0, 7)));
        assert_eq!(credential("Bearer ${TOKEN}"), None);
        assert_eq!(credential("  "), None);
    }

    #[test]
    fn prose_is_not_a_credential() {
        for (text, hit) in [
            ("Bearer tKPgbWO23i3aDYXml10W8ghC", true),
            ("Bearer authentication", false),
            ("bearer responsibilities-of-all", false),
            ("Bearer ${token}", false),
        ] {
            let mut hits = Hits::default();
            find_bearer(&Input::new(text, ""), 0, 7, &mut hits);
            assert_eq!(!hits.is_empty(), hit, "{text}");
        }
        for (text, hit) in [
            ("Basic YWxpY2U6c2VjcmV0", true),
            ("Basic understanding", false),
        ] {
            let mut hits = Hits::default();
            find_basic(&Input::new(text, ""), 0, 6, &mut hits);
            assert_eq!(!hits.is_empty(), hit, "{text}");
        }
    }
}
