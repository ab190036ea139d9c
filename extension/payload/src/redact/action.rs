//! What is done with what was found.

/// Ordered by how much is left: where two overlap, the greater decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Found and counted, unchanged.
    Keep,
    /// A marker that keeps a few characters: the last four, an e-mail's domain.
    Partial,
    /// A made-up value of the same shape, the same one for the same value.
    Pseudonym,
    /// A marker with a keyed hash.
    Hash,
    /// A marker that says what was there and how long it was.
    #[default]
    Mask,
    /// Nothing is left: the text without it, the object without the member, null in an array.
    Remove,
}

const NAMES: [(&str, Action); 6] = [
    ("mask", Action::Mask),
    ("partial", Action::Partial),
    ("remove", Action::Remove),
    ("hash", Action::Hash),
    ("pseudonym", Action::Pseudonym),
    ("keep", Action::Keep),
];

impl Action {
    pub fn name(self) -> &'static str {
        NAMES
            .iter()
            .find(|(_, action)| *action == self)
            .map_or("", |(name, _)| name)
    }

    pub(super) fn named(name: &str) -> Option<Action> {
        NAMES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, action)| *action)
    }

    pub(super) fn hides(self) -> bool {
        self != Action::Keep
    }

    pub(super) fn needs_key(self) -> bool {
        matches!(self, Action::Hash | Action::Pseudonym)
    }
}
