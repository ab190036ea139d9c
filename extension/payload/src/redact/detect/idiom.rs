//! How languages and formats write a name and its value where more than a sign joins them.

use super::super::values::starts_with_ignoring_case;
use super::Input;
use super::join::Join;

const SPACE_MAX: usize = 16;
const WORD_MAX: usize = 256;
const BLOCK_MAX: usize = 400;
/// What a string is wrapped in when it is kept.
const WRAPPERS: [&str; 9] = [
    "Some(",
    "SecretStr(",
    "SecretString(",
    "SecretString::new(",
    "SecretString::from(",
    "Secret::new(",
    "String::from(",
    "Buffer.from(",
    "str(",
];
/// How a form's field is filled in.
const FILLS: [&str; 8] = [
    ".fill(",
    ".type(",
    ".send_keys(",
    ".sendKeys(",
    ".setValue(",
    ".value = ",
    ".pressSequentially(",
    ".clear().type(",
];
const TYPES: [&str; 6] = ["str", "string", "text", "any", "char", "nsstring"];

/// The value of a name that stands at `start` and ends, its quotes included, at `at`.
pub(super) fn find(
    input: &Input<'_>,
    start: usize,
    at: usize,
    quoted: bool,
) -> Option<(Join, usize)> {
    // <key>APIKey</key> <string>…, <name>api.key</name> <value>…
    if input.before(start) == b'>'
        && let Some(end) = (["</key>", "</name>", "</Name>", "</Key>"].iter())
            .find_map(|close| skip(input, at, close))
    {
        let next = spaces(input, end);
        let mut opens = ["<string>", "<value>", "<Value>"].iter();
        let value = opens.find_map(|open| skip(input, next, open))?;
        return Some((Join::Tag, tagged(input, value)));
    }
    match input.byte(at) {
        // <string name="api_key">…</string>
        b'>' if quoted && is_named(input, start) => {
            let next = spaces(input, at + 1);
            let mut opens = ["<value>", "<Value>"].iter();
            let inner = opens.find_map(|open| skip(input, next, open));
            Some((Join::Tag, element(input, inner.unwrap_or(at + 1))?))
        }
        // <Password Type="text">…</Password>
        b' ' if matches!(input.before(start), b'<' | b':') && !quoted => {
            let end = input.run(at, 120, |b| !matches!(b, b'<' | b'>' | b'\n'));
            if input.byte(end) != b'>' || input.before(end) == b'/' {
                return Some((Join::Call, otherwise(input, at)?));
            }
            Some((Join::Tag, element(input, end + 1)?))
        }
        // variable "db_password" { … default = "…" }
        b' ' if quoted && input.byte(at + 1) == b'{' => {
            let block = input.ahead(at, BLOCK_MAX);
            let block = input.text[at..block].split('}').next()?;
            let name = at + block.find("default")? + "default".len();
            let sign = spaces(input, name);
            (input.byte(sign) == b'=').then(|| (Join::Call, spaces(input, sign + 1)))
        }
        // The part of a form: name="password", an empty line.
        b'\r' | b'\n' | b'\\' if quoted && input.word_before(start, 8, &["name"]) => {
            let ends = ["\r\n\r\n", "\n\n", "\\r\\n\\r\\n", "\\n\\n"];
            let value = ends.iter().find_map(|end| skip(input, at, end))?;
            Some((Join::Tag, value))
        }
        b')' | b']' | b'"' | b'\'' | b'.' => {
            let end = input.run(at, 6, |b| matches!(b, b')' | b']' | b'"' | b'\''));
            let mut fills = FILLS.iter();
            fills.find_map(|fill| Some((Join::Call, skip(input, end, fill)?)))
        }
        b' ' => Some((Join::Call, otherwise(input, at)?)),
        b';' if quoted => Some((Join::Call, serialized(input, at)?)),
        b'=' if quoted => Some((Join::Call, dumped(input, at)?)),
        _ => None,
    }
}

/// The content of an element, without what it is wrapped in and its indentation.
pub(super) fn tagged(input: &Input<'_>, at: usize) -> usize {
    if let Some(inside) = skip(input, at, "<![CDATA[") {
        return inside;
    }
    if !matches!(input.byte(at), b'\n' | b'\r' | b'\\') {
        return at;
    }
    let word = spaces(input, at);
    element(input, word).unwrap_or(at)
}

/// `at`, when one word stands there and then the end of an element.
fn element(input: &Input<'_>, at: usize) -> Option<usize> {
    let end = input.run(at, WORD_MAX, |b| {
        !b.is_ascii_whitespace() && !matches!(b, b'<' | b'>' | b'\\')
    });
    let close = spaces(input, end);
    (end > at && input.bytes[close..].starts_with(b"</")).then_some(at)
}

/// True for the value of an attribute `name` or `key`.
fn is_named(input: &Input<'_>, start: usize) -> bool {
    let quote = input.run_back(start, 8, |b| matches!(b, b'"' | b'\'' | b'\\'));
    if quote == start || input.before(quote) != b'=' {
        return false;
    }
    let word = input.run_back(quote - 1, 8, |b| b.is_ascii_alphabetic());
    let word = &input.text[word..quote - 1];
    word.eq_ignore_ascii_case("name") || word.eq_ignore_ascii_case("key")
}

/// `password for the test host: …`, at its `for`.
pub(super) fn purpose(input: &Input<'_>, at: usize) -> Option<usize> {
    let words = skip(input, at, "for ")?;
    let end = input.run(words, 40, |b| super::is_word(b) || b" -'".contains(&b));
    (input.byte(end) == b':' && input.byte(end + 1) == b' ').then(|| spaces(input, end + 1))
}

/// The literal in what a string is wrapped in at `at`: `Some("…")`.
pub(super) fn wrapped(input: &Input<'_>, at: usize) -> Option<usize> {
    if !input.byte(at).is_ascii_alphabetic() {
        return None;
    }
    let mut wrappers = WRAPPERS.iter();
    let inside = wrappers.find_map(|wrapper| skip(input, at, wrapper))?;
    is_quote(input, inside).then_some(inside)
}

/// The literal behind a type at `at`: `: &str = "…"`, ` string = "…"`.
pub(super) fn typed(input: &Input<'_>, at: usize) -> Option<usize> {
    if !input.byte(at).is_ascii_alphabetic() && input.byte(at) != b'&' {
        return None;
    }
    let end = input.run(at, 40, |b| super::is_word(b) || b"&'<>[]?., ".contains(&b));
    if input.byte(end) != b'=' || input.byte(end + 1) == b'=' {
        return None;
    }
    let mut words = input.text[at..end].split(|c: char| !c.is_ascii_alphanumeric());
    if !words.any(|word| TYPES.iter().any(|t| word.eq_ignore_ascii_case(t))) {
        return None;
    }
    let literal = spaces(input, end + 1);
    is_quote(input, literal).then_some(literal)
}

/// `mysql_native_password BY '…'`, `PASSWORD FOR 'name'@'%' = '…'`.
pub(super) fn sql(input: &Input<'_>, start: usize, at: usize) -> Option<usize> {
    let literal = if starts_with_ignoring_case(&input.text[at..], "by ") {
        at + 3
    } else if starts_with_ignoring_case(&input.text[at..], "for ")
        && input.word_before(start, 4, &["set"])
    {
        let sign = input.run(at, 80, |b| !matches!(b, b'=' | b'\n' | b';'));
        if input.byte(sign) != b'=' {
            return None;
        }
        spaces(input, sign + 1)
    } else {
        return None;
    };
    (input.byte(literal) == b'\'').then_some(literal)
}

/// `process.env.KEY || "…"`: the value that is used otherwise, when it is no word.
fn otherwise(input: &Input<'_>, at: usize) -> Option<usize> {
    let sign = spaces(input, at);
    let end = ["|| ", "?? "].iter().find_map(|or| skip(input, sign, or))?;
    is_mixed(input, end).then_some(end)
}

/// True when the name at `start` is not the first of a list: `'a', 'b', 'name'`.
pub(super) fn is_listed(input: &Input<'_>, start: usize) -> bool {
    let quote = input.run_back(start, 4, |b| matches!(b, b'"' | b'\'' | b'`' | b'\\'));
    let space = input.run_back(quote, SPACE_MAX, |b| b.is_ascii_whitespace());
    quote < start && input.before(space) == b','
}

/// True for a literal of letters and digits.
pub(super) fn is_mixed(input: &Input<'_>, at: usize) -> bool {
    if !is_quote(input, at) {
        return false;
    }
    let open = input.run(at, 8, |b| b == b'\\');
    let stop = input.run(open + 1, 80, |b| b != input.byte(open));
    let value = &input.bytes[open + 1..stop];
    value.iter().any(u8::is_ascii_digit) && value.iter().any(u8::is_ascii_alphabetic)
}

/// PHP: `["password"]=> string(9) "…"`.
fn dumped(input: &Input<'_>, at: usize) -> Option<usize> {
    let value = spaces(input, skip(input, at, "=>")?);
    let length = skip(input, value, "string(")?;
    let digits = input.run(length, 6, |b| b.is_ascii_digit());
    let literal = skip(input, digits, ") ")?;
    is_quote(input, literal).then_some(literal)
}

/// PHP: `s:8:"password";s:9:"…"`.
fn serialized(input: &Input<'_>, at: usize) -> Option<usize> {
    let length = skip(input, at, ";s:")?;
    let digits = input.run(length, 6, |b| b.is_ascii_digit());
    let literal = skip(input, digits, ":")?;
    is_quote(input, literal).then_some(literal)
}

fn skip(input: &Input<'_>, at: usize, what: &str) -> Option<usize> {
    let there = input.bytes.get(at..)?.starts_with(what.as_bytes());
    there.then_some(at + what.len())
}

/// Line ends may be escaped.
fn spaces(input: &Input<'_>, at: usize) -> usize {
    let mut end = input.run(at, SPACE_MAX, |b| b.is_ascii_whitespace());
    while input.byte(end) == b'\\' && matches!(input.byte(end + 1), b'n' | b'r' | b't') {
        end = input.run(end + 2, SPACE_MAX, |b| b.is_ascii_whitespace());
    }
    end
}

fn is_quote(input: &Input<'_>, at: usize) -> bool {
    let open = input.run(at, 8, |b| b == b'\\');
    matches!(input.byte(open), b'"' | b'\'' | b'`')
}
