//! What was found where: rule, path, action and count, never a value.

use super::action::Action;
use super::path::Path;

/// Distinct (rule, path) pairs that are kept; what comes later is counted under [`ELSEWHERE`].
const DISTINCT_MAX: usize = 200;
const ELSEWHERE: &str = "$…";

/// How often one rule found something at one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// `path`, `key`, the kind of what a detector found, or the name of an own pattern.
    pub rule: Box<str>,
    /// Like `$.arguments~json.password` or `$.content[0].text`. A key that was itself hidden
    /// stands here as its marker.
    pub path: String,
    pub action: Action,
    pub count: u32,
}

/// Findings merged by rule, path and action.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    list: Vec<Finding>,
}

impl Findings {
    pub fn iter(&self) -> std::slice::Iter<'_, Finding> {
        self.list.iter()
    }

    /// Everything that was hidden, counted; what is kept is not.
    pub fn total(&self) -> u64 {
        let hidden = self.list.iter().filter(|f| f.action.hides());
        hidden.map(|f| u64::from(f.count)).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn add(&mut self, rule: &str, action: Action, path: &Path<'_>) {
        let path = path.to_string();
        self.merge(rule, action, path, 1);
    }

    /// What a further look at the same payload found.
    pub(super) fn extend(&mut self, more: Findings) {
        for finding in more.list {
            // What is kept was counted by the first look.
            if finding.action.hides() {
                self.merge(&finding.rule, finding.action, finding.path, finding.count);
            }
        }
    }

    fn merge(&mut self, rule: &str, action: Action, path: String, count: u32) {
        if self.count_known(rule, action, &path, count) {
            return;
        }
        let path = if self.list.len() < DISTINCT_MAX {
            path
        } else if self.count_known(rule, action, ELSEWHERE, count) {
            return;
        } else {
            ELSEWHERE.to_owned()
        };
        self.list.push(Finding {
            rule: rule.into(),
            path,
            action,
            count,
        });
    }

    fn count_known(&mut self, rule: &str, action: Action, path: &str, count: u32) -> bool {
        // The newest is the likeliest: hits of one string come together.
        let known = self
            .list
            .iter_mut()
            .rev()
            .find(|f| f.path == path && f.action == action && *f.rule == *rule);
        if let Some(finding) = known {
            finding.count = finding.count.saturating_add(count);
            return true;
        }
        false
    }
}

impl<'a> IntoIterator for &'a Findings {
    type Item = &'a Finding;
    type IntoIter = std::slice::Iter<'a, Finding>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_findings_merge_and_the_list_is_bounded() {
        let mut findings = Findings::default();
        let root = Path::ROOT;
        for index in 0..300 {
            findings.add("email", Action::Mask, &root.index(index));
            findings.add("email", Action::Mask, &root.index(0));
        }
        assert_eq!(findings.total(), 600);
        assert_eq!(findings.iter().count(), DISTINCT_MAX + 1);
        assert_eq!(findings.iter().next().unwrap().count, 301);
        assert_eq!(findings.iter().last().unwrap().path, ELSEWHERE);
    }

    #[test]
    fn what_is_kept_is_listed_and_not_counted_as_hidden() {
        let mut findings = Findings::default();
        findings.add("email", Action::Keep, &Path::ROOT);
        findings.add("email", Action::Hash, &Path::ROOT);
        assert_eq!((findings.total(), findings.iter().count()), (1, 2));
    }
}
