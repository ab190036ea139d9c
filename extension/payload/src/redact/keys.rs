//! Key names: which say that their value is a secret.
//!
//! A name is compared by its words (`clientSecret`, `CLIENT-SECRET` and `client_secret` are the
//! same two), and only at its end: `password_policy` is a policy. Longer matches win, so an allowed
//! `page token` survives the rule `token`, and a rule `next page token` would take it back.

use super::fold::fold_name;
use std::collections::HashSet;

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
    (Class::Token, &["token", "bearer", "jwt"]),
    (
        Class::Opaque,
        &["auth", "pass", "pw", "sessid", "cred", "creds"],
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

/// Bytes of a name that are looked at, counted from its end.
const NAME_MAX: usize = 64;
/// From this length on a rule also matches at the end of a longer word: `PGPASSWORD`, `myapikey`.
const GLUED_MIN: usize = 6;

/// A name without separators and case, and where its words start.
struct Name {
    letters: [u8; NAME_MAX],
    length: usize,
    /// Bit i: a word starts at letter i.
    starts: u64,
}

impl Name {
    /// Built from the end, so that of a long name the end is kept.
    fn new(key: &str) -> Self {
        let mut name = Name {
            letters: [0; NAME_MAX],
            length: 0,
            starts: 0,
        };
        if key.is_ascii() {
            let bytes = key.as_bytes();
            name.fill(&bytes[bytes.len().saturating_sub(NAME_MAX * 2)..]);
        } else {
            let folded: String = key
                .chars()
                .filter_map(|c| fold_name(c).unwrap_or(Some(c)))
                .collect();
            let bytes = folded.as_bytes();
            name.fill(&bytes[bytes.len().saturating_sub(NAME_MAX * 2)..]);
        }
        name
    }

    fn fill(&mut self, bytes: &[u8]) {
        let mut reversed = 0usize;
        let mut starts = [false; NAME_MAX];
        let mut end = bytes.len();
        // A number behind a name counts for nothing: `password2`, `API_KEY_1`.
        while end > 0 && (bytes[end - 1].is_ascii_digit() || is_separator(bytes[end - 1])) {
            end -= 1;
        }
        if end == 0 || matches!(&bytes[end..], [b'2', ..] if end < 4) {
            end = bytes.len(); // `cvv2`, and names that are nothing but digits
        }
        for at in (0..end).rev() {
            let byte = bytes[at];
            if is_separator(byte) {
                continue;
            }
            if reversed == NAME_MAX {
                break;
            }
            let before = at.checked_sub(1).map_or(b' ', |i| bytes[i]);
            let after = bytes.get(at + 1).copied().unwrap_or(b' ');
            let upper = byte.is_ascii_uppercase();
            let camel = upper
                && (before.is_ascii_lowercase()
                    || before.is_ascii_digit()
                    || (before.is_ascii_uppercase() && after.is_ascii_lowercase()));
            starts[reversed] = is_separator(before) || camel;
            self.letters[reversed] = byte.to_ascii_lowercase();
            reversed += 1;
        }
        self.letters[..reversed].reverse();
        self.length = reversed;
        for (from_end, start) in starts[..reversed].iter().enumerate() {
            self.starts |= u64::from(*start) << (reversed - 1 - from_end);
        }
    }

    /// What to search text for: the last two words with each separator that people write.
    ///
    /// One word alone would not do: `key`, `string` and `code` are in every other line.
    fn spellings(&self) -> Vec<String> {
        let text = String::from_utf8_lossy(self.text());
        let word = |before: usize| {
            (0..before)
                .rev()
                .find(|at| self.starts >> at & 1 == 1 && text.is_char_boundary(*at))
                .unwrap_or(0)
        };
        let last = word(self.length);
        if last == 0 {
            return vec![text.into_owned()];
        }
        let (first, last) = (&text[word(last)..last], &text[last..]);
        ["", "_", "-", " ", "."]
            .iter()
            .map(|separator| format!("{first}{separator}{last}"))
            .collect()
    }

    fn text(&self) -> &[u8] {
        &self.letters[..self.length]
    }

    /// True when the name ends with these letters, at the start of a word or glued.
    fn ends_with(&self, rule: &[u8]) -> bool {
        let Some(start) = self.length.checked_sub(rule.len()) else {
            return false;
        };
        self.letters[start..self.length] == *rule
            && (rule.len() >= GLUED_MIN || self.starts >> start & 1 == 1)
    }
}

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

fn is_separator(byte: u8) -> bool {
    !byte.is_ascii_alphanumeric() && byte < 0x80
}

/// Rules by their last letter, so that a name is compared with a few of them.
#[derive(Default)]
struct Bucket {
    rules: Vec<(Box<[u8]>, Class)>,
    allowed: Vec<Box<[u8]>>,
}

pub(super) struct KeyRules {
    buckets: Vec<Bucket>,
    /// What a search in text starts from.
    anchors: Vec<String>,
}

impl KeyRules {
    pub fn new(keys: &[&str], allowed: &[&str]) -> Self {
        let mut rules = KeyRules::names(keys, allowed);
        let mut anchors: Vec<String> = Vec::new();
        let mut known: HashSet<String> = HashSet::new();
        for key in keys {
            // Other scripts are folded in the rule and stand as they are in text.
            let spellings = if key.is_ascii() {
                Name::new(key).spellings()
            } else {
                vec![key.to_lowercase()]
            };
            for anchor in spellings {
                if known.insert(anchor.clone()) {
                    anchors.push(anchor);
                }
            }
        }
        // `secret` is found in `client_secret`, and the whole name is then looked at.
        anchors.retain(|anchor| {
            let mut ends = anchor.char_indices().skip(1);
            !ends.any(|(at, _)| known.contains(&anchor[at..]))
        });
        rules.anchors = anchors;
        rules
    }

    /// Rules for names only, which text is not searched for.
    pub fn names(keys: &[&str], allowed: &[&str]) -> Self {
        let mut buckets: Vec<Bucket> = Vec::new();
        buckets.resize_with(256, Bucket::default);
        for key in keys {
            let name = Name::new(key);
            if let Some(last) = name.text().last() {
                let class = class_of(name.text());
                buckets[usize::from(*last)]
                    .rules
                    .push((name.text().into(), class));
            }
        }
        for key in allowed {
            let name = Name::new(key);
            if let Some(last) = name.text().last() {
                buckets[usize::from(*last)].allowed.push(name.text().into());
            }
        }
        KeyRules {
            buckets,
            anchors: Vec::new(),
        }
    }

    pub fn anchors(&self) -> &[String] {
        &self.anchors
    }

    fn bucket(&self, last: u8) -> &Bucket {
        &self.buckets[usize::from(last.to_ascii_lowercase())]
    }

    /// How the value under `key` is judged, when the key's name says that it is secret.
    pub fn class(&self, key: &str) -> Option<Class> {
        self.rule(key).map(|(_, class)| class)
    }

    /// As [`KeyRules::class`], and how long the name of the rule is that fits.
    pub fn rule(&self, key: &str) -> Option<(usize, Class)> {
        // Most names end in a letter that no rule ends in.
        let last = *key.as_bytes().last()?;
        if last.is_ascii_alphabetic() && self.bucket(last).rules.is_empty() {
            return None;
        }
        let name = Name::new(key);
        let bucket = self.bucket(*name.text().last()?);
        let (length, class) = bucket
            .rules
            .iter()
            .filter(|(rule, _)| name.ends_with(rule))
            .map(|(rule, class)| (rule.len(), *class))
            .max_by_key(|(length, _)| *length)?;
        let allowed = bucket
            .allowed
            .iter()
            .any(|rule| rule.len() >= length && name.ends_with(rule));
        (!allowed).then_some((length, class))
    }
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
