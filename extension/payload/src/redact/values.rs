//! What a value looks like: a placeholder, an expression of code, something random, or words.

use super::identifier::{is_gibberish, is_identifier};
use super::mask;
use crate::interrupt;

/// Values that say themselves that they are none, in lower case.
const EMPTY_WORDS: [&str; 43] = [
    "null",
    "none",
    "nil",
    "undefined",
    "true",
    "false",
    "yes",
    "no",
    "na",
    "string",
    "str",
    "text",
    "number",
    "integer",
    "int",
    "bool",
    "boolean",
    "object",
    "array",
    "any",
    "bytes",
    "required",
    "optional",
    "hidden",
    "masked",
    "redacted",
    "removed",
    "filtered",
    "unset",
    "empty",
    "default",
    "disabled",
    "enabled",
    "bearer",
    "basic",
    "bytea",
    "varchar",
    "unknown",
    "never",
    "void",
    // Of a request in a browser.
    "include",
    "same-origin",
    "omit",
];

/// True for what stands in for a value: nothing, a marker, a template, a row of stars.
pub(super) fn is_placeholder(value: &str) -> bool {
    let value = value.trim_matches(interrupt::is_space);
    let bytes = value.as_bytes();
    let Some(&first) = bytes.first() else {
        return true;
    };
    if mask::at_start(bytes).is_some() {
        return true;
    }
    let is_dot = |c| {
        interrupt::check(1);
        matches!(c, '•' | '…')
    };
    if interrupt::all(bytes, |b| b"*xX.-_#?0".contains(&b)) || value.chars().all(is_dot) {
        return true;
    }
    let last = bytes[bytes.len() - 1];
    let enclosed = matches!(
        (first, last),
        (b'<', b'>') | (b'{', b'}') | (b'[', b']') | (b'%', b'%')
    );
    if (enclosed && !is_braced_value(value))
        || value.starts_with("{{")
        || value.starts_with("${")
        || value.starts_with("$(")
        || value.starts_with("<%")
        || value.starts_with("%(")
    {
        return true;
    }
    let word = value.trim_matches(|c: char| {
        interrupt::check(1);
        c.is_ascii_punctuation()
    });
    if EMPTY_WORDS.iter().any(|w| word.eq_ignore_ascii_case(w)) || value.eq_ignore_ascii_case("n/a")
    {
        return true;
    }
    is_variable(bytes) || is_reference(value) || is_type(value)
}

/// `0x7ffd12345678` in a stack trace.
pub(super) fn is_pointer(bytes: &[u8]) -> bool {
    matches!(bytes, [b'0', b'x', digits @ ..] if (4..=16).contains(&digits.len())
        && digits.iter().all(u8::is_ascii_hexdigit))
}

/// `varchar(64)`, `string?`.
fn is_type(value: &str) -> bool {
    const TYPES: [&str; 6] = ["varchar", "char", "nvarchar", "varbinary", "string", "text"];
    let Some((name, size)) = value.split_once('(') else {
        return false;
    };
    let sized = |size: &str| !size.is_empty() && size.bytes().all(|b| b.is_ascii_digit());
    size.strip_suffix(')').is_some_and(sized) && TYPES.iter().any(|t| name.eq_ignore_ascii_case(t))
}

/// `{s3cret9…}`: ODBC puts values into braces.
fn is_braced_value(value: &str) -> bool {
    let inside = value.strip_prefix('{').and_then(|v| v.strip_suffix('}'));
    inside.is_some_and(|inside| {
        inside.len() <= 128
            && inside
                .bytes()
                .all(|b| b.is_ascii_graphic() && !b"{}:,\"'".contains(&b))
            && is_opaque(inside, 8)
            && !is_identifier(inside)
    })
}

/// `$NAME` and `%s`.
fn is_variable(bytes: &[u8]) -> bool {
    match bytes {
        [b'%', b's' | b'd' | b'v'] => true,
        [b'$', first, rest @ ..] => {
            (first.is_ascii_alphabetic() || *first == b'_')
                && interrupt::all(rest, |b| b.is_ascii_alphanumeric() || b == b'_')
                && (interrupt::all(rest, |b| !b.is_ascii_lowercase())
                    || interrupt::all(rest, |b| !b.is_ascii_digit()))
        }
        _ => false,
    }
}

/// Values that name where the secret is kept, and the fill-ins of documentation.
fn is_reference(value: &str) -> bool {
    const STARTS: [&str; 13] = [
        "process.env",
        "os.environ",
        "os.getenv",
        "env.",
        "env:",
        "env(",
        "secrets.",
        "vault:",
        "op://",
        "arn:aws:",
        "import.meta.env",
        "getenv",
        "ref+",
    ];
    const INSIDE: [&str; 7] = [
        "your-",
        "your_",
        "<your",
        "yourapi",
        "-here",
        "_here",
        "placeholder",
    ];
    if STARTS.iter().any(|s| starts_with_ignoring_case(value, s)) {
        return true;
    }
    // Of what was hidden in it only the length is known.
    (value.len() <= 64 || interrupt::contains(value, mask::OPEN)) && {
        let lower = value.to_ascii_lowercase();
        let is_inside = |part: &&str| {
            interrupt::check(lower.len());
            lower.contains(part)
        };
        INSIDE.iter().any(is_inside) || lower == "yourpassword" || lower == "your password"
    }
}

pub(super) fn starts_with_ignoring_case(text: &str, start: &str) -> bool {
    text.as_bytes()
        .get(..start.len())
        .is_some_and(|b| b.eq_ignore_ascii_case(start.as_bytes()))
}

/// True for code that stands where a value could: a name, a call, an index.
pub(super) fn is_expression(value: &str) -> bool {
    let bytes = value.as_bytes();
    if bytes.iter().any(|b| matches!(b, b'(' | b'[' | b'{'))
        && bytes
            .first()
            .is_some_and(|b| b.is_ascii_alphabetic() || b"&*!_$([{".contains(b))
    {
        return true;
    }
    if bytes.first().is_some_and(|b| b"&*([{!|".contains(b)) {
        return true;
    }
    let name = value.trim_end_matches([',', ';', ')', '?', ':']);
    let mut parts = name.split(['.', ':']).filter(|p| !p.is_empty());
    parts.all(is_identifier)
}

/// True for what no person would make up: long enough, of one piece, letters and digits mixed.
pub(super) fn is_opaque(value: &str, least: usize) -> bool {
    let bytes = value.as_bytes();
    if bytes.len() < least || !interrupt::all(bytes, |b| !b.is_ascii_whitespace()) {
        return false;
    }
    if is_uuid(bytes) || starts_with_date(bytes) {
        return false;
    }
    let (mut digits, mut letters, mut upper) = (0, 0, 0);
    for byte in interrupt::pieces(bytes).flatten() {
        digits += usize::from(byte.is_ascii_digit());
        letters += usize::from(byte.is_ascii_alphabetic());
        upper += usize::from(byte.is_ascii_uppercase());
    }
    let odd = bytes.len() - digits - letters;
    let mixed_case = upper >= 3 && letters - upper >= 3;
    (digits >= 2 && letters >= 2 && odd * 3 <= bytes.len())
        || (digits == 1 && mixed_case && odd == 0 && bytes.len() >= 12)
        || (mixed_case && odd == 0 && bytes.len() >= 24 && !is_camel(bytes))
        || (odd == 0 && is_gibberish(bytes))
}

pub(super) fn is_uuid(bytes: &[u8]) -> bool {
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => *b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

fn starts_with_date(bytes: &[u8]) -> bool {
    bytes.len() >= 10
        && bytes[..10].iter().enumerate().all(|(i, b)| match i {
            4 | 7 => *b == b'-',
            _ => b.is_ascii_digit(),
        })
}

/// `someLongCamelCaseName`: capitals, each with a few small letters behind.
fn is_camel(bytes: &[u8]) -> bool {
    let (mut upper, mut runs, mut after_upper) = (0, 0, false);
    for byte in interrupt::pieces(bytes).flatten() {
        let is_upper = byte.is_ascii_uppercase();
        upper += usize::from(is_upper);
        runs += usize::from(is_upper && after_upper);
        after_upper = is_upper;
    }
    bytes.len() >= upper * 4 && runs <= 2
}

#[cfg(test)]
#[path = "values_tests.rs"]
mod tests;
