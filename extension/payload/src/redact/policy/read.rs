//! Reading a policy document: every problem is named by its place, no value is repeated.

use super::detector::{DETECTORS, Detector};
use super::rules::{Detection, OwnPattern, Rule, Rules};
use super::{Policy, PolicyError};
use crate::json;
use crate::jsonb::{Container, Value};
use crate::redact::action::Action;
use crate::redact::allowed::VALUE_MAX;
use crate::redact::keys::KeyRules;
use crate::redact::mask::KIND_MAX;
use crate::redact::path_syntax::{self, Step};
use crate::redact::patterns::{self, Pattern};
use crate::redact::subject::Scope;
use std::rc::Rc;

const VERSION: i64 = 1;
/// A policy is compiled in every backend that writes.
const DOCUMENT_MAX: usize = 1 << 20;
const LIST_MAX: usize = 2_000;
const ENTRY_MAX: usize = 100;
const PATHS_MAX: usize = 500;
/// Paths with steps of any depth: each is looked for at every value.
const DEEP_MAX: usize = 32;
/// Rules of detectors with paths.
const MARKS_MAX: usize = 64;
const SCOPE_MAX: usize = 100;
const PROBLEMS_MAX: usize = 100;

/// The rules of a document, or all that is wrong with it.
pub(super) fn read(policy: Value<'_>) -> Result<Rules, Vec<PolicyError>> {
    let mut reader = Reader::default();
    reader.document(policy);
    reader.totals();
    if reader.problems.is_empty() {
        Ok(reader.rules)
    } else {
        Err(reader.problems)
    }
}

#[derive(Default)]
struct Reader {
    rules: Rules,
    problems: Vec<PolicyError>,
}

/// The members that every rule may have.
struct Common {
    action: Action,
    scope: Scope,
}

impl Reader {
    fn wrong(&mut self, path: impl Into<String>, problem: impl Into<String>) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(PolicyError {
                path: path.into(),
                problem: problem.into(),
            });
        }
    }

    fn document(&mut self, policy: Value<'_>) {
        let Value::Object(document) = policy else {
            return self.wrong("$", "a policy is an object");
        };
        if document.bytes().len() > DOCUMENT_MAX {
            return self.wrong("$", format!("a policy has at most {DOCUMENT_MAX} bytes"));
        }
        // What is extended comes first, wherever it stands.
        if let Ok(Some(name)) = document.get("extends") {
            self.extend(name);
        }
        let mut version = false;
        for entry in document.entries() {
            let Ok((key, value)) = entry else {
                return self.wrong("$", "the document is corrupt");
            };
            match key {
                "version" => {
                    version = true;
                    self.version(value);
                }
                "name" if !matches!(value, Value::String(_)) => {
                    self.wrong("$.name", "expected a string");
                }
                "name" | "extends" => {}
                "keys" => self.each("$.keys", value, Reader::key),
                "detectors" => self.each("$.detectors", value, Reader::detector),
                "paths" => self.each("$.paths", value, Reader::path),
                "patterns" => self.each("$.patterns", value, Reader::pattern),
                "allow_keys" => self.each("$.allow_keys", value, |reader, at, value| {
                    if let Some(name) = reader.key_name(at, value) {
                        reader.rules.allow_keys.push(name);
                    }
                }),
                "allow_paths" => self.each("$.allow_paths", value, |reader, at, value| {
                    if let Some(steps) = reader.steps(at, value) {
                        reader.rules.allow_paths.push(steps);
                    }
                }),
                "allow_values" => self.each("$.allow_values", value, Reader::allow_value),
                _ => {
                    let shown: String = key.chars().take(ENTRY_MAX).collect();
                    self.wrong(format!("$.{shown}"), "unknown member");
                }
            }
        }
        if !version {
            self.wrong("$.version", "missing");
        }
    }

    fn version(&mut self, value: Value<'_>) {
        match value {
            Value::Number(number) if number.to_i64() == Some(VERSION) => {}
            Value::Number(_) => self.wrong(
                "$.version",
                format!("unsupported version, expected {VERSION}"),
            ),
            _ => self.wrong("$.version", "expected a number"),
        }
    }

    /// Built-in policies only, and these extend each other in one direction: no cycle is possible.
    fn extend(&mut self, value: Value<'_>) {
        let Value::String(name) = value else {
            return self.wrong("$.extends", "expected a string");
        };
        let Some(text) = Policy::builtin(name) else {
            return self.wrong("$.extends", "unknown built-in policy");
        };
        let Ok(bytes) = json::parse(text) else {
            return self.wrong("$.extends", "the built-in policy is not JSON");
        };
        match Container::root(&bytes) {
            Ok(root) => self.document(root),
            Err(_) => self.wrong("$.extends", "the built-in policy is corrupt"),
        }
    }

    fn each(
        &mut self,
        path: &str,
        value: Value<'_>,
        mut read: impl FnMut(&mut Self, &str, Value<'_>),
    ) {
        let Value::Array(list) = value else {
            return self.wrong(path, "expected an array");
        };
        if list.len() > LIST_MAX {
            return self.wrong(path, format!("more than {LIST_MAX} entries"));
        }
        for (index, element) in list.elements().enumerate() {
            let at = format!("{path}[{index}]");
            match element {
                Ok(element) => read(self, &at, element),
                Err(_) => return self.wrong(at, "the document is corrupt"),
            }
        }
    }

    /// Action and scope of a rule given as an object, whose other members are `own`.
    fn common(&mut self, at: &str, rule: Container<'_>, own: &[&str]) -> Option<Common> {
        let before = self.problems.len();
        let mut common = Common {
            action: Action::Mask,
            scope: Scope::default(),
        };
        for entry in rule.entries() {
            let Ok((key, value)) = entry else {
                self.wrong(at, "the document is corrupt");
                return None;
            };
            match key {
                "action" => match value {
                    Value::String(name) => match Action::named(name) {
                        Some(action) => common.action = action,
                        None => self.wrong(
                            format!("{at}.action"),
                            "unknown action, expected mask, partial, remove, hash, pseudonym or keep",
                        ),
                    },
                    _ => self.wrong(format!("{at}.action"), "expected a string"),
                },
                "kinds" => common.scope.kinds = self.texts(&format!("{at}.kinds"), value, SCOPE_MAX),
                "tools" => common.scope.tools = self.texts(&format!("{at}.tools"), value, SCOPE_MAX),
                _ if own.contains(&key) => {}
                _ => self.wrong(
                    at,
                    format!("unknown member, expected {}, action, kinds or tools", own.join(", ")),
                ),
            }
        }
        (self.problems.len() == before).then_some(common)
    }

    /// A list of words: at least one, each of a bounded length.
    fn texts(&mut self, path: &str, value: Value<'_>, most: usize) -> Vec<String> {
        let mut list = Vec::new();
        let before = self.problems.len();
        self.each(path, value, |reader, at, value| match value {
            Value::String(text) if !text.is_empty() && text.len() <= ENTRY_MAX => {
                list.push(text.to_owned());
            }
            _ => reader.wrong(at, format!("expected a string of 1 to {ENTRY_MAX} bytes")),
        });
        if self.problems.len() == before && !(1..=most).contains(&list.len()) {
            self.wrong(path, format!("expected 1 to {most} entries"));
        }
        list
    }

    /// A member that must be there.
    fn required<'v>(&mut self, at: &str, rule: Container<'v>, name: &str) -> Option<Value<'v>> {
        let found = rule.get(name).ok().flatten();
        if found.is_none() {
            self.wrong(format!("{at}.{name}"), "missing");
        }
        found
    }

    fn key_name(&mut self, at: &str, value: Value<'_>) -> Option<String> {
        let Value::String(text) = value else {
            self.wrong(at, "expected a string");
            return None;
        };
        let words = text.bytes().any(|b| b.is_ascii_alphanumeric() || b >= 0x80);
        if !words || text.len() > ENTRY_MAX {
            self.wrong(
                at,
                format!("expected 1 to {ENTRY_MAX} bytes with a letter or digit"),
            );
            return None;
        }
        Some(text.to_owned())
    }

    fn key(&mut self, at: &str, value: Value<'_>) {
        let Value::Object(rule) = value else {
            if !matches!(value, Value::String(_)) {
                return self.wrong(at, "expected a string or an object");
            }
            if let Some(about) = self.key_name(at, value) {
                self.rules.keys.push(Rule {
                    about,
                    action: Action::Mask,
                    scope: Scope::default(),
                });
            }
            return;
        };
        let common = self.common(at, rule, &["key"]);
        let name = self.required(at, rule, "key");
        let name = name.and_then(|name| self.key_name(&format!("{at}.key"), name));
        let (Some(common), Some(about)) = (common, name) else {
            return;
        };
        if common.action == Action::Partial && names_secret(&about) {
            return self.wrong(
                format!("{at}.action"),
                "partial is refused for names of secrets, use mask, hash or remove",
            );
        }
        self.rules.keys.push(Rule {
            about,
            action: common.action,
            scope: common.scope,
        });
    }

    fn detector_name(&mut self, at: &str, value: Value<'_>) -> Option<Detector> {
        let found = match value {
            Value::String(name) => Detector::named(name),
            _ => {
                self.wrong(at, "expected a string");
                return None;
            }
        };
        if found.is_none() {
            self.wrong(at, "unknown detector");
        }
        found
    }

    fn detector(&mut self, at: &str, value: Value<'_>) {
        let Value::Object(rule) = value else {
            if !matches!(value, Value::String(_)) {
                return self.wrong(at, "expected a string or an object");
            }
            if let Some(detector) = self.detector_name(at, value) {
                self.rules.detectors.push(Rule {
                    about: Detection {
                        detector,
                        paths: Vec::new(),
                    },
                    action: Action::Mask,
                    scope: Scope::default(),
                });
            }
            return;
        };
        let common = self.common(at, rule, &["detector", "paths"]);
        let detector = self.required(at, rule, "detector");
        let detector = detector.and_then(|d| self.detector_name(&format!("{at}.detector"), d));
        let mut paths = Vec::new();
        let before = self.problems.len();
        if let Ok(Some(list)) = rule.get("paths") {
            let path = format!("{at}.paths");
            self.each(&path, list, |reader, at, value| {
                paths.extend(reader.steps(at, value));
            });
            if paths.is_empty() && self.problems.len() == before {
                self.wrong(path, "expected 1 or more paths");
            }
        }
        let (Some(common), Some(detector)) = (common, detector) else {
            return;
        };
        if common.action == Action::Partial && !detector.may_be_partial() {
            return self.wrong(
                format!("{at}.action"),
                "partial is refused for secrets, use mask, hash or remove",
            );
        }
        self.rules.detectors.push(Rule {
            about: Detection { detector, paths },
            action: common.action,
            scope: common.scope,
        });
    }

    fn steps(&mut self, at: &str, value: Value<'_>) -> Option<Vec<Step>> {
        let Value::String(text) = value else {
            self.wrong(at, "expected a string");
            return None;
        };
        match path_syntax::parse(text) {
            Ok(steps) => Some(steps),
            Err(problem) => {
                self.wrong(at, problem);
                None
            }
        }
    }

    fn path(&mut self, at: &str, value: Value<'_>) {
        let Value::Object(rule) = value else {
            if !matches!(value, Value::String(_)) {
                return self.wrong(at, "expected a string or an object");
            }
            if let Some(about) = self.steps(at, value) {
                self.rules.paths.push(Rule {
                    about,
                    action: Action::Mask,
                    scope: Scope::default(),
                });
            }
            return;
        };
        let common = self.common(at, rule, &["path"]);
        let path = self.required(at, rule, "path");
        let path = path.and_then(|path| self.steps(&format!("{at}.path"), path));
        if let (Some(common), Some(about)) = (common, path) {
            self.rules.paths.push(Rule {
                about,
                action: common.action,
                scope: common.scope,
            });
        }
    }

    fn pattern(&mut self, at: &str, value: Value<'_>) {
        let Value::Object(rule) = value else {
            return self.wrong(at, "expected an object");
        };
        if self.rules.patterns.len() >= patterns::COUNT_MAX {
            return self.wrong(at, format!("more than {} patterns", patterns::COUNT_MAX));
        }
        let common = self.common(at, rule, &["name", "pattern", "near"]);
        let name = self.required(at, rule, "name");
        let name = name.and_then(|name| self.kind_name(&format!("{at}.name"), name));
        let near = match rule.get("near") {
            Ok(Some(words)) => self.near(&format!("{at}.near"), words),
            _ => Vec::new(),
        };
        let pattern = match self.required(at, rule, "pattern") {
            Some(Value::String(text)) => match Pattern::new(text, near) {
                Ok(pattern) => Some(Rc::new(pattern)),
                Err(problem) => {
                    self.wrong(format!("{at}.pattern"), problem);
                    None
                }
            },
            Some(_) => {
                self.wrong(format!("{at}.pattern"), "expected a string");
                None
            }
            None => None,
        };
        if let (Some(common), Some(name), Some(pattern)) = (common, name, pattern) {
            self.rules.patterns.push(Rule {
                about: OwnPattern { name, pattern },
                action: common.action,
                scope: common.scope,
            });
        }
    }

    /// The word in the marker.
    fn kind_name(&mut self, at: &str, value: Value<'_>) -> Option<Rc<str>> {
        let Value::String(name) = value else {
            self.wrong(at, "expected a string");
            return None;
        };
        let word = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.len() <= KIND_MAX
            && (name.bytes()).all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !word {
            self.wrong(
                at,
                format!("expected a letter and up to {KIND_MAX} of a-z, 0-9 and -"),
            );
            return None;
        }
        let taken = ["key", "path", "overflow"].contains(&name)
            || DETECTORS.iter().any(|(known, _)| *known == name);
        if taken {
            self.wrong(at, "the name is that of a rule or detector that is there");
            return None;
        }
        Some(name.into())
    }

    fn near(&mut self, path: &str, value: Value<'_>) -> Vec<String> {
        let words = self.texts(path, value, patterns::WORDS_MAX);
        let long = words.iter().position(|w| w.len() > patterns::WORD_MAX);
        if let Some(index) = long {
            self.wrong(
                format!("{path}[{index}]"),
                format!("a word has at most {} bytes", patterns::WORD_MAX),
            );
        }
        words.iter().map(|word| word.to_lowercase()).collect()
    }

    fn allow_value(&mut self, at: &str, value: Value<'_>) {
        let Value::String(text) = value else {
            return self.wrong(at, "expected a string");
        };
        if text.len() > VALUE_MAX || text.bytes().all(|b| b == b'*') {
            return self.wrong(
                at,
                format!("expected 1 to {VALUE_MAX} bytes, not only stars"),
            );
        }
        self.rules.allow_values.push(text.to_owned());
    }

    /// Limits that hold for the whole policy.
    fn totals(&mut self) {
        let rules = &self.rules;
        let marked = || rules.detectors.iter().filter(|r| !r.about.paths.is_empty());
        let paths: Vec<&Vec<Step>> = (rules.paths.iter().map(|r| &r.about))
            .chain(&rules.allow_paths)
            .chain(marked().flat_map(|r| &r.about.paths))
            .collect();
        let deep = paths.iter().filter(|p| p.contains(&Step::AnyDepth)).count();
        let (count, marks) = (paths.len(), marked().count());
        if count > PATHS_MAX {
            self.wrong("$.paths", format!("a policy has at most {PATHS_MAX} paths"));
        }
        if deep > DEEP_MAX {
            self.wrong(
                "$.paths",
                format!("a policy has at most {DEEP_MAX} paths of any depth"),
            );
        }
        if marks > MARKS_MAX {
            self.wrong(
                "$.detectors",
                format!("a policy has at most {MARKS_MAX} detectors with paths"),
            );
        }
    }
}

/// True for names that the built-in policy `secrets` knows.
fn names_secret(name: &str) -> bool {
    thread_local! {
        static SECRETS: KeyRules = {
            let mut reader = Reader::default();
            if let Some(bytes) = Policy::builtin("secrets").and_then(|text| json::parse(text).ok())
                && let Ok(root) = Container::root(&bytes)
            {
                reader.document(root);
            }
            let keys: Vec<&str> = reader.rules.keys.iter().map(|r| r.about.as_str()).collect();
            let allowed: Vec<&str> = reader.rules.allow_keys.iter().map(String::as_str).collect();
            KeyRules::names(&keys, &allowed)
        };
    }
    SECRETS.with(|secrets| secrets.class(name).is_some())
}
