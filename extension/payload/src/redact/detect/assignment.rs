//! Names and values in text: `.env` and configuration lines, headers, flags, XML, SQL, code, and
//! JSON that did not parse. The names are those of the policy's keys.

use super::super::keys::{Class, KeyRules};
use super::super::kind::Kind;
use super::super::policy::{Active, Detector};
use super::super::spans::Hits;
use super::super::values::starts_with_ignoring_case;
use super::assigned::{Assigned, Join, is_secret, read};
use super::joined::{self, Joint};
use super::{Input, header};

const NAME_MAX: usize = 64;
const NAME_WORDS_MAX: usize = 3;
const SPACE_MAX: usize = 8;
/// `machine h login l password p`: how far the words before are looked for.
const NETRC_MAX: usize = 48;

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
            // `--secret dbPassword …`: another name, whose own value follows.
            let text = &input.text[value.start..value.end];
            let names = rules.class(text).is_some() && !text.bytes().any(|b| b.is_ascii_digit());
            if !names && is_secret(input, &input.text[start..name_end], &value, class, join) {
                let value = value.extend(input, join);
                let kind = if join == Join::Query {
                    Kind::URL_SECRET
                } else {
                    Kind::ASSIGNMENT
                };
                hits.push(value.start, value.end, kind);
                if value.quoted {
                    for (start, end) in joined::parts(input, value.end, Joint::Certain, is_quoted) {
                        hits.push(start, end, kind);
                    }
                }
            }
        }
    }
}

/// SQL: IDENTIFIED BY '…', the value at `at`.
pub(crate) fn find_identified_by(input: &Input<'_>, at: usize, hits: &mut Hits) {
    if let Some(value) = read(input, at, Join::Call)
        && is_secret(input, "", &value, Class::Secret, Join::Call)
    {
        hits.push(value.start, value.end, Kind::ASSIGNMENT);
    }
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

/// How what stands behind the name joins it to a value, and where that starts.
fn join(input: &Input<'_>, start: usize, name_end: usize, flag: bool) -> Option<(Join, usize)> {
    let spaces = |at: usize| input.run(at, SPACE_MAX, |b| b == b' ' || b == b'\t');
    let quotes = input.run(name_end, 34, |b| matches!(b, b'\\' | b'"' | b'\'' | b'`'));
    // `\n` behind a name is not its quote.
    let quoted = quotes > name_end && input.byte(quotes - 1) != b'\\';
    let mut at = if quoted { quotes } else { name_end };
    if quoted && input.byte(at) == b']' {
        at += 1; // env["NAME"] = …
    }
    // `?user[NAME]=…`
    if !quoted
        && input.byte(at) == b']'
        && input.byte(at + 1) == b'='
        && input.before(start) == b'['
    {
        let outer = input.run_back(start - 1, NAME_MAX, is_name);
        if matches!(input.before(outer), b'?' | b'&' | b';' | b'"' | b'\'') || outer == 0 {
            return Some((Join::Query, at + 2));
        }
    }
    let stars = |at: usize| input.run(at, 2, |b| b == b'*');
    let after = spaces(stars(at));
    let (sign, next) = (input.byte(after), input.byte(after + 1));
    let before = input.before(start);
    if sign == b'=' {
        if next == b'=' || next == b'~' || matches!(input.before(after), b'!' | b'<' | b'>') {
            return None;
        }
        if matches!(before, b'?' | b'&' | b';') && !quoted && after == name_end && next != b' ' {
            return Some((Join::Query, after + 1));
        }
        let value = spaces(after + 1 + usize::from(next == b'>'));
        let tight = after == name_end && value == after + 1 && !quoted;
        let env = tight
            && (flag
                || follows_option(input, start)
                || is_shouted(&input.bytes[start..name_end])
                || is_whole_line(input, start, value));
        return Some((if env { Join::Env } else { Join::Equals }, value));
    }
    if sign == b':' {
        if next == b':' || (next == b'/' && input.byte(after + 2) == b'/') {
            return None;
        }
        let value = after + 1 + usize::from(next == b'=');
        return Some((Join::Colon, line_value(input, spaces(stars(value)))));
    }
    if sign == b'>' && after == name_end && matches!(before, b'<' | b':') {
        return Some((Join::Tag, after + 1));
    }
    if input.text[after..].starts_with('→') {
        return Some((Join::Colon, spaces(after + '→'.len_utf8())));
    }
    // A row of a table.
    if sign == b'|'
        && after > at
        && input.before(input.run_back(start, 2, |b| matches!(b, b' ' | b'*' | b'`'))) == b'|'
    {
        return Some((Join::Prose, spaces(after + 1)));
    }
    if quoted && sign == b',' {
        return Some(pair(input, at).unwrap_or((Join::Call, spaces(after + 1))));
    }
    if let Some(found) = pair(input, at) {
        return Some(found);
    }
    if sign == b'(' && after == name_end && matches!(next, b'"' | b'\'') {
        return Some((Join::Call, after + 1));
    }
    if quoted && after > at && matches!(sign, b'"' | b'\'') {
        return Some((Join::Call, after)); // tool set "Name" "value"
    }
    if after == name_end || quoted {
        return None;
    }
    if flag && !matches!(sign, b'-' | b'|' | b'&' | b';' | b'>') {
        return Some((Join::Flag, after));
    }
    // SQL: PASSWORD '…'.
    if sign == b'\'' {
        return Some((Join::Call, after));
    }
    ["is ", "was ", "is: ", "will be ", "to "]
        .iter()
        .find(|verb| starts_with_ignoring_case(&input.text[after..], verb))
        .map(|verb| (Join::Prose, spaces(after + verb.len())))
        .or_else(|| {
            let said = input.word_before(
                start,
                NETRC_MAX,
                &["login", "machine", "set", "setx", "env", "config", "wifi"],
            );
            Some((if said { Join::Prose } else { Join::Beside }, after))
        })
}

/// `auth=("user", "password")`: the second of two strings.
fn second_of_pair(input: &Input<'_>, at: usize) -> Option<Assigned> {
    if input.byte(at) != b'(' {
        return None;
    }
    let first = read(input, at + 1, Join::Call)?;
    let next = input.run(first.end, 4, |b| matches!(b, b'"' | b'\'' | b',' | b' '));
    // The run has taken the opening quote too.
    read(input, next - 1, Join::Call)
}

/// YAML block scalars stand on the next line.
fn line_value(input: &Input<'_>, at: usize) -> usize {
    if !matches!(input.byte(at), b'|' | b'>') {
        return at;
    }
    let marks = input.run(at, 3, |b| matches!(b, b'|' | b'>' | b'-' | b'+'));
    if input.byte(marks) != b'\n' {
        return at;
    }
    input.run(marks, 64, |b| b.is_ascii_whitespace())
}

/// `name: DB_PASSWORD` with `value: …` behind it, in YAML, XML or JSON that did not parse.
fn pair(input: &Input<'_>, at: usize) -> Option<(Join, usize)> {
    let filler = |b: u8| {
        b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b',' | b'\\' | b'-' | b'/' | b'{')
    };
    let word = input.run(at, 40, filler);
    // An escaped line end leaves its letter.
    let word = if input.before(word) == b'\\' && input.byte(word) == b'n' {
        input.run(word + 1, 40, filler)
    } else {
        word
    };
    let known = ["value", "default"];
    let found = known
        .iter()
        .find(|k| starts_with_ignoring_case(&input.text[word..], k))?;
    if word == at {
        return None;
    }
    let end = word + found.len();
    let sign = input.run(end, 6, |b| matches!(b, b'"' | b'\'' | b' ' | b'\\'));
    if !matches!(input.byte(sign), b':' | b'=') {
        return None;
    }
    Some((Join::Colon, input.run(sign + 1, SPACE_MAX, |b| b == b' ')))
}

/// `--set name=value`, `-e NAME=value`.
fn follows_option(input: &Input<'_>, start: usize) -> bool {
    let space = input.run_back(start, 2, |b| b == b' ' || b == b'=');
    let word = input.run_back(space, 24, |b| b.is_ascii_alphanumeric() || b == b'-');
    word < space && space < start && input.byte(word) == b'-'
}

fn is_shouted(name: &[u8]) -> bool {
    let name = name.strip_prefix(b"-").unwrap_or(name);
    !name.iter().any(u8::is_ascii_lowercase)
}

/// `name=value` and nothing else on the line.
fn is_whole_line(input: &Input<'_>, start: usize, value: usize) -> bool {
    let indent = input.run_back(start, SPACE_MAX, |b| b == b' ');
    let begins = indent == start && matches!(input.before(indent), b'\n' | b'\r') || indent == 0;
    let end = input.run(value, 256, |b| !b.is_ascii_whitespace());
    begins
        && matches!(input.byte(end), b'\n' | b'\r' | b' ')
        && !matches!(input.before(end), b',' | b'(' | b'{')
        && (input.byte(end) != b' ' || end >= input.bytes.len())
}

#[cfg(test)]
#[path = "assignment_tests.rs"]
mod tests;
