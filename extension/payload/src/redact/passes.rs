//! Detectors on one string: look, decide, replace, and look again until nothing is found.

use super::action::Action;
use super::kind::Kind;
use super::mask;
use super::path::Path;
use super::pseudonym;
use super::redactor::Redactor;
use super::replace;
use super::spans::{Decided, merge};
use crate::interrupt;

/// Looks at a string after something in it was hidden, so that a second redaction finds nothing.
const PASSES_MAX: usize = 4;

impl Redactor<'_> {
    pub(super) fn passes(
        &mut self,
        text: &str,
        name: &str,
        path: &Path<'_>,
        first: usize,
    ) -> Option<String> {
        let mut changed: Option<String> = None;
        for pass in first..=first + PASSES_MAX {
            let current = changed.as_deref().unwrap_or(text);
            match pass - first {
                0 => self.hits.trail.record(current.len()),
                1 => self.hits.trail.follow(),
                _ => self.hits.trail.stop(),
            }
            self.scan(current, name);
            let mut list = self.decide(current, path, pass);
            if list.is_empty() && !self.hits.overflow {
                break;
            }
            // What does not come to rest would be found again by a second redaction.
            self.hits.overflow |= pass == first + PASSES_MAX;
            changed = Some(self.apply(current, &mut list, path));
        }
        changed
    }

    /// Hits in the text; nothing is looked for in what was made up earlier.
    fn scan(&mut self, text: &str, name: &str) {
        self.hits.clear();
        self.plan.scanner.scan(text, name, &mut self.hits);
        let mut made_up: Vec<(usize, usize)> = (self.hits.iter())
            .filter_map(|hit| pseudonym::around(text, hit.start, hit.end))
            .collect();
        if made_up.is_empty() {
            return;
        }
        self.hits.trail.stop();
        made_up.sort_unstable();
        made_up.dedup();
        self.hits.clear();
        let mut from = 0;
        for (end, behind) in made_up.into_iter().chain([(text.len(), text.len())]) {
            // Windows of hits may cut one value in two ways.
            if end >= from {
                let first = self.hits.len();
                let piece = &text[from..end];
                self.hits.forget_coverage();
                self.plan.scanner.scan(piece, name, &mut self.hits);
                self.hits.translate(first, |s, e| (s + from, e + from));
            }
            from = from.max(behind);
        }
    }

    /// What is to be done with each hit: what is allowed is left out, what is kept is counted.
    fn decide(&mut self, text: &str, path: &Path<'_>, pass: usize) -> Vec<Decided> {
        let mut list = Vec::with_capacity(self.hits.len());
        let mut kept: Vec<Decided> = Vec::new();
        let tracker = self.tracker.as_ref();
        for hit in self.hits.iter() {
            let kind = self.plan.name(hit.kind);
            if self.plan.allowed.has(kind, &text[hit.start..hit.end]) {
                continue;
            }
            match self.plan.action(hit.kind, tracker) {
                None => {}
                Some(Action::Keep) => kept.push(Decided {
                    hit: *hit,
                    action: Action::Keep,
                }),
                // Once only: what closes up may look like something else.
                Some(Action::Remove) if pass > 0 => list.push(Decided {
                    hit: *hit,
                    action: Action::Mask,
                }),
                Some(action) => list.push(Decided { hit: *hit, action }),
            }
        }
        if pass == 0 && !kept.is_empty() {
            merge(&mut kept);
            merge(&mut list);
            for Decided { hit, action } in kept {
                let before = list.partition_point(|d| d.hit.end <= hit.start);
                if list.get(before).is_none_or(|d| d.hit.start >= hit.end) {
                    self.findings.add(self.plan.name(hit.kind), action, path);
                }
            }
        }
        list
    }

    /// `text` with every hit replaced.
    pub(super) fn apply(&mut self, text: &str, list: &mut Vec<Decided>, path: &Path<'_>) -> String {
        if self.hits.overflow {
            self.findings.add(Kind::OVERFLOW.name(), Action::Mask, path);
            return mask::marker(Kind::OVERFLOW.name(), text);
        }
        merge(list);
        let mut out = String::with_capacity(text.len());
        let mut from = 0;
        for Decided { hit, action } in list {
            let kind = self.plan.name(hit.kind);
            self.hits.trail.stays(out.len(), from, hit.start - from);
            interrupt::push(&mut out, &text[from..hit.start]);
            replace::push(&mut out, kind, *action, &text[hit.start..hit.end], self.key);
            self.findings.add(kind, *action, path);
            from = hit.end;
        }
        self.hits.trail.stays(out.len(), from, text.len() - from);
        interrupt::push(&mut out, &text[from..]);
        out
    }
}
