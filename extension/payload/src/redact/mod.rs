//! Redaction: secrets and personal data leave a payload before it is stored.
//!
//! The walk ([`walk`]) goes over the binary jsonb; names of keys and of neighbours decide first
//! ([`keys`], [`member`]), then detectors look at each string ([`scan`], [`detect`]); JSON carried
//! in strings is redacted where it stands ([`nested`]). What is hidden becomes a marker ([`mask`]),
//! and redacting twice changes nothing.

mod action;
mod allowed;
mod arguments;
mod blocks;
mod canonical;
mod change;
mod decode;
mod detect;
mod endings;
mod findings;
mod fold;
mod found;
mod gates;
mod hashes;
mod hidden_keys;
mod identifier;
mod inherited;
mod keyed;
mod keys;
mod kind;
mod letters;
mod literals;
mod look;
mod mask;
mod member;
mod neighbours;
mod nested;
mod passes;
mod path;
mod path_rules;
mod path_syntax;
mod patterns;
mod policy;
mod pseudonym;
mod redactor;
mod replace;
mod runs;
mod scan;
mod secret;
mod shapes;
mod spans;
mod subject;
mod trail;
mod tree;
mod trie;
mod values;
mod view;
mod walk;
mod words;

pub use action::Action;
pub use findings::{Finding, Findings};
pub use keyed::{KEY_MIN, Key};
pub(crate) use path::Path;
pub use policy::{Policy, PolicyError};
pub use replace::pseudonyms;
pub use subject::Subject;

use crate::jsonb::{self, Buffer, Container, Error, Tape};
use redactor::Redactor;
use std::borrow::Cow;

/// Looks at a payload after a member went or a container became a string: what was beside it may
/// mean something else.
const LOOKS_MAX: usize = 4;

/// A redacted payload and what was found in it; `None` when nothing changes.
///
/// `payload` is a jsonb datum without its varlena header.
pub fn redact(
    payload: &[u8],
    policy: &Policy,
    subject: &Subject<'_>,
) -> Result<Option<(Vec<u8>, Findings)>, Error> {
    let mut out = Vec::new();
    let findings = redact_into(&mut out, payload, policy, subject)?;
    Ok(findings.map(|findings| (out, findings)))
}

/// The same, written to an empty buffer.
pub fn redact_into(
    out: &mut impl Buffer,
    payload: &[u8],
    policy: &Policy,
    subject: &Subject<'_>,
) -> Result<Option<Findings>, Error> {
    let (changed, findings) = look(out, payload, policy, subject)?;
    Ok(changed.then_some(findings))
}

/// What a policy finds in a payload, also what it keeps.
pub fn findings(payload: &[u8], policy: &Policy, subject: &Subject<'_>) -> Result<Findings, Error> {
    look(&mut Vec::new(), payload, policy, subject).map(|(_, findings)| findings)
}

/// Writes the payload when it changes, and says whether it does.
fn look(
    out: &mut impl Buffer,
    payload: &[u8],
    policy: &Policy,
    subject: &Subject<'_>,
) -> Result<(bool, Findings), Error> {
    let plan = policy.plan(subject);
    let mut findings = Findings::default();
    let mut changed: Option<Vec<u8>> = None;
    let mut first = Tape::default();
    for look in 0..LOOKS_MAX {
        let current = changed.as_deref().unwrap_or(payload);
        let mut redactor = Redactor::new(&plan, subject);
        let root = Container::root(current)?;
        let mut walk = walk::Walk {
            redactor: &mut redactor,
            tape: Tape::default(),
        };
        walk.root(root)?;
        let tape = walk.tape;
        let last = !redactor.reshaped || look + 1 == LOOKS_MAX;
        if look == 0 {
            findings = redactor.findings;
        } else {
            findings.extend(redactor.findings);
        }
        if tape.is_empty() {
            if look == 1 {
                // Written once more, what was looked at takes no memory beside what is returned.
                drop(changed);
                jsonb::rewrite_into(out, Container::root(payload)?, &first)?;
                return Ok((true, findings));
            }
            break;
        }
        if last {
            jsonb::rewrite_into(out, root, &tape)?;
            return Ok((true, findings));
        }
        let mut new = Vec::new();
        jsonb::rewrite_into(&mut new, root, &tape)?;
        changed = Some(new);
        if look == 0 {
            first = tape;
        }
    }
    if let Some(changed) = &changed {
        out.push(changed);
    }
    Ok((changed.is_some(), findings))
}

/// Redacted text: names and values in it are found as in `.env` files, headers, JSON and code.
pub fn redact_text<'a>(
    text: &'a str,
    policy: &Policy,
    subject: &Subject<'_>,
) -> (Cow<'a, str>, Findings) {
    let plan = policy.plan(subject);
    let mut findings = Findings::default();
    let mut changed: Option<String> = None;
    for look in 0..LOOKS_MAX {
        let mut redactor = Redactor::new(&plan, subject);
        let new = redactor.root(changed.as_deref().unwrap_or(text));
        let reshaped = redactor.reshaped;
        if look == 0 {
            findings = redactor.findings;
        } else {
            findings.extend(redactor.findings);
        }
        let Some(new) = new else { break };
        changed = Some(new);
        if !reshaped {
            break;
        }
    }
    (changed.map_or(Cow::Borrowed(text), Cow::Owned), findings)
}

/// The length of the marker that `text` starts with.
pub(crate) fn marker_length(text: &[u8]) -> Option<usize> {
    mask::at_start(text)
}

#[cfg(test)]
mod linear_tests;
#[cfg(test)]
mod tests;
