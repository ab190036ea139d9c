//! Names and values in text: `.env` and configuration lines, headers, flags, XML, SQL, code, and
//! JSON that did not parse. The names are those of the policy's keys.

use super::super::keys::{Class, KeyRules};
use super::super::kind::Kind;
use super::super::policy::{Active, Detector};
use super::super::spans::Hits;
use super::super::values::is_opaque;
use super::assigned::{Assigned, is_secret, read};
use super::join::{Join, join};
use super::torn::{self, Joint};
use super::{Input, header, insert, table};

const NAME_MAX: usize = 64;
const NAME_WORDS_MAX: usize = 3;
const STATEMENT_MAX: usize = 160;
const LISTED_MIN: usize = 8;

/// A name in text that a key rule knows, around the word of the rule at `word..word_end`.
pub(crate) fn find(
    input: &Input<'_>,
    rules: &KeyRules,
    active: Active,
    word: usize,
    word_end: usize,
    hits: &mut Hits,
) {
    let Some(name_end) = name_end(input, word_end) else {
        return;
    };
    let mut start = input.run_back(word, NAME_MAX, is_name);
    let flag = input.bytes[start..word].starts_with(b"-");
    let mut class = rules.class(&input.text[start..name_end]);
    // `API key: …`, `Date of birth: …`: the words of a rule with spaces between them.
    for _ in 1..NAME_WORDS_MAX {
        if class.is_some() || input.before(start) != b' ' || start == 0 {
            break;
        }
        start = input.run_back(start - 1, NAME_MAX, is_name);
        class = rules.class(&input.text[start..name_end]);
    }
    let Some(class) = class else { return };
    if active.has(Detector::Assignment) && class != Class::Cookie {
        insert::find(input, start, name_end, hits);
        table::find(input, rules, start, name_end, hits);
    }
    let Some((join, at)) = join(input, start, name_end, flag) else {
        return;
    };
    if hits.covers(at) {
        return;
    }
    match class {
        Class::Authorization | Class::Cookie => {
            header::find(input, start, at, class, join, active, hits)
        }
        _ => {
            let wanted = if join == Join::Query {
                Detector::UrlSecret
            } else {
                Detector::Assignment
            };
            if !active.has(wanted) {
                return;
            }
            let second = if class == Class::Opaque {
                second_of_pair(input, at)
            } else {
                None
            };
            let Some(value) = second.or_else(|| read(input, at, join)) else {
                return;
            };
            let text = &input.text[value.start..value.end];
            // `--secret dbPassword …`: another name, whose own value follows.
            let names = || !text.bytes().any(|b| b.is_ascii_digit()) && rules.class(text).is_some();
            let listed =
                || join == Join::Call && is_listed(input, start) && !is_opaque(text, LISTED_MIN);
            if is_secret(input, &input.text[start..name_end], &value, class, join)
                && !names()
                && !listed()
            {
                let value = value.extend(input, join);
                let kind = if join == Join::Query {
                    Kind::URL_SECRET
                } else {
                    Kind::ASSIGNMENT
                };
                hits.push(value.start, value.end, kind);
                if value.quoted {
                    for (start, end) in torn::parts(input, value.end, Joint::Certain, is_quoted) {
                        hits.push(start, end, kind);
                    }
                }
            }
        }
    }
}

/// SQL: IDENTIFIED BY '…', the value at `at`. Prose says so of other things.
pub(crate) fn find_identified_by(input: &Input<'_>, at: usize, hits: &mut Hits) {
    let shouted = input.before(at - 1).is_ascii_uppercase();
    if !shouted && !input.word_before(at, STATEMENT_MAX, &["create", "alter", "grant"]) {
        return;
    }
    // Oracle takes it without quotes.
    let quoted = matches!(input.byte(at), b'"' | b'\'' | b'\\');
    let join = if quoted { Join::Call } else { Join::Prose };
    if let Some(value) = read(input, at, join)
        && is_secret(input, "", &value, Class::Secret, join)
    {
        hits.push(value.start, value.end, Kind::ASSIGNMENT);
    }
}

/// True for one of a list of strings, which may all be names: `["id", "password", "email"]`.
fn is_listed(input: &Input<'_>, start: usize) -> bool {
    let quote = input.run_back(start, 8, |b| matches!(b, b'"' | b'\'' | b'`' | b'\\'));
    let comma = input.run_back(quote, 8, |b| b.is_ascii_whitespace());
    quote < start && matches!(input.before(comma), b',' | b'[')
}

/// What a string in quotes goes on with.
fn is_quoted(byte: u8) -> bool {
    !matches!(byte, b'"' | b'\'' | b'`' | b'\\' | b'\n')
}

fn is_name(byte: u8) -> bool {
    super::is_word(byte) || matches!(byte, b'-' | b'.')
}

/// Where the name ends, if it ends with the word; a short number may follow.
fn name_end(input: &Input<'_>, word_end: usize) -> Option<usize> {
    let digits = input.run(word_end, 3, |b| b.is_ascii_digit());
    let end = if input.byte(word_end) == b'_' {
        let more = input.run(word_end + 1, 2, |b| b.is_ascii_digit());
        if more > word_end + 1 { more } else { word_end }
    } else {
        digits
    };
    let after = input.byte(end);
    let goes_on = super::is_word(after)
        || (matches!(after, b'-' | b'.') && super::is_word(input.byte(end + 1)));
    (!goes_on).then_some(end)
}

/// `auth=("user", "password")`: the second of two strings.
fn second_of_pair(input: &Input<'_>, at: usize) -> Option<Assigned> {
    // HTTPBasicAuth("user", "password")
    let word = input.run(at, 32, is_name);
    let called = input.text[at..word].ends_with("Auth");
    let at = if called { word } else { at };
    if input.byte(at) != b'(' {
        return None;
    }
    let first = read(input, at + 1, Join::Call)?;
    let next = input.run(first.end, 4, |b| matches!(b, b'"' | b'\'' | b',' | b' '));
    // The run has taken the opening quote too.
    read(input, next - 1, Join::Call)
}

#[cfg(test)]
#[path = "assignment_tests.rs"]
mod tests;
