//! Strings that are secret by their place: under a key, behind an option, in a cookie.

use super::action::Action;
use super::change::Change;
use super::detect::authorization;
use super::keys::Class;
use super::kind::Kind;
use super::mask;
use super::path::Path;
use super::pseudonym;
use super::redactor::Redactor;
use super::replace;
use super::spans::Decided;
use super::values::{is_opaque, is_placeholder};
use crate::interrupt;

/// Characters of a code at most; an opaque value under its name has at least as many.
const CODE_MAX: usize = 16;

impl Redactor<'_> {
    /// A string that a key rule fits, and the part of it that the rule is about.
    pub(super) fn secret(
        &mut self,
        text: &str,
        name: &str,
        (start, end): (usize, usize),
        action: Action,
        path: &Path<'_>,
    ) -> Change<String> {
        self.findings.add("key", action, path);
        match action {
            Action::Keep => Change::Same,
            Action::Remove if (start, end) == (0, text.len()) => self.gone(),
            _ => {
                let found = &text[start..end];
                let mut hidden = String::new();
                interrupt::push(&mut hidden, &text[..start]);
                let kind = self.kind_of(found, name, "key");
                replace::push(&mut hidden, kind, action, found, self.key);
                interrupt::push(&mut hidden, &text[end..]);
                let further = self.text(&hidden, name, path);
                Change::New(further.unwrap_or(hidden))
            }
        }
    }

    /// The values of cookies, which are in `hits`.
    pub(super) fn cookies(
        &mut self,
        text: &str,
        name: &str,
        action: Action,
        path: &Path<'_>,
    ) -> Change<String> {
        if action == Action::Keep {
            self.findings.add("key", action, path);
            return Change::Same;
        }
        let mut list: Vec<Decided> = Vec::new();
        for hit in self.hits.iter() {
            let found = &text[hit.start..hit.end];
            if !pseudonym::is(found) && !self.plan.allowed.has("cookie", found) {
                list.push(Decided { hit: *hit, action });
            }
        }
        if list.is_empty() && !self.hits.overflow {
            return Change::Same;
        }
        let hidden = self.apply(text, &mut list, path);
        let further = self.text(&hidden, name, path);
        Change::New(further.unwrap_or(hidden))
    }

    /// A part of a string that an argument before it names: a password behind `curl -u name:`.
    pub fn argument(&mut self, text: &str, from: usize, path: &Path<'_>) -> Option<String> {
        self.part(text, Kind::ASSIGNMENT, from, path)
    }

    /// A part of a string, to its end, of a kind that what stands before it tells.
    pub(super) fn part(
        &mut self,
        text: &str,
        kind: Kind,
        from: usize,
        path: &Path<'_>,
    ) -> Option<String> {
        let action = self.plan.action(kind, self.tracker.as_ref())?;
        let found = &text[from..];
        if pseudonym::is(found) || self.plan.allowed.has(kind.name(), found) {
            return None;
        }
        self.findings.add(kind.name(), action, path);
        if action == Action::Keep {
            return None;
        }
        let mut out = text[..from].to_owned();
        replace::push(&mut out, kind.name(), action, found, self.key);
        let further = self.text(&out, "", path);
        Some(further.unwrap_or(out))
    }
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
