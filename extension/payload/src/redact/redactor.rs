//! What both walkers, of jsonb and of JSON text, do with a string, a number and a key.

use super::action::Action;
use super::canonical;
use super::change::Change;
use super::detect::{card, cookie, phone};
use super::findings::Findings;
use super::keyed::Key;
use super::keys::Class;
use super::kind::Kind;
use super::mask;
use super::member::Place;
use super::nested;
use super::path::Path;
use super::path_rules::{Into, Tracker, Verdict};
use super::policy::{Detector, Plan};
use super::pseudonym;
use super::replace;
use super::secret::{hides_number, secret_part};
use super::spans::Hits;
use super::subject::Subject;
use super::tree;
use crate::{interrupt, parts};

/// A name of nothing but letters that is shorter is no token.
const NAME_PLAIN_MAX: usize = 32;
/// A value like that is none up to here: a role, a type, a state.
const WORD_MAX: usize = 16;
/// JSON text up to this size is read as JSON; what is larger is read as text.
const JSON_MAX: usize = 4 << 20;
/// JSON in a string in JSON in a string …
const JSON_DEPTH_MAX: usize = 8;

pub(super) struct Redactor<'p> {
    pub plan: &'p Plan,
    pub findings: Findings,
    /// A member or an item is gone, or a container became a string: what stands beside it may mean
    /// something else now.
    pub reshaped: bool,
    pub(super) key: Option<&'p Key>,
    /// Where the walk is among the policy's paths, if it has any.
    pub(super) tracker: Option<Tracker<'p>>,
    pub(super) hits: Hits,
    json_depth: usize,
}

impl<'p> Redactor<'p> {
    pub fn new(plan: &'p Plan, subject: &Subject<'p>) -> Self {
        Redactor {
            plan,
            findings: Findings::default(),
            reshaped: false,
            key: subject.key,
            tracker: (!plan.paths.is_empty()).then(|| Tracker::new(&plan.paths, subject.enclosed)),
            hits: Hits::default(),
            json_depth: 0,
        }
    }

    /// Enters a value; what the policy's paths say of it. Every call is followed by one of
    /// [`Redactor::leave`].
    pub fn enter(&mut self, step: Into<'_>, is_array: impl FnOnce() -> bool) -> Option<Verdict> {
        self.tracker.as_mut()?.enter(step, is_array)
    }

    pub fn leave(&mut self) {
        if let Some(tracker) = &mut self.tracker {
            tracker.leave();
        }
    }

    /// Text that is no member of anything; as JSON it is its own root.
    pub fn root(&mut self, text: &str) -> Option<String> {
        let verdict = self.enter(Into::Root, || is_json_array(text));
        let changed = match verdict {
            Some(Verdict::Allow) => Change::Same,
            Some(Verdict::Act(action)) => self.named_by_path(action, text, "", &Path::ROOT),
            None => self.string(text, "", Place::Plain, &Path::ROOT),
        };
        self.leave();
        match changed {
            Change::Same => None,
            Change::New(new) => Some(new),
            Change::Gone => Some(String::new()),
        }
    }

    /// The string with everything hidden that must be.
    pub fn string(
        &mut self,
        text: &str,
        name: &str,
        place: Place,
        path: &Path<'_>,
    ) -> Change<String> {
        match place {
            Place::Binary => return Change::Same,
            Place::Secret(secret)
                if secret.class == Class::Cookie && interrupt::contains(text, "=") =>
            {
                self.hits.clear();
                cookie::find(text, 0, &mut self.hits);
                if !self.hits.is_empty() {
                    return self.cookies(text, name, secret.action, path);
                }
            }
            Place::Secret(secret) => {
                if let Some((start, end)) = secret_part(secret.class, text) {
                    let found = &text[start..end];
                    if pseudonym::is(found) {
                        return Change::Same;
                    }
                    if !self
                        .plan
                        .allowed
                        .has(self.kind_of(found, name, "key"), found)
                    {
                        return self.secret(text, name, (start, end), secret.action, path);
                    }
                }
            }
            Place::Part(kind, from) => {
                if let Some(new) = self.part(text, kind, from, path) {
                    return Change::New(new);
                }
            }
            Place::Plain if self.is_word(text, WORD_MAX) => return Change::Same,
            Place::Plain | Place::Encoded { .. } => {}
        }
        if let Some(answer) = self.encoded(text, place, path) {
            return answer;
        }
        let changed = match self.json(text, path) {
            Some(answer) => answer,
            None => self
                .text(text, name, path)
                .map(|new| self.mended(new, path)),
        };
        match (place, changed) {
            (_, None) => Change::Same,
            (Place::Secret(secret), Some(new)) if secret.action.hides() => {
                // What was found in it is gone, so that the rest may look like a secret now.
                match secret_part(secret.class, &new) {
                    Some(part) if !pseudonym::is(&new[part.0..part.1]) => {
                        self.secret(&new, name, part, secret.action, path)
                    }
                    _ => Change::New(new),
                }
            }
            (_, Some(new)) => Change::New(new),
        }
    }

    /// The number's replacement, when it is hidden.
    pub fn number(
        &mut self,
        text: &str,
        name: &str,
        place: Place,
        path: &Path<'_>,
    ) -> Change<String> {
        let found = match place {
            Place::Secret(secret) if hides_number(secret.class, text) => {
                let kind = self.kind_of(text, name, "key");
                Some(("key", kind, secret.action))
            }
            _ => self.detected_number(text, name),
        };
        let Some((rule, kind, action)) = found else {
            return Change::Same;
        };
        if self.plan.allowed.has(kind, text) {
            return Change::Same;
        }
        self.whole(rule, kind, action, text, path)
    }

    /// The rule, the kind and the action for a number that a detector or an own pattern finds.
    fn detected_number(&self, text: &str, name: &str) -> Option<(&'p str, &'p str, Action)> {
        let plan = self.plan;
        let kind = if plan.has(Detector::Card) && card::is_card_text(text) {
            Kind::CARD
        } else if plan.has(Detector::Phone) && phone::is_phone_number(name, text) {
            Kind::PHONE
        } else {
            plan.scanner.number_pattern(text, name)?
        };
        let action = plan.action(kind, self.tracker.as_ref())?;
        Some((plan.name(kind), plan.name(kind), action))
    }

    /// A value that a path names, as its text.
    pub fn named_by_path(
        &mut self,
        action: Action,
        text: &str,
        name: &str,
        path: &Path<'_>,
    ) -> Change<String> {
        let hidden = mask::at_start(text.as_bytes()) == Some(text.len()) || pseudonym::is(text);
        if action != Action::Remove && (hidden || text.is_empty()) {
            return Change::Same;
        }
        let kind = self.kind_of(text, name, "path");
        self.whole("path", kind, action, text, path)
    }

    fn whole(
        &mut self,
        rule: &str,
        kind: &str,
        action: Action,
        text: &str,
        path: &Path<'_>,
    ) -> Change<String> {
        self.findings.add(rule, action, path);
        match action {
            Action::Keep => Change::Same,
            Action::Remove => self.gone(),
            _ => {
                let mut out = String::new();
                replace::push(&mut out, kind, action, text, self.key);
                Change::New(out)
            }
        }
    }

    pub(super) fn gone(&mut self) -> Change<String> {
        self.reshaped = true;
        Change::Gone
    }

    /// An e-mail address is the same one under a key, at a path and in text; with `mask` the rule
    /// itself says enough.
    pub(super) fn kind_of(&self, value: &str, name: &str, rule: &'static str) -> &'static str {
        if self.plan.is_masking() {
            return rule;
        }
        canonical::whole(value, name).map_or(rule, Kind::name)
    }

    /// The key with everything hidden that must be. Names of members are seldom more than letters.
    pub fn name(&mut self, key: &str, path: &Path<'_>) -> Option<String> {
        if self.is_word(key, NAME_PLAIN_MAX) {
            return None;
        }
        // A key without its text is no key: what would be removed is masked.
        self.passes(key, "", path, 1)
    }

    /// Letters of one word, too few for any detector.
    fn is_word(&self, text: &str, max: usize) -> bool {
        let plain = |b: &u8| b.is_ascii_alphabetic() || matches!(b, b'_' | b'-' | b'$');
        text.len() < max && !self.plan.has_patterns() && text.as_bytes().iter().all(plain)
    }

    /// Detectors only.
    pub fn text(&mut self, text: &str, name: &str, path: &Path<'_>) -> Option<String> {
        self.passes(text, name, path, 0)
    }

    /// Reads an attachment that is text, however large: `None` when it is none.
    fn encoded(&mut self, text: &str, place: Place, path: &Path<'_>) -> Option<Change<String>> {
        let beside = match place {
            Place::Encoded { is_text } => Some(is_text),
            _ => None,
        };
        let (prefix, is_text, content) = parts::encoded_text(text, beside)?;
        let content = parts::FileText::read(&content, is_text)?;
        let hidden = self.string(&content.text, "", Place::Plain, path);
        Some(hidden.map(|hidden| parts::encode_text(prefix, &content.encode(hidden))))
    }

    /// What kept a text from being JSON may be what was hidden: then it is one now.
    fn mended(&mut self, text: String, path: &Path<'_>) -> String {
        self.json(&text, path).flatten().unwrap_or(text)
    }

    /// Reads a string as JSON: `None` when it is none.
    fn json(&mut self, text: &str, path: &Path<'_>) -> Option<Option<String>> {
        if text.len() > JSON_MAX || self.json_depth >= JSON_DEPTH_MAX {
            return None;
        }
        if !text.trim_start().starts_with(['{', '[']) {
            return None;
        }
        let tree = tree::parse(text)?;
        self.json_depth += 1;
        let changed = nested::redact(text, &tree, self, &path.json());
        self.json_depth -= 1;
        Some(changed)
    }
}

/// True for a string that reads as a JSON array: paths go through it.
pub(super) fn is_json_array(text: &str) -> bool {
    text.len() <= JSON_MAX
        && text.trim_start().starts_with('[')
        && matches!(tree::parse(text), Some(tree::Tree::Array(..)))
}
