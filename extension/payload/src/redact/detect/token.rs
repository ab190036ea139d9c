//! Vendor tokens: what stands behind a prefix decides.

use super::super::kind::Kind;
use super::super::runs::Run;
use super::super::spans::Hits;
use super::super::values::{is_opaque, is_uuid};
use super::Input;
use super::torn::{self, Joint};
use super::vendors::Vendor;

const LENGTH_MAX: usize = 4_096;
/// Prefixes this long with a separator in them are no accident, whatever stands before.
pub(crate) const GLUED_MIN: usize = 4;

/// Alphabets and shapes of what follows a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Set {
    Alnum,
    /// With a digit and letters: the prefix alone says too little.
    AlnumMixed,
    /// A whole word of exactly the least length or up to 8 more.
    AlnumExact,
    AlnumWordMixed,
    /// `A-Z` and `2-7` mostly, exactly as long as said.
    AwsId,
    Hex,
    HexExact32,
    /// Letters, digits and `_`.
    Word,
    /// base64url.
    Url,
    UrlMixed,
    UrlDot,
    Base64,
    /// A value as it stands in a query, with something escaped in it.
    Query,
    /// Segments of a URL's path.
    Path,
    /// 22 and 43 characters around a dot.
    DottedSendgrid,
    /// 14 characters, a dot, 64 hexadecimal digits.
    DottedAirtable,
    /// 22 characters, 24 hexadecimal digits and 20 characters around dots.
    DottedHarness,
    /// `at_`, `ss_`, `pa_` or `ca_`, then hexadecimal.
    Shopify,
    /// Environment, merchant and secret around `$`.
    Braintree,
    /// `u_` or `s_`, then anything that stands in a token.
    Sentry,
    Uuid,
    /// Digits, `_` and 32 capitals and digits.
    ClickUp,
}

impl Set {
    pub(crate) const LAST: Set = Set::ClickUp;

    fn has(self, byte: u8) -> bool {
        let alnum = byte.is_ascii_alphanumeric();
        match self {
            Set::Alnum | Set::AlnumMixed | Set::AlnumExact | Set::AwsId => alnum,
            Set::Hex | Set::HexExact32 => byte.is_ascii_hexdigit(),
            Set::Uuid => byte.is_ascii_hexdigit() || byte == b'-',
            Set::Word | Set::AlnumWordMixed | Set::Shopify | Set::ClickUp => alnum || byte == b'_',
            Set::Url | Set::UrlMixed => alnum || matches!(byte, b'_' | b'-'),
            Set::UrlDot | Set::DottedSendgrid | Set::DottedAirtable | Set::DottedHarness => {
                alnum || matches!(byte, b'_' | b'-' | b'.')
            }
            Set::Base64 | Set::Sentry => alnum || matches!(byte, b'_' | b'-' | b'+' | b'/' | b'='),
            Set::Query => alnum || b"_-.~%+".contains(&byte),
            Set::Braintree => alnum || byte == b'$',
            Set::Path => alnum || b"_-./@".contains(&byte),
        }
    }

    /// What must be true of the body beyond its alphabet.
    fn accepts(self, body: &[u8], least: usize) -> bool {
        let digits = || body.iter().filter(|b| b.is_ascii_digit()).count();
        let letters = || body.iter().filter(|b| b.is_ascii_alphabetic()).count();
        let part = |at: usize, length: usize| {
            body.get(at..at + length)
                .is_some_and(|p| !p.contains(&b'.'))
        };
        match self {
            Set::AwsId => {
                body.len() == least
                    && body
                        .iter()
                        .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
            }
            Set::AlnumExact => body.len() <= least + 8 && digits() > 0,
            Set::HexExact32 => body.len() == least,
            // Of 32 hexadecimal digits few are letters at times.
            Set::AlnumWordMixed => digits() >= 1 && letters() >= 8 && is_of_both_cases(body),
            Set::AlnumMixed | Set::UrlMixed => {
                digits() >= 2 && letters() >= if least >= 32 { 3 } else { 8 }
            }
            Set::Uuid => is_uuid(body),
            Set::ClickUp => {
                let id = body.iter().take_while(|b| b.is_ascii_digit()).count();
                let plain = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit();
                id >= 6
                    && matches!(&body[id..], [b'_', key @ ..] if key.len() == 32 && key.iter().all(plain))
            }
            Set::Path => digits() > 0,
            Set::DottedSendgrid => part(0, 16) && body[16..].contains(&b'.'),
            Set::DottedAirtable => {
                part(0, 14) && body[14] == b'.' && body[15..].iter().all(u8::is_ascii_hexdigit)
            }
            Set::DottedHarness => {
                part(0, 22)
                    && body[22] == b'.'
                    && body[23..].iter().take(24).all(u8::is_ascii_hexdigit)
                    && body.get(47) == Some(&b'.')
            }
            Set::Shopify => {
                matches!(body, [_, _, b'_', rest @ ..] if rest.iter().take(32).all(u8::is_ascii_hexdigit))
            }
            Set::Sentry => matches!(body, [b'u' | b's', b'_', ..]),
            // A run of one character is an example, and it is in many documents.
            _ => body.iter().any(|b| *b != body[0]),
        }
    }
}

pub(super) fn is_of_both_cases(body: &[u8]) -> bool {
    let upper = body.iter().filter(|b| b.is_ascii_uppercase()).count();
    let lower = body.iter().filter(|b| b.is_ascii_lowercase()).count();
    upper >= 3 && lower >= 3
}

/// The token whose prefix starts at `at`.
pub(crate) fn find(input: &Input<'_>, vendor: &Vendor, at: usize, hits: &mut Hits) {
    let prefix = vendor.prefix.as_bytes();
    if !input.bytes[at..].starts_with(prefix) {
        return; // the search ignores case
    }
    let distinctive =
        prefix.len() >= GLUED_MIN && prefix.iter().any(|b| !b.is_ascii_alphanumeric());
    let shaped = matches!(
        vendor.set,
        Set::Alnum | Set::DottedSendgrid | Set::DottedAirtable
    );
    if !distinctive
        && super::is_word(input.before(at))
        && !(input.before(at) == b'_' && (prefix.len() >= GLUED_MIN || shaped))
    {
        return;
    }
    let from = at + prefix.len();
    let run = Run::Token(vendor.set);
    let belongs = |b| vendor.set.has(b);
    let mut end = hits.runs.end(input, run, from, LENGTH_MAX, belongs);
    while end > from && matches!(input.byte(end - 1), b'.' | b'-' | b'&') {
        end -= 1;
    }
    let body = &input.bytes[from..end];
    if body.len() < vendor.least {
        return find_cut(input, vendor, at, (from, end), hits);
    }
    if !vendor.set.accepts(body, vendor.least) {
        return;
    }
    // A longer word is something else than a run of hexadecimal digits.
    let after = input.byte(end);
    let goes_on = match vendor.set {
        Set::HexExact32 => super::is_word(after),
        Set::AwsId => after.is_ascii_alphanumeric(),
        _ => false,
    };
    if goes_on {
        return;
    }
    hits.push(at, end, Kind::token(vendor.name));
    for (start, end) in torn::parts(input, end, Joint::Certain, |b| vendor.set.has(b)) {
        hits.push(start, end, Kind::token(vendor.name));
    }
    if vendor.set == Set::AwsId {
        find_aws_secret(input, at, end, hits);
    }
}

/// A token of which only the first part stands behind its prefix.
fn find_cut(
    input: &Input<'_>,
    vendor: &Vendor,
    at: usize,
    (from, end): (usize, usize),
    hits: &mut Hits,
) {
    let parts = torn::parts(input, end, Joint::Line, |b| vendor.set.has(b));
    if parts.is_empty() {
        return;
    }
    let mut body = input.bytes[from..end].to_vec();
    for (start, end) in &parts {
        body.extend(&input.bytes[*start..*end]);
    }
    if body.len() < vendor.least || !vendor.set.accepts(&body, vendor.least) {
        return;
    }
    for (start, end) in [(at, end)].into_iter().chain(parts) {
        hits.push(start, end, Kind::token(vendor.name));
    }
}

pub(crate) const AWS_SECRET: Kind = Kind::token("aws-secret");
const AWS_SECRET_LENGTH: usize = 40;

/// True for an AWS key id and nothing else.
pub(crate) fn is_aws_id(text: &str) -> bool {
    let body = ["AKIA", "ASIA"].iter().find_map(|p| text.strip_prefix(p));
    body.is_some_and(|body| Set::AwsId.accepts(body.as_bytes(), 16))
}

/// True for what may be the secret that belongs to an AWS key id.
pub(crate) fn is_aws_secret(text: &str) -> bool {
    let belongs = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    text.len() == AWS_SECRET_LENGTH
        && text.bytes().all(belongs)
        && !text.bytes().all(|b| b.is_ascii_hexdigit())
        && is_opaque(text, AWS_SECRET_LENGTH)
}

/// The 40 characters that belong to an AWS key id, when they stand near it.
fn find_aws_secret(input: &Input<'_>, id: usize, id_end: usize, hits: &mut Hits) {
    const NEAR: usize = 200;
    let belongs = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    let mut at = id.saturating_sub(NEAR);
    let stop = (id_end + NEAR).min(input.bytes.len());
    while at < stop {
        let end = input.run(at, NEAR, belongs);
        if end - at == AWS_SECRET_LENGTH
            && input.text.is_char_boundary(at)
            && !belongs(input.before(at))
            && is_aws_secret(&input.text[at..end])
        {
            hits.push(at, end, AWS_SECRET);
        }
        at = end + 1;
    }
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
