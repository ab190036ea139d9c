//! What surrounds a value says about it: the object's other members, the array's earlier items.

use super::action::Action;
use super::detect::token;
use super::inherited::Inherited;
use super::keys::Class;
use super::kind::Kind;
use super::mask;
use super::neighbours::{
    BINARY_KEYS, CHANGES, CONTENTS, HINTS, MEDIA_TYPES, NAMES, VALUES, WRAPPERS,
};
use super::policy::{Detector, Plan, Secret};
use super::values::{is_expression, is_opaque};
use crate::parts;
use std::cell::OnceCell;

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
    /// From this byte on it is of a kind that detectors find, as what stands beside it says.
    Part(Kind, usize),
}

/// From this length on data is worth a look at its neighbours.
const BINARY_MIN: usize = 64;
/// Of what may be a value of something secret: at least, and at most.
const VALUE_MIN: usize = 8;
const VALUE_MAX: usize = 512;
const COOKIE_MIN: usize = 16;
/// Members of a JSON Web Key that are private.
const KEY_PARTS: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "k"];

/// Judges members of one object. `sibling` gives the string under another key of it, `any_sibling`
/// says whether something is true of one of its strings.
pub(super) struct Members<'r> {
    plan: &'r Plan,
    inherited: Inherited<'r>,
    // Asked once for all members: a sibling may be long, and JSON text may have a key many times.
    /// What its neighbours call a value, when that is secret.
    name: OnceCell<Option<Secret>>,
    hint: OnceCell<Option<Secret>>,
    /// Whether they are a piece of text that a model chose, with its probability.
    piece: OnceCell<bool>,
    /// Whether they are a JSON Web Key.
    web_key: OnceCell<bool>,
    /// Whether they are a Kubernetes Secret.
    sealed: OnceCell<bool>,
    data: OnceCell<Data>,
    /// Whether one of them is an AWS key id.
    aws_id: OnceCell<bool>,
}

/// What the data of an object is, by what is beside it.
#[derive(Clone, Copy, Default)]
struct Data {
    binary: bool,
    /// Of something that is no picture or sound: whether it is text.
    text: Option<bool>,
}

/// What is in a Kubernetes Secret.
pub(super) const SEALED: Secret = Secret {
    class: Class::Secret,
    action: Action::Mask,
};

impl<'r> Members<'r> {
    pub fn new(plan: &'r Plan, inherited: Inherited<'r>) -> Self {
        Members {
            plan,
            inherited,
            name: OnceCell::new(),
            hint: OnceCell::new(),
            piece: OnceCell::new(),
            web_key: OnceCell::new(),
            sealed: OnceCell::new(),
            data: OnceCell::new(),
            aws_id: OnceCell::new(),
        }
    }

    /// The place of the string `value` under `key`.
    pub fn string(
        &self,
        key: &str,
        value: &str,
        sibling: impl Fn(&str) -> Option<String>,
        any_sibling: impl Fn(fn(&str) -> bool) -> bool,
    ) -> Place {
        if self.inherited == Inherited::All {
            return Place::Secret(SEALED);
        }
        if VALUES.contains(&key) {
            if let Inherited::Secret(secret) = self.inherited {
                // A cookie of a list may be one that says a setting.
                let setting = secret.class == Class::Cookie
                    && sibling("name").is_some()
                    && !value.bytes().any(|b| b.is_ascii_digit())
                    && value.len() < COOKIE_MIN;
                return if setting {
                    Place::Plain
                } else {
                    Place::Secret(secret)
                };
            }
            if let Some(secret) = self.name(&sibling) {
                return Place::Secret(secret);
            }
            if is_value(value)
                && let Some(secret) = self.hint(&sibling)
            {
                return Place::Secret(secret);
            }
        }
        if let Inherited::Secret(secret) = self.inherited
            && CHANGES.contains(&key)
        {
            return Place::Secret(secret);
        }
        if CONTENTS.contains(&key)
            && is_value(value)
            && let Some(secret) = self.name(&sibling).or_else(|| self.hint(&sibling))
        {
            return Place::Secret(secret);
        }
        if self.is_cookie(key, value) || self.is_key_part(key, value, &sibling) {
            return Place::Secret(SEALED);
        }
        if let Some(secret) = self.plan.secret(key) {
            let chosen = || sibling("logprob").is_some() || sibling("bytes").is_some();
            let piece = secret.class == Class::Token && *self.piece.get_or_init(chosen);
            return if piece {
                Place::Plain
            } else {
                Place::Secret(secret)
            };
        }
        if token::is_aws_secret(value)
            && self.plan.has(Detector::VendorToken)
            && *self.aws_id.get_or_init(|| any_sibling(token::is_aws_id))
        {
            return Place::Part(token::AWS_SECRET, 0);
        }
        if value.len() >= BINARY_MIN {
            return self.data(key, &sibling);
        }
        Place::Plain
    }
}

impl<'r> Members<'r> {
    fn name(&self, sibling: &impl Fn(&str) -> Option<String>) -> Option<Secret> {
        *self.name.get_or_init(|| self.named(&NAMES, sibling))
    }

    fn hint(&self, sibling: &impl Fn(&str) -> Option<String>) -> Option<Secret> {
        *self.hint.get_or_init(|| self.named(&HINTS, sibling))
    }

    /// What a value's neighbours call it, when that is secret.
    fn named(&self, names: &[&str], sibling: &impl Fn(&str) -> Option<String>) -> Option<Secret> {
        let said = names.iter().filter_map(|name| sibling(name));
        { said }.find_map(|name| self.plan.secret(without_widget(mask::name(&name))))
    }

    /// `d` and the primes of a JSON Web Key, `k` of a symmetric one.
    fn is_key_part(
        &self,
        key: &str,
        value: &str,
        sibling: &impl Fn(&str) -> Option<String>,
    ) -> bool {
        value.len() >= COOKIE_MIN
            && KEY_PARTS.contains(&key)
            && *self.web_key.get_or_init(|| sibling("kty").is_some())
    }

    /// The place of a long string that may be data.
    fn data(&self, key: &str, sibling: &impl Fn(&str) -> Option<String>) -> Place {
        if BINARY_KEYS.contains(&key) {
            return Place::Binary;
        }
        if !matches!(key, "data" | "blob") {
            return Place::Plain;
        }
        let data = self.data.get_or_init(|| Data::beside(sibling));
        match data.text {
            _ if data.binary && key == "data" => Place::Binary,
            Some(is_text) => Place::Encoded { is_text },
            None => Place::Plain,
        }
    }

    /// In an object of cookies every name is a cookie's.
    fn is_cookie(&self, key: &str, value: &str) -> bool {
        let among = matches!(self.inherited, Inherited::Secret(s) if s.class == Class::Cookie);
        among && !NAMES.contains(&key) && value.len() <= 4096 && is_opaque(value, COOKIE_MIN)
    }

    /// What the container under `key` takes from its place.
    pub fn container(&self, key: &str, sibling: impl Fn(&str) -> Option<String>) -> Inherited<'r> {
        if self.inherited == Inherited::All {
            return Inherited::All;
        }
        let sealed = || sibling("kind").is_some_and(|kind| kind == "Secret");
        if matches!(key, "data" | "stringData") && *self.sealed.get_or_init(sealed) {
            return Inherited::All;
        }
        if WRAPPERS.contains(&key) && matches!(self.inherited, Inherited::Secret(_)) {
            return self.inherited;
        }
        if VALUES.contains(&key)
            && let Some(secret) = self.name(&sibling)
        {
            return Inherited::Secret(secret);
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

/// `Password` of a form's `Password textbox`.
fn without_widget(name: &str) -> &str {
    const WIDGETS: [&str; 6] = [
        " textbox",
        " text box",
        " field",
        " input field",
        " input",
        " box",
    ];
    let mut widgets = WIDGETS.iter();
    widgets
        .find_map(|widget| name.strip_suffix(widget))
        .unwrap_or(name)
}

/// One word that nobody would take for prose.
fn is_value(value: &str) -> bool {
    (VALUE_MIN..=VALUE_MAX).contains(&value.len())
        && is_opaque(value, VALUE_MIN)
        && !is_expression(value)
}

impl Data {
    fn beside(sibling: &impl Fn(&str) -> Option<String>) -> Data {
        let media_type = MEDIA_TYPES.iter().find_map(|m| sibling(m));
        let media = media_type.as_deref().is_some_and(parts::is_media);
        let binary = media
            || sibling("type").is_some_and(|t| t == "redacted_thinking")
            || sibling("format").is_some_and(|f| matches!(f.as_str(), "wav" | "mp3" | "pcm16"));
        let other = media_type.filter(|_| !media);
        let text = other.map(|media_type| parts::is_text(&media_type));
        Data { binary, text }
    }
}
