//! Redaction policies: what they do to real rows, with which keys, and what they refuse.

mod actions;
mod changes;
mod hostile;
mod keys;
mod page;
mod retries;
mod scopes;
mod stored;
