//! The rules of a policy and of all that it extends, as its document has them.

use super::detector::Detector;
use crate::redact::action::Action;
use crate::redact::path_syntax::Step;
use crate::redact::patterns::Pattern;
use crate::redact::subject::{Holds, Scope, Subject};
use std::rc::Rc;

/// What a rule is about, what it does and for which events.
pub(super) struct Rule<T> {
    pub about: T,
    pub action: Action,
    pub scope: Scope,
}

pub(super) struct OwnPattern {
    pub name: Rc<str>,
    pub pattern: Rc<Pattern>,
}

/// A detector, everywhere or at and below some paths.
pub(super) struct Detection {
    pub detector: Detector,
    pub paths: Vec<Vec<Step>>,
}

/// In the order of the documents: what is extended comes first.
#[derive(Default)]
pub(super) struct Rules {
    pub keys: Vec<Rule<String>>,
    pub detectors: Vec<Rule<Detection>>,
    pub paths: Vec<Rule<Vec<Step>>>,
    pub patterns: Vec<Rule<OwnPattern>>,
    pub allow_keys: Vec<String>,
    pub allow_paths: Vec<Vec<Step>>,
    pub allow_values: Vec<String>,
}

impl<T> Rule<T> {
    /// How much the rule weighs for a subject; `None`: it does not apply. Where the subject does not
    /// say enough, what hides applies, behind all that surely does, and what keeps does not.
    pub fn weight(&self, subject: &Subject<'_>) -> Option<u8> {
        match self.scope.holds(subject) {
            Holds::Yes => Some(1 + self.scope.specificity()),
            Holds::Unknown if self.action.hides() => Some(0),
            _ => None,
        }
    }
}

impl Rules {
    fn actions(&self) -> impl Iterator<Item = Action> {
        (self.keys.iter().map(|r| r.action))
            .chain(self.detectors.iter().map(|r| r.action))
            .chain(self.paths.iter().map(|r| r.action))
            .chain(self.patterns.iter().map(|r| r.action))
    }

    pub fn need_key(&self) -> bool {
        self.actions().any(Action::needs_key)
    }

    /// The distinct scopes.
    pub fn scopes(&self) -> Vec<Scope> {
        let all = (self.keys.iter().map(|r| &r.scope))
            .chain(self.detectors.iter().map(|r| &r.scope))
            .chain(self.paths.iter().map(|r| &r.scope))
            .chain(self.patterns.iter().map(|r| &r.scope));
        let mut scopes: Vec<Scope> = Vec::new();
        for scope in all {
            if !scope.is_everything() && !scopes.contains(scope) {
                scopes.push(scope.clone());
            }
        }
        scopes
    }
}
