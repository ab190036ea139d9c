//! What surrounds a value says about it: the object's other members, the array's earlier items.

use super::action::Action;
use super::detect::authorization;
use super::keys::Class;
use super::mask;
use super::policy::{Plan, Secret};
use super::values::{is_opaque, is_placeholder};
use crate::{interrupt, parts};

/// How to treat one value because of where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Nothing is known: detectors look at it.
    Plain,
    /// Its key, or a name beside it, says that it is a secret.
    Secret(Secret),
    /// The data of an image, a signature, an encrypted block.
    Binary,
    /// base64 of something that may be text; whether the media type beside it says that it is.
    Encoded { is_text: bool },
}

/// Keys of opaque data that models and SDKs send back and forth, and need unchanged.
const BINARY_KEYS: [&str; 5] = [
    "encrypted_content",
    "signature",
    "thoughtSignature",
    "thought_signature",
    "reasoning_opaque",
];
/// Keys that name what a value beside them is, in the order they are asked for.
const NAMES: [&str; 12] = [
    "name",
    "key",
    "field",
    "header",
    "Name",
    "Key",
    "variable",
    "param",
    "parameter",
    "attribute",
    "envVar",
    "label",
];
const VALUES: [&str; 11] = [
    "value",
    "val",
    "new_value",
    "newValue",
    "old_value",
    "oldValue",
    "Value",
    "string_value",
    "stringValue",
    "plaintext",
    "defaultValue",
];
const MEDIA_TYPES: [&str; 5] = [
    "media_type",
    "mime_type",
    "mimeType",
    "mediaType",
    "content_type",
];
/// From this length on data is worth a look at its neighbours.
const BINARY_MIN: usize = 64;
const CODE_MAX: usize = 16;

/// Judges members of one object. `sibling` gives the string under another key of it.
pub(super) struct Members<'r> {
    pub plan: &'r Plan,
    pub inherited: Inherited,
}

/// What a container's own place says about what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inherited {
    Nothing,
    /// It stands under a secret key: the items of an array are secrets, of an object its `value`.
    Secret(Secret),
    /// `data` of a Kubernetes Secret: every string is one.
    All,
}

/// What is in a Kubernetes Secret.
const SEALED: Secret = Secret {
    class: Class::Secret,
    action: Action::Mask,
};

impl Members<'_> {
    /// The place of the string `value` under `key`.
    pub fn string(
        &self,
        key: &str,
        value: &str,
        sibling: impl Fn(&str) -> Option<String>,
    ) -> Place {
        if self.inherited == Inherited::All {
            return Place::Secret(SEALED);
        }
        if VALUES.contains(&key) {
            if let Inherited::Secret(secret) = self.inherited {
                return Place::Secret(secret);
            }
            let secret = NAMES
                .iter()
                .filter_map(|name| sibling(name))
                .find_map(|name| self.plan.secret(mask::name(&name)));
            if let Some(secret) = secret {
                return Place::Secret(secret);
            }
        }
        if let Some(secret) = self.plan.secret(key) {
            // A piece of text that a model chose, with its probability.
            let piece = secret.class == Class::Token
                && (sibling("logprob").is_some() || sibling("bytes").is_some());
            return if piece {
                Place::Plain
            } else {
                Place::Secret(secret)
            };
        }
        if value.len() >= BINARY_MIN && is_binary(key, &sibling) {
            return Place::Binary;
        }
        if value.len() >= BINARY_MIN
            && let Some(media_type) = encoded_as(key, &sibling)
        {
            let is_text = parts::is_text(&media_type);
            return Place::Encoded { is_text };
        }
        Place::Plain
    }
}

impl Members<'_> {
    /// What the container under `key` takes from its place.
    pub fn container(&self, key: &str, sibling: impl Fn(&str) -> Option<String>) -> Inherited {
        if matches!(key, "data" | "stringData") && sibling("kind").is_some_and(|k| k == "Secret") {
            return Inherited::All;
        }
        self.plan
            .secret(key)
            .map_or(Inherited::Nothing, Inherited::Secret)
    }

    /// The place of the number under `key`.
    pub fn number(&self, key: &str) -> Place {
        match self.inherited {
            Inherited::All => Place::Secret(SEALED),
            _ => self.plan.secret(key).map_or(Place::Plain, Place::Secret),
        }
    }
}

fn encoded_as(key: &str, sibling: &impl Fn(&str) -> Option<String>) -> Option<String> {
    let is_data = matches!(key, "data" | "blob");
    let media_type = MEDIA_TYPES
        .iter()
        .filter(|_| is_data)
        .find_map(|m| sibling(m))?;
    (!parts::is_media(&media_type)).then_some(media_type)
}

fn is_binary(key: &str, sibling: &impl Fn(&str) -> Option<String>) -> bool {
    if BINARY_KEYS.contains(&key) {
        return true;
    }
    if key != "data" {
        return false;
    }
    let media = MEDIA_TYPES.iter().find_map(|m| sibling(m));
    media.is_some_and(|media| parts::is_media(&media))
        || sibling("type").is_some_and(|t| t == "redacted_thinking")
        || sibling("format").is_some_and(|f| matches!(f.as_str(), "wav" | "mp3" | "pcm16"))
}

/// What of a string in a secret place is to be hidden: a range, or nothing.
pub(super) fn secret_part(class: Class, value: &str) -> Option<(usize, usize)> {
    if is_placeholder(value) {
        return None;
    }
    // Part of it is hidden already, and only part of it was secret.
    if class != Class::Secret && interrupt::contains(value, mask::OPEN) {
        return None;
    }
    let whole = Some((0, value.len()));
    match class {
        Class::Secret => whole,
        Class::Token => {
            let trimmed = value.trim_matches(interrupt::is_space).as_bytes();
            let is_word = || interrupt::all(trimmed, |b| !matches!(b, b' ' | b'\n'));
            (value.len() >= 8 && is_word()).then_some(whole).flatten()
        }
        Class::Opaque => (value.len() <= 4096 && is_opaque(value, 8))
            .then_some(whole)
            .flatten(),
        Class::Code => {
            let code = value.len() <= CODE_MAX
                && value.bytes().filter(u8::is_ascii_digit).count() >= 3
                && value
                    .bytes()
                    .all(|b| b.is_ascii_digit() || matches!(b, b'-' | b' '));
            (code || is_opaque(value, CODE_MAX))
                .then_some(whole)
                .flatten()
        }
        Class::Authorization => authorization::credential(value),
        // Its parts are found by the cookie detector.
        Class::Cookie => (!value.contains('=')).then_some(whole).flatten(),
    }
}

/// True when a number in a secret place is hidden; short ones are counts and flags.
pub(super) fn hides_number(class: Class, text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let integer = !text.contains(['.', 'e', 'E', '-']);
    integer
        && match class {
            Class::Code => digits >= 3,
            Class::Secret => digits >= 4,
            _ => false,
        }
}

/// Walks the strings of an array that may be a command line.
#[derive(Default)]
pub(super) struct Arguments {
    expected: Option<Secret>,
    pair_expected: bool,
    curl: bool,
}

impl Arguments {
    /// The place of the next item.
    pub fn next(&mut self, plan: &Plan, inherited: Inherited, item: &str) -> Place {
        match inherited {
            Inherited::Secret(secret) => return Place::Secret(secret),
            Inherited::All => return Place::Secret(SEALED),
            Inherited::Nothing => {}
        }
        let place = match self.expected.take() {
            Some(secret) if !item.starts_with('-') => Place::Secret(secret),
            _ => Place::Plain,
        };
        self.curl |= item == "curl" || item.ends_with("/curl");
        let flag = item.starts_with('-') && item.len() <= 64 && !item.contains(['=', ' ']);
        if flag {
            self.expected = plan.secret(item.trim_start_matches('-'));
        }
        place
    }

    /// Where the password begins in an item that follows `curl … -u`.
    pub fn password_in(&mut self, item: &str) -> Option<usize> {
        let expected = std::mem::replace(
            &mut self.pair_expected,
            self.curl && matches!(item, "-u" | "--user" | "--proxy-user"),
        );
        if !expected {
            return None;
        }
        let from = item.find(':')? + 1;
        (!is_placeholder(&item[from..])).then_some(from)
    }

    pub fn skip(&mut self) {
        self.expected = None;
        self.pair_expected = false;
    }
}
