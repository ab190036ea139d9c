//! Containers rebuilt only where something in them changes.

use crate::interrupt;
use crate::jsonb::{Container, Error, Node, Value, sort_pairs};
use std::borrow::Cow;

/// The array with what `change` gives for its elements; `None` when it changes none.
pub fn array<'a>(
    array: Container<'a>,
    mut change: impl FnMut(Value<'a>) -> Result<Option<Node<'a>>, Error>,
) -> Result<Option<Node<'a>>, Error> {
    let mut changed: Option<Vec<Node<'a>>> = None;
    for (index, element) in array.elements().enumerate() {
        let element = element?;
        interrupt::check(interrupt::VALUE);
        let new = change(element)?;
        if new.is_some() && changed.is_none() {
            let before = array.elements().take(index).map(|e| e.map(Node::from));
            changed = Some(before.collect::<Result<_, _>>()?);
        }
        if let Some(nodes) = &mut changed {
            nodes.push(new.unwrap_or_else(|| Node::from(element)));
        }
    }
    Ok(changed.map(Node::Array))
}

/// The object with the names and values that `change` gives for its members; `None` when it changes
/// none.
pub fn object<'a>(
    object: Container<'a>,
    mut change: impl FnMut(&'a str, Value<'a>) -> Result<Changed<'a>, Error>,
) -> Result<Option<Node<'a>>, Error> {
    let mut changed: Option<Vec<(Cow<'a, str>, Node<'a>)>> = None;
    let mut renamed = false;
    for (index, entry) in object.entries().enumerate() {
        let (key, value) = entry?;
        interrupt::check(interrupt::VALUE);
        let (name, new) = change(key, value)?;
        renamed |= name.is_some();
        if (new.is_some() || name.is_some()) && changed.is_none() {
            let before = object.entries().take(index);
            let pairs = before.map(|e| e.map(|(k, v)| (Cow::Borrowed(k), Node::from(v))));
            changed = Some(pairs.collect::<Result<_, _>>()?);
        }
        if let Some(pairs) = &mut changed {
            pairs.push((
                name.unwrap_or(Cow::Borrowed(key)),
                new.unwrap_or_else(|| Node::from(value)),
            ));
        }
    }
    Ok(changed.map(|mut pairs| {
        if renamed {
            sort_pairs(&mut pairs);
        }
        Node::Object(pairs)
    }))
}

/// A member's new name and new value, where they are new.
pub type Changed<'a> = (Option<Cow<'a, str>>, Option<Node<'a>>);
