//! What a payload belongs to, as far as a policy asks.

use super::keyed::Key;

/// Whose payload it is: rules with a scope are compared with it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Subject<'a> {
    /// Kind of the event; `None`: unknown.
    pub kind: Option<&'a str>,
    /// Name of the tool. `None` where a kind is given: the event has none, unless its kind is one
    /// that comes with a tool; then, and without a kind, it is unknown.
    pub tool: Option<&'a str>,
    /// What `hash` and `pseudonym` are computed with. Without it they mask.
    pub key: Option<&'a Key>,
    /// The payload may stand somewhere below the root, as in a dead letter: paths that hide match at
    /// any depth, paths that keep or allow do not match at all.
    pub enclosed: bool,
}

impl<'a> Subject<'a> {
    /// An event of this kind and tool.
    pub fn event(kind: Option<&'a str>, tool: Option<&'a str>) -> Self {
        Subject {
            kind,
            tool,
            ..Subject::default()
        }
    }

    /// The tool's name, `""` when there is none, `None` when it is unknown.
    fn known_tool(&self) -> Option<&'a str> {
        let kind = self.kind?;
        let with_tool = kind.starts_with("tool_")
            || kind.starts_with("mcp_call")
            || kind.starts_with("approval_");
        match self.tool {
            None if with_tool => None,
            None => Some(""),
            known => known,
        }
    }
}

/// Which events a rule is for; empty lists: for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Scope {
    pub kinds: Vec<String>,
    pub tools: Vec<String>,
}

/// Whether a rule's scope holds for a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    Yes,
    No,
    /// The subject does not say enough.
    Unknown,
}

impl Scope {
    pub fn is_everything(&self) -> bool {
        self.kinds.is_empty() && self.tools.is_empty()
    }

    /// How many of the two questions it asks.
    pub fn specificity(&self) -> u8 {
        u8::from(!self.kinds.is_empty()) + u8::from(!self.tools.is_empty())
    }

    pub fn holds(&self, subject: &Subject<'_>) -> Holds {
        let asked = |list: &[String], known: Option<&str>| match known {
            _ if list.is_empty() => Holds::Yes,
            None => Holds::Unknown,
            Some(known) if list.iter().any(|wanted| wanted == known) => Holds::Yes,
            Some(_) => Holds::No,
        };
        let tool = subject.known_tool().or(subject.tool);
        match (asked(&self.kinds, subject.kind), asked(&self.tools, tool)) {
            (Holds::No, _) | (_, Holds::No) => Holds::No,
            (Holds::Yes, Holds::Yes) => Holds::Yes,
            _ => Holds::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_hold_do_not_hold_or_cannot_be_told() {
        let scope = |kinds: &[&str], tools: &[&str]| Scope {
            kinds: kinds.iter().map(|k| (*k).to_owned()).collect(),
            tools: tools.iter().map(|t| (*t).to_owned()).collect(),
        };
        let cases = [
            (scope(&[], &[]), None, None, Holds::Yes),
            (scope(&["message"], &[]), None, None, Holds::Unknown),
            (scope(&["message"], &[]), Some("message"), None, Holds::Yes),
            (scope(&["message"], &[]), Some("note"), None, Holds::No),
            (scope(&[], &["search"]), None, None, Holds::Unknown),
            (scope(&[], &["search"]), None, Some("search"), Holds::Yes),
            (scope(&[], &["search"]), None, Some("other"), Holds::No),
            // A message has no tool; the tool of a result may be missing.
            (scope(&[], &["search"]), Some("message"), None, Holds::No),
            (
                scope(&[], &["search"]),
                Some("tool_result"),
                None,
                Holds::Unknown,
            ),
            (
                scope(&["note"], &["search"]),
                Some("tool_call"),
                None,
                Holds::No,
            ),
            (
                scope(&["tool_call"], &["search"]),
                Some("tool_call"),
                Some("search"),
                Holds::Yes,
            ),
        ];
        for (scope, kind, tool, holds) in cases {
            assert_eq!(
                scope.holds(&Subject::event(kind, tool)),
                holds,
                "{scope:?} {kind:?} {tool:?}"
            );
        }
    }
}
