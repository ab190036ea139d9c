//! URLs: the password of `user:password@host`. Secrets in the query are found by their names,
//! see [`super::assignment`].

use super::super::kind::Kind;
use super::super::spans::Hits;
use super::super::values::{is_opaque, is_placeholder};
use super::Input;

const AUTHORITY_MAX: usize = 512;
/// A user name this long and random is a token.
const TOKEN_MIN: usize = 16;

/// The authority behind a `://` that ends at `at`.
pub(crate) fn find(input: &Input<'_>, at: usize, hits: &mut Hits) {
    let stop = input.run(at, AUTHORITY_MAX, |b| {
        !b.is_ascii_whitespace() && !matches!(b, b'/' | b'"' | b'\'' | b'<' | b'>' | b'`' | b'\\')
    });
    let sign = input.bytes[at..stop].iter().rposition(|b| *b == b'@');
    let Some(end) = sign.map_or_else(|| slashed(input, at, stop), |sign| Some(at + sign)) else {
        return;
    };
    let (start, least) = match input.bytes[at..end].iter().position(|b| *b == b':') {
        Some(colon) => (at + colon + 1, 0),
        None => (at, TOKEN_MIN),
    };
    // Two URLs in a row without a space are not one with a password.
    let value = &input.text[start..end];
    let known = ["x-access-token", "oauth2", "token"];
    if value.is_empty() || is_template(value) || is_placeholder(value) || known.contains(&value) {
        return;
    }
    let random = is_opaque(value, least)
        || value.len() >= least
            && value.bytes().any(|b| b.is_ascii_digit())
            && value.bytes().any(|b| b.is_ascii_uppercase());
    if least == 0 || random {
        hits.push(start, end, Kind::URL_PASSWORD);
    }
}

/// The `@` behind a password with a slash in it, which ends the authority at `slash`.
fn slashed(input: &Input<'_>, at: usize, slash: usize) -> Option<usize> {
    let colon = at + input.bytes[at..slash].iter().position(|b| *b == b':')?;
    let user = input.bytes[at..colon].iter().all(|b| super::is_word(*b));
    let port = input.bytes[colon + 1..slash].iter().all(u8::is_ascii_digit);
    if !user || port || input.byte(slash) != b'/' {
        return None;
    }
    let sign = input.run(slash, AUTHORITY_MAX, |b| {
        !b.is_ascii_whitespace() && !b"@\"'<>`\\:?&".contains(&b)
    });
    (input.byte(sign) == b'@').then_some(sign)
}

/// `{password}`, `%s`, `***`: what stands in format strings and documentation.
fn is_template(value: &str) -> bool {
    ["PASS", "PASSWORD", "PASSWD", "PWD"].contains(&value)
        || value.contains("{") && value.contains('}')
        || value.starts_with('$')
            && value.len() < 40
            && value[1..]
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&str> {
        let input = Input::new(text, "");
        let mut hits = Hits::default();
        find(&input, text.find("://")? + 3, &mut hits);
        hits.iter().next().map(|h| &text[h.start..h.end])
    }

    #[test]
    fn passwords_of_urls() {
        for (text, password) in [
            (
                "mysql://app:w1nter!M_7@db-2.example.net:5002/x",
                "w1nter!M_7",
            ),
            ("redis://:s3cr3t@host:6379/0", "s3cr3t"),
            ("https://oauth2:pa55@git.example.com/a.git", "pa55"),
            ("amqp://u:p@ss#word@host", "p@ss#word"),
            ("postgres://app:ab/cd9@db.example.net/x", "ab/cd9"),
            (
                "https://a8f3kd93kd02kd93kf84@github.com/x",
                "a8f3kd93kd02kd93kf84",
            ),
        ] {
            assert_eq!(found(text), Some(password), "{text}");
        }
    }

    #[test]
    fn urls_without_one_stay() {
        for text in [
            "https://example.com/a:b@c",
            "https://me@example.com",
            "http://localhost:8080",
            "postgres://u:${PW}@h/d",
            "postgres://u:{password}@h/d",
            "https://user:***@h",
            "postgres://USER:PASSWORD@HOST/DB",
            "http://h:8080/x@y",
            "see http://h:x/y and a@b",
            "https://u:[redacted:url-password:4]@h",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
