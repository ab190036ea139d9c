//! Reading one rule of each list.

use super::Policy;
use super::detector::{DETECTORS, Detector};
use super::read::{ENTRY_MAX, Reader};
use super::rules::{Detection, OwnPattern, Rule};
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

impl Reader {
    pub(super) fn key_name(&mut self, at: &str, value: Value<'_>) -> Option<String> {
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

    pub(super) fn key(&mut self, at: &str, value: Value<'_>) {
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

    pub(super) fn detector_name(&mut self, at: &str, value: Value<'_>) -> Option<Detector> {
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

    pub(super) fn detector(&mut self, at: &str, value: Value<'_>) {
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

    pub(super) fn steps(&mut self, at: &str, value: Value<'_>) -> Option<Vec<Step>> {
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

    pub(super) fn path(&mut self, at: &str, value: Value<'_>) {
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

    pub(super) fn pattern(&mut self, at: &str, value: Value<'_>) {
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
    pub(super) fn kind_name(&mut self, at: &str, value: Value<'_>) -> Option<Rc<str>> {
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

    pub(super) fn near(&mut self, path: &str, value: Value<'_>) -> Vec<String> {
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

    pub(super) fn allow_value(&mut self, at: &str, value: Value<'_>) {
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
