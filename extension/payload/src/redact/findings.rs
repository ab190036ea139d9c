//! What was hidden where: rule, path and count, never a value.

use super::path::Path;

/// Distinct (rule, path) pairs that are kept; what comes later is counted under [`ELSEWHERE`].
const DISTINCT_MAX: usize = 200;
const ELSEWHERE: &str = "$…";

/// How often one rule hid something at one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub rule: &'static str,
    /// Like `$.arguments~json.password` or `$.content[0].text`. A key that was itself hidden
    /// stands here as its marker.
    pub path: String,
    pub count: u32,
}

/// Findings merged by rule and path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    list: Vec<Finding>,
}

impl Findings {
    pub fn iter(&self) -> std::slice::Iter<'_, Finding> {
        self.list.iter()
    }

    /// Everything that was hidden, counted.
    pub fn total(&self) -> u64 {
        self.list.iter().map(|f| u64::from(f.count)).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn add(&mut self, rule: &'static str, path: &Path<'_>) {
        let path = path.to_string();
        if self.count_known(rule, &path) {
            return;
        }
        let path = if self.list.len() < DISTINCT_MAX {
            path
        } else if self.count_known(rule, ELSEWHERE) {
            return;
        } else {
            ELSEWHERE.to_owned()
        };
        self.list.push(Finding {
            rule,
            path,
            count: 1,
        });
    }

    fn count_known(&mut self, rule: &'static str, path: &str) -> bool {
        // The newest is the likeliest: hits of one string come together.
        let known = self
            .list
            .iter_mut()
            .rev()
            .find(|f| f.rule == rule && f.path == path);
        if let Some(finding) = known {
            finding.count = finding.count.saturating_add(1);
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
            findings.add("email", &root.index(index));
            findings.add("email", &root.index(0));
        }
        assert_eq!(findings.total(), 600);
        assert_eq!(findings.iter().count(), DISTINCT_MAX + 1);
        assert_eq!(findings.iter().next().unwrap().count, 301);
        assert_eq!(findings.iter().last().unwrap().path, ELSEWHERE);
    }
}
