//! Cookies: names and attributes stay, values go.

use super::super::kind::Kind;
use super::super::spans::Hits;
use super::super::values::is_placeholder;
use crate::interrupt;

/// Attributes of `Set-Cookie` and cookies that carry a preference, in lower case.
const HARMLESS: [&str; 14] = [
    "path", "domain", "expires", "max-age", "samesite", "priority", "version", "theme", "lang",
    "locale", "language", "tz", "timezone", "currency",
];

/// Nobody puts spaces around the sign of a cookie, but in code.
const SPACED_MIN: usize = 16;

/// The values in the header value `text`, which starts at `offset` of what is scanned.
pub(crate) fn find(text: &str, offset: usize, hits: &mut Hits) {
    let mut at = 0;
    for part in text.split(';') {
        interrupt::check(part.len() + 1);
        let start = at;
        at += part.len() + 1;
        let Some((name, value)) = part.split_once('=') else {
            continue;
        };
        let trimmed = value.trim();
        // `SO_COOKIE: c_int = 57` is code.
        let spaced = name.ends_with(' ') && value.starts_with(' ');
        if spaced && trimmed.len() < SPACED_MIN {
            continue;
        }
        let name = name.trim().to_ascii_lowercase();
        if HARMLESS.contains(&name.as_str()) || is_placeholder(trimmed) {
            continue;
        }
        let from = start + part.len() - value.trim_start().len();
        hits.push(offset + from, offset + from + trimmed.len(), Kind::COOKIE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_go_names_and_attributes_stay() {
        let text = "theme=dark; sid=s%3AS0knb; Path=/; HttpOnly; SameSite=Lax; e=";
        let mut hits = Hits::default();
        find(text, 0, &mut hits);
        let found: Vec<&str> = hits.iter().map(|h| &text[h.start..h.end]).collect();
        assert_eq!(found, ["s%3AS0knb"]);
        hits.clear();
        find("c_int = 57", 0, &mut hits);
        assert!(hits.is_empty());
    }
}
