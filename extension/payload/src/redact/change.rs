//! What redaction does to one value.

/// What becomes of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change<T> {
    Same,
    New(T),
    /// The member goes; in an array null stays.
    Gone,
}

impl<T> Change<T> {
    pub fn map<U>(self, with: impl FnOnce(T) -> U) -> Change<U> {
        match self {
            Change::Same => Change::Same,
            Change::New(value) => Change::New(with(value)),
            Change::Gone => Change::Gone,
        }
    }

    pub fn from_option(changed: Option<T>) -> Self {
        changed.map_or(Change::Same, Change::New)
    }
}
