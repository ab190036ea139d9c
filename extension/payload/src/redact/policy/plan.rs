//! What a policy does for one subject: its rules without those that do not apply, ready to use.

use super::detector::{Active, Detector};
use super::rules::{Rule, Rules};
use crate::redact::action::Action;
use crate::redact::allowed::Allowed;
use crate::redact::keys::{Class, KeyRules, normal};
use crate::redact::kind::Kind;
use crate::redact::path_rules::{End, Paths, Tracker};
use crate::redact::scan::Scanner;
use crate::redact::subject::Subject;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::rc::Rc;

const DETECTORS: usize = 16;

/// A key rule that fits a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::redact) struct Secret {
    pub class: Class,
    pub action: Action,
}

/// What to do with what a detector finds, everywhere or where a bit of the tracker's marks is set.
#[derive(Clone, Copy)]
struct Decision {
    action: Action,
    mark: Option<u8>,
}

pub(in crate::redact) struct Plan {
    pub scanner: Scanner,
    pub allowed: Allowed,
    pub paths: Paths,
    /// Key rules by action; `None`: all mask, and the scanner's are all there are.
    names: Option<Vec<(Action, KeyRules)>>,
    /// Of each detector, the first that holds decides.
    decisions: [Vec<Decision>; DETECTORS],
    patterns: Vec<(Rc<str>, Action)>,
    /// Whatever detectors find is masked.
    plain: bool,
    /// Keys and paths as well, and nothing is allowed by its value.
    masking: bool,
}

/// The rules that apply to a subject, those that win first.
fn applying<'r, T>(
    rules: &'r [Rule<T>],
    subject: &Subject<'_>,
    special: impl Fn(&T) -> bool,
) -> Vec<(u8, &'r Rule<T>)> {
    let weighed = rules.iter().rev();
    let mut list: Vec<_> = weighed
        .filter_map(|rule| Some((rule.weight(subject)?, rule)))
        .collect();
    // Stable: of equals the later one wins.
    list.sort_by_key(|(weight, rule)| std::cmp::Reverse((*weight, special(&rule.about))));
    list
}

impl Plan {
    /// `None` when the names do not fit one search.
    pub(super) fn new(rules: &Rules, subject: &Subject<'_>) -> Option<Plan> {
        let mut paths = Paths::default();
        for steps in &rules.allow_paths {
            paths.add(steps, End::Allow).then_some(())?;
        }
        let acting = applying(&rules.paths, subject, |_| false);
        for (rank, (_, rule)) in acting.into_iter().enumerate() {
            let rank = u16::try_from(rank).ok()?;
            paths
                .add(&rule.about, End::Act(rank, rule.action))
                .then_some(())?;
        }

        let mut active = Active::default();
        let mut decisions: [Vec<Decision>; DETECTORS] = Default::default();
        let mut marks = 0..64;
        for (_, rule) in applying(&rules.detectors, subject, |about| !about.paths.is_empty()) {
            let mark = if rule.about.paths.is_empty() {
                None
            } else {
                Some(marks.next()?)
            };
            for steps in &rule.about.paths {
                paths.add(steps, End::Mark(mark?)).then_some(())?;
            }
            active.add(rule.about.detector);
            decisions[rule.about.detector as usize].push(Decision {
                action: rule.action,
                mark,
            });
        }

        let mut patterns = Vec::new();
        let mut searched = Vec::new();
        let mut weights: HashMap<&str, u8> = HashMap::new();
        for (weight, rule) in applying(&rules.patterns, subject, |_| false) {
            // Of one name the most specific rules.
            if *weights.entry(&rule.about.name).or_insert(weight) == weight {
                let number = u8::try_from(patterns.len()).ok()?;
                searched.push((Kind::own(number), Rc::clone(&rule.about.pattern)));
                patterns.push((Rc::clone(&rule.about.name), rule.action));
            }
        }

        let (keys, names) = key_rules(rules, subject);
        let mut allowed = Allowed::default();
        rules.allow_values.iter().for_each(|v| allowed.add(v));
        let masks = |list: &Vec<Decision>| {
            let first = list.first();
            first.is_none_or(|d| d.action == Action::Mask && d.mark.is_none())
        };
        let plain = patterns.is_empty() && decisions.iter().all(masks);
        let paths_mask = rules.paths.iter().all(|r| r.action == Action::Mask);
        let masking = plain && allowed.is_empty() && names.is_none() && paths_mask;
        Some(Plan {
            scanner: Scanner::new(keys, active, searched)?,
            allowed,
            paths,
            names,
            decisions,
            patterns,
            plain,
            masking,
        })
    }

    /// The key rule that fits `name`.
    pub fn secret(&self, name: &str) -> Option<Secret> {
        match &self.names {
            None => self.scanner.keys.class(name).map(|class| Secret {
                class,
                action: Action::Mask,
            }),
            // The longest rule that fits wins.
            Some(names) => names
                .iter()
                .filter_map(|(action, rules)| {
                    let (length, class) = rules.rule(name)?;
                    let action = *action;
                    Some((length, Secret { class, action }))
                })
                .max_by_key(|(length, _)| *length)
                .map(|(_, secret)| secret),
        }
    }

    /// Whether no rule does anything but mask, so that it does not matter what a value is.
    pub fn is_masking(&self) -> bool {
        self.masking
    }

    pub fn has_patterns(&self) -> bool {
        !self.patterns.is_empty()
    }

    /// The word for a kind.
    pub fn name(&self, kind: Kind) -> &str {
        let own = kind.pattern().and_then(|number| self.patterns.get(number));
        own.map_or(kind.name(), |(name, _)| name)
    }

    /// What to do with a kind that was found where `tracker` stands; `None`: no rule is for here.
    pub fn action(&self, kind: Kind, tracker: Option<&Tracker<'_>>) -> Option<Action> {
        if self.plain {
            return Some(Action::Mask);
        }
        if let Some(number) = kind.pattern() {
            return self.patterns.get(number).map(|(_, action)| *action);
        }
        let Some(detector) = kind.detector() else {
            return Some(Action::Mask);
        };
        let list = &self.decisions[detector as usize];
        if list.is_empty() {
            // Found by another detector on its way: a bearer token in a header's value.
            return Some(Action::Mask);
        }
        let enclosed = tracker.is_some_and(Tracker::is_enclosed);
        let marks = tracker.map_or(0, Tracker::marks);
        list.iter()
            .find(|decision| match decision.mark {
                None => true,
                // Below which path it stands is not known.
                Some(_) if enclosed => decision.action.hides(),
                Some(bit) => marks >> bit & 1 == 1,
            })
            .map(|decision| decision.action)
    }

    /// True when a detector is on.
    pub fn has(&self, detector: Detector) -> bool {
        self.scanner.active.has(detector)
    }
}

/// What the scanner searches text for, and the rules by action where they differ.
fn key_rules(rules: &Rules, subject: &Subject<'_>) -> (KeyRules, Option<Vec<(Action, KeyRules)>>) {
    let mut known: HashMap<Vec<u8>, usize> = HashMap::new();
    let mut list: Vec<(&str, Action)> = Vec::new();
    for (_, rule) in applying(&rules.keys, subject, |_| false) {
        // Of one name the first; its words are those of the spelling that has most of them, which finds
        // the others too.
        match known.entry(normal(&rule.about)) {
            Entry::Vacant(entry) => {
                entry.insert(list.len());
                list.push((&rule.about, rule.action));
            }
            Entry::Occupied(entry) => {
                let words = |name: &str| name.split_whitespace().count();
                let (first, _) = &mut list[*entry.get()];
                if words(&rule.about) > words(first) {
                    *first = &rule.about;
                }
            }
        }
    }
    // In the order of the documents.
    list.reverse();
    let allowed: Vec<&str> = rules.allow_keys.iter().map(String::as_str).collect();
    let with = |wanted: &dyn Fn(Action) -> bool| -> Vec<&str> {
        let chosen = list.iter().filter(|(_, action)| wanted(*action));
        chosen.map(|(name, _)| *name).collect()
    };
    let hiding = with(&|action| action.hides());
    let kept = with(&|action| !action.hides());
    let searched = KeyRules::new(&hiding, &[allowed.as_slice(), kept.as_slice()].concat());
    if list.iter().all(|(_, action)| *action == Action::Mask) {
        return (searched, None);
    }
    let mut actions: Vec<Action> = list.iter().map(|(_, action)| *action).collect();
    actions.sort_unstable();
    actions.dedup();
    let by_action = actions
        .into_iter()
        .map(|action| (action, KeyRules::names(&with(&|a| a == action), &allowed)))
        .collect();
    (searched, Some(by_action))
}
