//! What each action writes in place of what was found.

use super::action::Action;
use super::canonical::canonical;
use super::keyed::Key;
use super::mask;
use super::pseudonym;
use crate::interrupt;

/// The last characters that are kept of a number.
const LAST: usize = 4;
/// Of a value that is not known by its shape, nothing is kept when it is shorter than this.
const UNKNOWN_MIN: usize = 12;
/// One part in so many is kept at most; only the domain of an e-mail address may be more.
const SHARE: usize = 3;

/// Appends what stands for `hidden`, which is a `kind`. Without a key, and where nothing may be kept,
/// that is a marker.
pub(super) fn push(out: &mut String, kind: &str, action: Action, hidden: &str, key: Option<&Key>) {
    match (action, key) {
        (Action::Keep, _) => out.push_str(hidden),
        (Action::Remove, _) => {}
        (Action::Partial, _) => match kept(kind, hidden) {
            Some(kept) => mask::push_partial(out, kind, hidden, &kept),
            None => mask::push(out, kind, hidden),
        },
        (Action::Hash, Some(key)) => {
            let digest = key.digest(kind, &canonical(kind, hidden));
            mask::push_hash(out, kind, key.id(), &digest.hex());
        }
        (Action::Pseudonym, Some(key)) => {
            let digest = key.digest(kind, &canonical(kind, hidden));
            pseudonym::push(out, kind, key.id(), &digest, hidden);
        }
        (Action::Mask | Action::Hash | Action::Pseudonym, _) => mask::push(out, kind, hidden),
    }
}

/// What `hash` and `pseudonym` put in the place of a value, as a detector or own pattern finds it.
pub fn pseudonyms(kind: &str, value: &str, key: &Key) -> (String, String) {
    let (mut hash, mut pseudonym) = (String::new(), String::new());
    push(&mut hash, kind, Action::Hash, value, Some(key));
    push(&mut pseudonym, kind, Action::Pseudonym, value, Some(key));
    (hash, pseudonym)
}

/// What is kept of a value; `None`: nothing.
fn kept(kind: &str, hidden: &str) -> Option<String> {
    match kind {
        "email" => {
            let domain = &hidden[hidden.rfind('@')?..];
            let plain = domain[1..].bytes().all(mask::is_domain) && domain.contains('.');
            (plain && domain.len() <= mask::DOMAIN_MAX).then(|| domain.to_owned())
        }
        "ip" => {
            let first = hidden.split(['.', ':']).next()?;
            let plain = first.bytes().all(|b| b.is_ascii_hexdigit());
            (plain && !first.is_empty() && first.len() * SHARE <= hidden.len())
                .then(|| first.to_owned())
        }
        "iban" => {
            let all: String = hidden.chars().filter(char::is_ascii_alphanumeric).collect();
            let (country, rest) = all.split_at_checked(2)?;
            let last = LAST.min((all.len() / SHARE).saturating_sub(country.len()));
            let end = &rest[rest.len().checked_sub(last)?..];
            (last > 0).then(|| format!("{country}*{end}").to_ascii_uppercase())
        }
        "card" | "phone" | "ssn" => {
            let digits: String = hidden.chars().filter(char::is_ascii_digit).collect();
            let last = LAST.min(digits.len() / SHARE);
            (last > 0).then(|| digits[digits.len() - last..].to_owned())
        }
        _ => {
            let length = interrupt::characters(hidden);
            let end = hidden.get(hidden.len().checked_sub(LAST)?..)?;
            let plain = end.bytes().all(|b| b.is_ascii_alphanumeric());
            (length >= UNKNOWN_MIN && plain).then(|| end.to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(kind: &str, action: Action, hidden: &str) -> String {
        let key = Key::new(3, "acme", &[5; 32]);
        let mut out = String::new();
        push(&mut out, kind, action, hidden, key.as_ref());
        out
    }

    #[test]
    fn what_is_kept_is_never_more_than_a_third_but_for_domains() {
        for (kind, hidden, marker) in [
            (
                "email",
                "jo.doe@example.com",
                "[redacted:email:6:@example.com]",
            ),
            ("email", "jo%40example.com", "[redacted:email:16]"),
            ("card", "4111 1111 1111 1234", "[redacted:card:15:1234]"),
            (
                "iban",
                "GB82 WEST 1234 5698 7654 32",
                "[redacted:iban:20:GB*5432]",
            ),
            ("iban", "NO9386011117947", "[redacted:iban:9:NO*947]"),
            ("phone", "+1 415 555 0158", "[redacted:phone:12:158]"),
            ("phone", "+49 1512 3456789", "[redacted:phone:12:6789]"),
            ("ssn", "123-45-6789", "[redacted:ssn:8:789]"),
            ("ip", "203.0.113.9", "[redacted:ip:8:203]"),
            ("ip", "8.8.8.8", "[redacted:ip:6:8]"),
            ("key", "K-2024-00017711", "[redacted:key:11:7711]"),
            ("key", "hunter2hunt", "[redacted:key:11]"),
            ("key", "0123456789 äöü", "[redacted:key:14]"),
        ] {
            let out = replaced(kind, Action::Partial, hidden);
            assert_eq!(out, marker);
            assert_eq!(mask::at_start(out.as_bytes()), Some(out.len()), "{out}");
        }
    }

    #[test]
    fn each_action_writes_its_own() {
        let mail = "Jo@Example.com";
        assert_eq!(replaced("email", Action::Mask, mail), "[redacted:email:14]");
        assert_eq!(replaced("email", Action::Remove, mail), "");
        assert_eq!(replaced("email", Action::Keep, mail), mail);
        let hash = replaced("email", Action::Hash, mail);
        assert!(hash.starts_with("[redacted:email:h3:"), "{hash}");
        assert_eq!(hash, replaced("email", Action::Hash, "jo@example.com"));
        assert_eq!(mask::at_start(hash.as_bytes()), Some(hash.len()));
        let name = replaced("email", Action::Pseudonym, mail);
        assert_eq!(name, replaced("email", Action::Pseudonym, "jo@example.com"));
        assert_ne!(name, replaced("email", Action::Pseudonym, "bo@example.com"));
    }

    #[test]
    fn without_a_key_nothing_is_hashed() {
        for action in [Action::Hash, Action::Pseudonym] {
            let mut out = String::new();
            push(&mut out, "email", action, "a@b.de", None);
            assert_eq!(out, "[redacted:email:6]");
        }
    }
}
