//! Redaction: secrets and personal data leave a payload before it is stored.
//!
//! The walk ([`walk`]) goes over the binary jsonb; names of keys and of neighbours decide first
//! ([`keys`], [`member`]), then detectors look at each string ([`scan`], [`detect`]); JSON carried
//! in strings is redacted where it stands ([`nested`]). What is hidden becomes a marker ([`mask`]),
//! and redacting twice changes nothing.

mod detect;
mod endings;
mod findings;
mod fold;
mod gates;
mod keys;
mod kind;
mod look;
mod mask;
mod member;
mod nested;
mod path;
mod policy;
mod redactor;
mod scan;
mod spans;
mod trie;
mod values;
mod view;
mod walk;

pub use findings::{Finding, Findings};
pub(crate) use path::Path;
pub use policy::{Policy, PolicyError};

use crate::jsonb::{self, Container, Error};
use member::{Inherited, Place};
use redactor::Redactor;
use std::borrow::Cow;

/// A redacted payload and what was hidden in it; `None` when nothing was.
///
/// `payload` is a jsonb datum without its varlena header.
pub fn redact(payload: &[u8], policy: &Policy) -> Result<Option<(Vec<u8>, Findings)>, Error> {
    let root = Container::root(payload)?;
    let mut redactor = Redactor::new(&policy.scanner);
    let mut walk = walk::Walk {
        redactor: &mut redactor,
    };
    match walk.value(root, "", Inherited::Nothing, &Path::ROOT, 0)? {
        Some(node) => Ok(Some((jsonb::encode(&node)?, redactor.findings))),
        None => Ok(None),
    }
}

/// Redacted text: names and values in it are found as in `.env` files, headers, JSON and code.
pub fn redact_text<'a>(text: &'a str, policy: &Policy) -> (Cow<'a, str>, Findings) {
    let mut redactor = Redactor::new(&policy.scanner);
    let changed = redactor.string(text, "", Place::Plain, &Path::ROOT);
    let text = changed.map_or(Cow::Borrowed(text), Cow::Owned);
    (text, redactor.findings)
}

#[cfg(test)]
mod tests;
