//! Policies, compiled once per backend and text.

use crate::datum::{Jsonb, NewJsonb};
use crate::error::{Error, or_raise};
use payload::jsonb::Container;
use payload::redact::{Key, Policy, PolicyError};
use pgrx::prelude::*;
use std::cell::RefCell;
use std::rc::Rc;

/// Compiled policies kept per backend: a tenant or two, and the defaults.
const KEPT: usize = 8;

thread_local! {
    /// Most recently used last.
    static COMPILED: RefCell<Vec<(Vec<u8>, Rc<Policy>)>> = const { RefCell::new(Vec::new()) };
}

/// The policy of a policy document, compiled or remembered.
pub fn compiled(document: &[u8]) -> Rc<Policy> {
    COMPILED.with_borrow_mut(|kept| {
        if let Some(at) = kept.iter().position(|(bytes, _)| bytes == document) {
            let found = kept.remove(at);
            let policy = Rc::clone(&found.1);
            kept.push(found);
            return policy;
        }
        let policy = Rc::new(compile(document));
        if kept.len() >= KEPT {
            kept.remove(0);
        }
        kept.push((document.to_vec(), Rc::clone(&policy)));
        policy
    })
}

fn compile(document: &[u8]) -> Policy {
    let root = or_raise(Container::root(document));
    or_raise(Policy::compile(root).map_err(|error| {
        Error::new(
            "TR021",
            format!("redaction policy is not valid: {error}"),
            "start from SELECT transcript.builtin_policy('standard')",
        )
    }))
}

/// Ends the statement when a policy computes with a key and there is none.
pub fn require_key(policy: &Policy, key: Option<&Key>) {
    if policy.needs_key() && key.is_none() {
        Error::new(
            "TR032",
            "redaction policy hashes or makes pseudonyms, and no key is there",
            "run SELECT transcript.rotate_redaction_key(), and use transcript.redacted where no row is written",
        )
        .raise()
    }
}

/// What is wrong with a policy: the place in the document and the problem; no row when it is valid.
#[pg_extern(immutable, strict, parallel_safe)]
fn policy_check(
    policy: Jsonb,
) -> TableIterator<'static, (name!(path, String), name!(problem, String))> {
    let root = or_raise(Container::root(policy.bytes()));
    let problems = Policy::problems(root);
    let rows = problems
        .into_iter()
        .map(|PolicyError { path, problem }| (path, problem));
    TableIterator::new(rows)
}

/// A policy that comes with the extension: `secrets`, `standard` (the default) or `strict`.
#[pg_extern(immutable, strict, parallel_safe)]
fn builtin_policy(name: default!(&str, "'standard'")) -> NewJsonb {
    match Policy::builtin(name) {
        Some(text) => NewJsonb(or_raise(payload::json::parse(text))),
        None => Error::new(
            "TR022",
            format!(
                "built-in policy {} does not exist",
                payload::project::nameable(name)
            ),
            "use secrets, standard or strict",
        )
        .raise(),
    }
}
