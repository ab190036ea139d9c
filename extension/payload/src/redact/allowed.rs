//! Values that a policy lets stand, whole or with `*` for any characters.

use super::canonical::canonical;
use std::borrow::Cow;

pub(super) const VALUE_MAX: usize = 200;

/// The values of one policy.
#[derive(Default)]
pub(super) struct Allowed {
    list: Vec<Box<str>>,
}

impl Allowed {
    pub fn add(&mut self, value: &str) {
        self.list.push(value.into());
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// True when `value`, as it stands or in its canonical spelling, is on the list.
    pub fn has(&self, kind: &str, value: &str) -> bool {
        if self.list.is_empty() || value.len() > VALUE_MAX * 4 {
            return false;
        }
        let spellings = [Cow::Borrowed(value), canonical(kind, value)];
        self.list
            .iter()
            .any(|wanted| spellings.iter().any(|value| matches(wanted, value)))
    }
}

/// `*` stands for any characters, also none. Linear for each star.
fn matches(wanted: &str, value: &str) -> bool {
    let mut parts = wanted.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = value.strip_prefix(first) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_anything() {
        for (wanted, value, same) in [
            ("a@b.de", "a@b.de", true),
            ("a@b.de", "xa@b.de", false),
            ("a@b.de", "a@b.dex", false),
            ("*@b.de", "jo@b.de", true),
            ("*@b.de", "jo@b.de.evil.com", false),
            ("jo*", "jo@b.de", true),
            ("a*b*c", "a--b--c", true),
            ("a*b*c", "a--c--b", false),
            ("ab*ba", "aba", false),
        ] {
            assert_eq!(matches(wanted, value), same, "{wanted} {value}");
        }
        let mut allowed = Allowed::default();
        allowed.add("support@example.com");
        allowed.add("4111111111111111");
        assert!(allowed.has("email", "Support@Example.com"));
        assert!(allowed.has("card", "4111 1111 1111 1111"));
        assert!(!allowed.has("key", "Support@Example.com"));
    }
}
