//! Policies: what to hide, as a versioned JSON document, and compiled.

mod detector;
mod plan;
mod read;
mod read_rules;
mod rules;

pub(super) use detector::{Active, Detector};
pub(super) use plan::{Plan, Secret};

use super::subject::{Holds, Scope, Subject};
use crate::jsonb::Value;
use rules::Rules;
use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

const BUILTIN: [(&str, &str); 3] = [
    ("secrets", include_str!("../builtin/secrets.json")),
    ("standard", include_str!("../builtin/standard.json")),
    ("strict", include_str!("../builtin/strict.json")),
];

/// Plans that are kept: one for each set of rules that some event's kind and tool call for.
const PLANS_MAX: usize = 64;

/// A compiled policy: build once, use often.
pub struct Policy {
    rules: Rules,
    scopes: Vec<Scope>,
    /// For a subject of which nothing is known, and for all when no rule has a scope.
    plan: Rc<Plan>,
    /// By which scopes hold; most recently made last.
    plans: RefCell<Vec<(Vec<Holds>, Rc<Plan>)>>,
    needs_key: bool,
}

/// Why a document is not a policy: the place and the problem, never a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError {
    /// Like `$.detectors[3]`.
    pub path: String,
    pub problem: String,
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.problem, self.path)
    }
}

impl std::error::Error for PolicyError {}

impl Policy {
    /// The JSON text of a built-in policy.
    pub fn builtin(name: &str) -> Option<&'static str> {
        BUILTIN
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, text)| *text)
    }

    /// Compiles a policy document, or gives its first problem.
    pub fn compile(policy: Value<'_>) -> Result<Policy, PolicyError> {
        Policy::read(policy).map_err(|problems| {
            let first = problems.into_iter().next();
            first.unwrap_or_else(|| PolicyError {
                path: "$".to_owned(),
                problem: "not a policy".to_owned(),
            })
        })
    }

    /// What is wrong with a policy document: nothing, when it is one.
    pub fn problems(policy: Value<'_>) -> Vec<PolicyError> {
        Policy::read(policy).err().unwrap_or_default()
    }

    fn read(policy: Value<'_>) -> Result<Policy, Vec<PolicyError>> {
        let rules = read::read(policy)?;
        let Some(plan) = Plan::new(&rules, &Subject::default()) else {
            return Err(vec![PolicyError {
                path: "$.keys".to_owned(),
                problem: "too many names to search for at once".to_owned(),
            }]);
        };
        Ok(Policy {
            scopes: rules.scopes(),
            needs_key: rules.need_key(),
            rules,
            plan: Rc::new(plan),
            plans: RefCell::default(),
        })
    }

    /// True when some rule hashes or makes pseudonyms: without a key it would mask.
    pub fn needs_key(&self) -> bool {
        self.needs_key
    }

    /// What applies to a subject.
    pub(super) fn plan(&self, subject: &Subject<'_>) -> Rc<Plan> {
        if self.scopes.is_empty() {
            return Rc::clone(&self.plan);
        }
        let holds: Vec<Holds> = self.scopes.iter().map(|s| s.holds(subject)).collect();
        let mut plans = self.plans.borrow_mut();
        if let Some((_, plan)) = plans.iter().find(|(known, _)| *known == holds) {
            return Rc::clone(plan);
        }
        // It has fewer names to search for than that of the unknown subject, so it fits as well.
        let plan = Plan::new(&self.rules, subject).map_or_else(|| Rc::clone(&self.plan), Rc::new);
        if plans.len() >= PLANS_MAX {
            plans.remove(0);
        }
        plans.push((holds, Rc::clone(&plan)));
        plan
    }
}
