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
    let Some(sign) = input.bytes[at..stop].iter().rposition(|b| *b == b'@') else {
        return;
    };
    let end = at + sign;
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

/// `{password}`, `%s`, `***`: what stands in format strings and documentation.
fn is_template(value: &str) -> bool {
    value.contains("{") && value.contains('}')
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
            "https://u:[redacted:url-password:4]@h",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
