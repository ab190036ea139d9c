//! Reading a policy document: every problem is named by its place, no value is repeated.

use super::rules::Rules;
use super::{Policy, PolicyError};
use crate::json;
use crate::jsonb::{Container, Value};
use crate::redact::action::Action;
use crate::redact::path_syntax::Step;
use crate::redact::subject::Scope;

const VERSION: i64 = 1;
/// A policy is compiled in every backend that writes.
const DOCUMENT_MAX: usize = 1 << 20;
const LIST_MAX: usize = 2_000;
pub(super) const ENTRY_MAX: usize = 100;
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
pub(super) struct Reader {
    pub(super) rules: Rules,
    pub(super) problems: Vec<PolicyError>,
}

/// The members that every rule may have.
pub(super) struct Common {
    pub action: Action,
    pub scope: Scope,
}

impl Reader {
    pub(super) fn wrong(&mut self, path: impl Into<String>, problem: impl Into<String>) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(PolicyError {
                path: path.into(),
                problem: problem.into(),
            });
        }
    }

    pub(super) fn document(&mut self, policy: Value<'_>) {
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

    pub(super) fn each(
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
    pub(super) fn common(&mut self, at: &str, rule: Container<'_>, own: &[&str]) -> Option<Common> {
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
    pub(super) fn texts(&mut self, path: &str, value: Value<'_>, most: usize) -> Vec<String> {
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
    pub(super) fn required<'v>(
        &mut self,
        at: &str,
        rule: Container<'v>,
        name: &str,
    ) -> Option<Value<'v>> {
        let found = rule.get(name).ok().flatten();
        if found.is_none() {
            self.wrong(format!("{at}.{name}"), "missing");
        }
        found
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
