//! Key names: which say that their value is a secret.
//!
//! A name is compared by its words (`clientSecret`, `CLIENT-SECRET` and `client_secret` are the
//! same two), and only at its end: `password_policy` is a policy. Longer matches win, so an allowed
//! `page token` survives the rule `token`, and a rule `next page token` would take it back.

use super::endings::Endings;
use super::letters::{Letters, NAME_MAX, Name, folded};
use super::trie::Trie;

/// How the value under a key is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Whatever stands there.
    Secret,
    /// One word of some length: `token` also names pieces of text.
    Token,
    /// Only what looks random.
    Opaque,
    /// Short codes of digits.
    Code,
    /// `<scheme> <credential>`.
    Authorization,
    Cookie,
}

/// Names that mean less, or something more special, than [`Class::Secret`].
const CLASSES: [(Class, &[&str]); 5] = [
    (
        Class::Token,
        &["token", "bearer", "jwt", "t0ken", "csrftoken", "xsrftoken"],
    ),
    (
        Class::Opaque,
        &[
            "auth",
            "pass",
            "pw",
            "sessid",
            "cred",
            "creds",
            "pepper",
            "authcode",
            "authorizationcode",
            "oauthcode",
            "accesscode",
            "codeverifier",
            "clientassertion",
        ],
    ),
    (
        Class::Code,
        &[
            "pin",
            "otp",
            "cvv",
            "cvc",
            "cvv2",
            "cvc2",
            "csc",
            "pincode",
            "mfacode",
            "otpcode",
            "totpcode",
            "totp",
            "mfa",
            "2fa",
            "2facode",
            "securitycode",
            "verificationcode",
            "onetimecode",
            "smscode",
            "cardpin",
        ],
    ),
    (Class::Authorization, &["authorization"]),
    (Class::Cookie, &["cookie", "cookies"]),
];

/// From this length on a rule also matches at the end of a longer word: `PGPASSWORD`, `myapikey`.
const GLUED_MIN: usize = 6;

/// Headers keep their meaning behind a prefix (`Proxy-Authorization`), other names do not.
fn class_of(rule: &[u8]) -> Class {
    for (class, names) in CLASSES {
        let header = matches!(class, Class::Authorization | Class::Cookie);
        let named = |n: &&str| rule == n.as_bytes() || (header && rule.ends_with(n.as_bytes()));
        if names.iter().any(named) {
            return class;
        }
    }
    Class::Secret
}

pub(super) struct KeyRules {
    /// The names, read from their last letter to the first.
    names: Trie,
    /// What the last letters of a name must be for any rule to match: one look-up for most names.
    endings: Option<Endings>,
    /// Names in other scripts, which stand in text as they are written.
    foreign: Vec<String>,
}

impl KeyRules {
    pub fn new(keys: &[&str], allowed: &[&str]) -> Self {
        let mut rules = KeyRules::names(keys, allowed);
        let mut endings = Endings::default();
        for name in keys.iter().map(|key| Name::new(key)) {
            endings.add(name.text(), name.last_word());
        }
        rules.endings = Some(endings);
        let other = keys.iter().filter(|key| !key.is_ascii());
        // As a sentence begins, too.
        let begins = |key: &str| -> Option<String> {
            let mut rest = key.chars();
            let first = rest.next()?;
            Some(first.to_uppercase().chain(rest).collect())
        };
        let mut foreign: Vec<String> = other.map(|key| key.to_lowercase()).collect();
        foreign.extend(foreign.clone().iter().filter_map(|key| begins(key)));
        foreign.sort_unstable();
        foreign.dedup();
        rules.foreign = foreign;
        rules
    }

    /// Rules for names only, which text is not searched for.
    pub fn names(keys: &[&str], allowed: &[&str]) -> Self {
        let rule = |key: &&str| (normal(key), Some(class_of(&normal(key))));
        let allowed = allowed.iter().map(|key| (normal(key), None));
        KeyRules {
            names: Trie::new(keys.iter().map(rule).chain(allowed).collect()),
            endings: None,
            foreign: Vec::new(),
        }
    }

    /// The windows in which names end, for a search in text.
    pub fn endings(&self) -> Option<&Endings> {
        self.endings.as_ref()
    }

    pub fn foreign(&self) -> &[String] {
        &self.foreign
    }

    /// False when no name ends where `text` does.
    #[inline]
    pub fn may_end(&self, text: &[u8]) -> bool {
        // What is before it may be nothing but numbers, to the start of the text.
        let near = &text[text.len().saturating_sub(2 * NAME_MAX)..];
        self.names.has_end(glued(Letters::new(near)))
    }

    /// How the value under `key` is judged, when the key's name says that it is secret.
    pub fn class(&self, key: &str) -> Option<Class> {
        self.rule(key).map(|(_, class)| class)
    }

    /// As [`KeyRules::class`], and how many letters the name of the rule has that fits.
    pub fn rule(&self, key: &str) -> Option<(usize, Class)> {
        if let Some(letters) = spelled(key) {
            return self.names.rule(glued(Letters::new(letters.as_bytes())));
        }
        let ends = self.endings.as_ref();
        if ends.is_some_and(|endings| !endings.may_end(key.as_bytes())) {
            return None;
        }
        let folded = folded(key);
        self.names.rule(glued(Letters::new(folded.as_bytes())))
    }
}

/// The letters of `p a s s w o r d`, which stand one by one.
fn spelled(key: &str) -> Option<String> {
    const LETTERS_MIN: usize = 5;
    let bytes = key.as_bytes();
    let separator = *bytes.get(1).filter(|b| b" _-.".contains(b))?;
    if bytes.len() < 2 * LETTERS_MIN - 1
        || bytes.len() > NAME_MAX
        || bytes.get(3) != Some(&separator)
    {
        return None;
    }
    let mut places = bytes.iter().enumerate();
    let apart = places.all(|(at, b)| match at % 2 {
        0 => b.is_ascii_alphabetic(),
        _ => *b == separator,
    });
    let letters = bytes.iter().step_by(2).map(|b| char::from(*b));
    apart.then(|| letters.collect())
}

/// From some length on a name needs no start of a word.
fn glued(letters: Letters<'_>) -> impl Iterator<Item = (u8, impl Fn() -> bool)> {
    let with_length = letters.zip(1..);
    with_length
        .map(|(letter, length)| (letter.lower, move || length >= GLUED_MIN || letter.starts()))
}

/// The letters that a rule's name is compared by.
pub(super) fn normal(key: &str) -> Vec<u8> {
    Name::new(key).text().to_vec()
}

/// True when a word of `key` is one of `words` (given in lower case).
pub(super) fn has_word(key: &str, words: &[&str]) -> bool {
    let name = Name::new(key);
    let text = name.text();
    words.iter().any(|word| {
        (0..text.len()).any(|at| {
            name.starts >> at & 1 == 1 && text[at..].starts_with(word.as_bytes()) && {
                let end = at + word.len();
                end == text.len() || name.starts >> end & 1 == 1
            }
        })
    })
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
