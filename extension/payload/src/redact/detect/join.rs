//! What joins a name in text to its value, and where that starts.

use super::super::values::starts_with_ignoring_case;
use super::{Input, idiom};

/// The columns of a listing are this wide.
const SPACE_MAX: usize = 40;
/// What is further apart belongs to columns.
const BESIDE_MAX: usize = 8;
const FORM_NAME_MAX: usize = 64;
/// `machine h login l password p`: how far the words before are looked for.
const NETRC_MAX: usize = 48;

/// What says in a sentence that the value follows.
const VERBS: [&str; 11] = [
    "is ", "was ", "is: ", "will be ", "to ", "ist ", "lautet ", "est ", "es ", "è ", "é ",
];

/// How name and value are joined; each language leaves other values unquoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Join {
    /// `NAME=value` of a shell, `.env` or properties file.
    Env,
    /// Any other `=`, `:=` or `=>`.
    Equals,
    Colon,
    /// `--name value`.
    Flag,
    /// `?name=value&`.
    Query,
    /// `<name>value<`.
    Tag,
    /// `name is value`, `login x password y`.
    Prose,
    /// `name value`: only what looks random.
    Beside,
    /// Only a quoted value counts: `set("name", "value")`.
    Call,
}

/// How what stands behind the name joins it to a value, and where that starts.
pub(super) fn join(
    input: &Input<'_>,
    start: usize,
    name_end: usize,
    flag: bool,
) -> Option<(Join, usize)> {
    let spaces = |at: usize| input.blanks(at, SPACE_MAX);
    let quotes = input.run(name_end, 34, |b| matches!(b, b'\\' | b'"' | b'\'' | b'`'));
    // `\n` behind a name is not its quote.
    let quoted = quotes > name_end && input.byte(quotes - 1) != b'\\';
    let mut at = if quoted { quotes } else { name_end };
    // `?user[NAME]=…`
    if !quoted && input.bytes[at..].starts_with(b"]=") && input.before(start) == b'[' {
        let outer = input.run_back(start - 1, FORM_NAME_MAX, |b| super::is_word(b) || b == b'-');
        if matches!(input.before(outer), b'?' | b'&' | b';' | b'"' | b'\'') || outer == 0 {
            return Some((Join::Query, at + 2));
        }
    }
    if input.byte(at) == b']' && (quoted || matches!(input.before(start), b':' | b'[')) {
        at += 1; // env["NAME"] = …, config[:name] = …
    }
    let stars = |at: usize| input.run(at, 2, |b| b == b'*');
    let after = spaces(stars(at));
    let (sign, next) = (input.byte(after), input.byte(after + 1));
    let before = input.before(start);
    if let Some(found) = idiom::find(input, start, at, quoted) {
        return Some(found);
    }
    if sign == b'=' {
        if next == b'=' || next == b'~' || matches!(input.before(after), b'!' | b'<' | b'>') {
            return None;
        }
        if matches!(before, b'?' | b'&' | b';') && !quoted && after == name_end && next != b' ' {
            return Some((Join::Query, after + 1));
        }
        let value = spaces(after + 1 + usize::from(next == b'>'));
        if let Some(inside) = idiom::wrapped(input, value) {
            return Some((Join::Call, inside));
        }
        let tight = after == name_end && value == after + 1 && !quoted;
        let env = tight
            && (flag
                || follows_option(input, start)
                || is_shouted(&input.bytes[start..name_end])
                || is_whole_line(input, start, value));
        let env = env || tight && is_keyword(input, start, value);
        return Some((if env { Join::Env } else { Join::Equals }, value));
    }
    if sign == b':' {
        // LDIF marks base64 so.
        if next == b':' && input.byte(after + 2) == b' ' && matches!(before, b'\n' | b' ') {
            return Some((Join::Env, spaces(after + 2)));
        }
        if next == b':' || (next == b'/' && input.byte(after + 2) == b'/') {
            return None;
        }
        // https://x-access-token:…@host is for the URL detector.
        if before == b'/' && input.bytes[..start].ends_with(b"://") {
            return None;
        }
        let value = spaces(stars(after + 1 + usize::from(next == b'=')));
        if let Some(inside) = idiom::wrapped(input, value) {
            return Some((Join::Call, inside));
        }
        if let Some(literal) = idiom::typed(input, value) {
            return Some((Join::Call, literal));
        }
        // What a header of one's own holds is taken literally.
        if matches!(input.byte(value), b'\n' | b'\r')
            && let Some(next) = next_line(input, value)
        {
            return Some((Join::Beside, next));
        }
        let header = !quoted && is_own_header(&input.bytes[start..name_end]);
        let join = if header { Join::Env } else { Join::Colon };
        return Some((join, line_value(input, value, quoted)));
    }
    if sign == b'>' && after == name_end && matches!(before, b'<' | b':') {
        return Some((Join::Tag, idiom::tagged(input, after + 1)));
    }
    if input.text[after..].starts_with('→') {
        return Some((Join::Colon, spaces(after + '→'.len_utf8())));
    }
    if let Some(dash) = ["->", "<-", "— ", "– ", "是", "为", "は"]
        .iter()
        .find(|dash| input.text[after..].starts_with(**dash))
    {
        return Some((Join::Prose, spaces(after + dash.len())));
    }
    // A row of a table.
    let cell = input.run_back(start, 2, |b| matches!(b, b' ' | b'*' | b'`'));
    if sign == b'|' && after > at && (matches!(input.before(cell), b'|' | b'\n') || cell == 0) {
        return Some((Join::Prose, spaces(after + 1)));
    }
    if quoted && sign == b',' {
        let value = spaces(after + 1);
        // In a list of names the next one is no value.
        let next = || {
            let listed = idiom::is_listed(input, start);
            (!listed || idiom::is_mixed(input, value)).then_some((Join::Call, value))
        };
        return pair(input, at).or_else(next);
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
    if sign == b'-' && next == b' ' {
        return Some((Join::Prose, spaces(after + 1)));
    }
    if let Some(literal) = idiom::sql(input, start, after).or_else(|| idiom::typed(input, after)) {
        return Some((Join::Call, literal));
    }
    VERBS
        .iter()
        .find(|verb| starts_with_ignoring_case(&input.text[after..], verb))
        .map(|verb| (Join::Prose, spaces(after + verb.len())))
        .or_else(|| idiom::purpose(input, after).map(|value| (Join::Prose, value)))
        .or_else(|| {
            if is_shouted(&input.bytes[start..name_end]) && is_exported(input, start) {
                return Some((Join::Env, after));
            }
            if is_listing(input, start, name_end, after) {
                return Some((Join::Prose, after));
            }
            let said = input.word_before(
                start,
                NETRC_MAX,
                &["login", "machine", "set", "setx", "env", "config", "wifi"],
            );
            let beside = after - at <= BESIDE_MAX;
            match said {
                true => Some((Join::Prose, after)),
                false => beside.then_some((Join::Beside, after)),
            }
        })
}

/// YAML block scalars stand on the next line, and so may what follows a name in quotes.
fn line_value(input: &Input<'_>, at: usize, quoted: bool) -> usize {
    if quoted && input.byte(at).is_ascii_whitespace() {
        let next = input.run(at, 64, |b| b.is_ascii_whitespace());
        return if matches!(input.byte(next), b'"' | b'\'') {
            next
        } else {
            at
        };
    }
    if !matches!(input.byte(at), b'|' | b'>') {
        return at;
    }
    let marks = input.run(at, 3, |b| matches!(b, b'|' | b'>' | b'-' | b'+'));
    if input.byte(marks) != b'\n' {
        return at;
    }
    input.run(marks, 64, |b| b.is_ascii_whitespace())
}

/// The only word of the line behind the one that ends at `at`, unless a value of its own follows it.
fn next_line(input: &Input<'_>, at: usize) -> Option<usize> {
    let word = input.run(at, 4, |b| b.is_ascii_whitespace());
    let end = input.run(word, 128, |b| !b.is_ascii_whitespace());
    let ends = end == input.bytes.len() || matches!(input.byte(end), b'\n' | b'\r');
    (ends && end > word && input.before(end) != b':').then_some(word)
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
    let known = ["value", "default", "content"];
    let found = known
        .iter()
        .find(|k| starts_with_ignoring_case(&input.text[word..], k))?;
    if word == at {
        return None;
    }
    let end = word + found.len();
    let sign = input.run(end, 6, |b| matches!(b, b'"' | b'\'' | b' ' | b'\\'));
    let attribute = *found == "content";
    if !matches!(input.byte(sign), b':' | b'=') || attribute && input.byte(sign) != b'=' {
        return None;
    }
    Some((Join::Colon, input.run(sign + 1, SPACE_MAX, |b| b == b' ')))
}

/// `--set name=value`, `-e NAME=value`.
fn follows_option(input: &Input<'_>, start: usize) -> bool {
    let quote = input.run_back(start, 1, |b| b == b'"' || b == b'\'');
    let space = input.run_back(quote, 2, |b| b == b' ' || b == b'=');
    let word = input.run_back(space, 24, |b| b.is_ascii_alphanumeric() || b == b'-');
    word < space && space < quote && input.byte(word) == b'-'
}

/// `set -gx NAME value`, `ENV NAME value`, `setx NAME value`.
fn is_exported(input: &Input<'_>, start: usize) -> bool {
    const WORDS: [&[u8]; 6] = [b"-gx", b"-x", b"-Ux", b"ENV", b"setx", b"SETX"];
    if input.before(start) != b' ' || start == 0 {
        return false;
    }
    let word = input.run_back(start - 1, 8, |b| !b.is_ascii_whitespace());
    WORDS.contains(&&input.bytes[word..start - 1])
}

/// A name that is shouted, a column of blanks and one word to the end of the line.
fn is_listing(input: &Input<'_>, start: usize, name_end: usize, value: usize) -> bool {
    if value < name_end + 2
        || !matches!(input.before(start), b'\n' | b'\r') && start > 0
        || !is_shouted(&input.bytes[start..name_end])
    {
        return false;
    }
    let end = input.run(value, 256, |b| !b.is_ascii_whitespace());
    matches!(input.byte(end), b'\n' | b'\r') || end == input.bytes.len()
}

/// `host=db user=app password=…`: one of a row of words, of which this is hardly a plain one.
fn is_keyword(input: &Input<'_>, start: usize, value: usize) -> bool {
    const WORD_MAX: usize = 64;
    if input.before(start) != b' ' || start == 0 {
        return false;
    }
    let word = input.run_back(start - 1, WORD_MAX, |b| !b.is_ascii_whitespace());
    let before = &input.bytes[word..start - 1];
    let pair = before.contains(&b'=') && !matches!(before.last(), Some(b',' | b'(' | b'{'));
    let end = input.run(value, WORD_MAX, |b| b.is_ascii_alphanumeric());
    let rest = input.bytes[value..end].get(1..).unwrap_or_default();
    pair && rest.iter().any(u8::is_ascii_uppercase) && rest.iter().any(u8::is_ascii_lowercase)
}

/// `X-Service-Token`
fn is_own_header(name: &[u8]) -> bool {
    matches!(name, [b'x' | b'X', b'-', ..])
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
