//! Writing what the server would have written: the same bytes for the same value.

use super::*;
use crate::interrupt;
use std::borrow::Cow;

/// A value to be written. What did not change stays a [`Node::Raw`] and is copied as it stands.
#[derive(Clone, Debug)]
pub enum Node<'a> {
    Null,
    Bool(bool),
    /// A numeric datum with its header, as [`Number::bytes`] and [`number_from_text`] give it.
    Number(Cow<'a, [u8]>),
    String(Cow<'a, str>),
    Array(Vec<Node<'a>>),
    /// Pairs in stored order with unique keys: see [`sort_pairs`].
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
    /// An array or object of the input, unchanged.
    Raw(Container<'a>),
    /// An array or object of the input of which some values are new.
    Changed(Box<Changed<'a>>),
}

/// An array or object of the input, and its new values.
#[derive(Clone, Debug)]
pub struct Changed<'a> {
    pub old: Container<'a>,
    /// By their place, in its order.
    pub new: Vec<(usize, Node<'a>)>,
}

impl<'a> From<Value<'a>> for Node<'a> {
    fn from(value: Value<'a>) -> Self {
        match value {
            Value::Null => Node::Null,
            Value::Bool(b) => Node::Bool(b),
            Value::Number(n) => Node::Number(Cow::Borrowed(n.bytes())),
            Value::String(s) => Node::String(Cow::Borrowed(s)),
            Value::Array(c) | Value::Object(c) => Node::Raw(c),
        }
    }
}

impl<'a> Node<'a> {
    pub fn string(text: impl Into<Cow<'a, str>>) -> Self {
        Node::String(text.into())
    }

    /// An integer.
    pub fn integer(value: i64) -> Self {
        // An i64 is within every limit of numeric.
        number_from_text(&value.to_string()).map_or(Node::Null, |n| Node::Number(Cow::Owned(n)))
    }

    /// An object from pairs in any order.
    pub fn object(mut pairs: Vec<(Cow<'a, str>, Node<'a>)>) -> Self {
        sort_pairs(&mut pairs);
        Node::Object(pairs)
    }

    /// Gives its memory back: of many values that takes as long as other work on them.
    pub(crate) fn discard(self) {
        interrupt::check(interrupt::VALUE);
        match self {
            Node::Array(items) => items.into_iter().for_each(Node::discard),
            Node::Object(pairs) => pairs.into_iter().for_each(|(_, value)| value.discard()),
            Node::Changed(changed) => changed
                .new
                .into_iter()
                .for_each(|(_, value)| value.discard()),
            _ => {}
        }
    }
}

/// Sorts pairs as jsonb stores them and keeps the last of those with the same key.
pub fn sort_pairs(pairs: &mut Vec<(Cow<'_, str>, Node<'_>)>) {
    sort_by_key(pairs);
}

/// The same, whatever stands beside the keys.
pub(crate) fn sort_by_key<T>(pairs: &mut Vec<(Cow<'_, str>, T)>) {
    let order = |a: &str, b: &str| {
        interrupt::check(interrupt::VALUE);
        a.len()
            .cmp(&b.len())
            .then_with(|| a.as_bytes().cmp(b.as_bytes()))
    };
    if pairs.is_sorted_by(|(a, _), (b, _)| order(a, b).is_lt()) {
        return;
    }
    // A stable sort keeps equal keys in their order; reversing lets dedup keep the last.
    pairs.reverse();
    pairs.sort_by(|(a, _), (b, _)| order(a, b));
    pairs.dedup_by(|later, earlier| later.0 == earlier.0);
}

/// The jsonb datum of `node`, without the varlena header.
pub fn encode(node: &Node<'_>) -> Result<Vec<u8>, Error> {
    let mut out = Vec::with_capacity(256);
    encode_into(&mut out, node)?;
    Ok(out)
}

/// The same, appended to an empty buffer.
pub fn encode_into(out: &mut impl Buffer, node: &Node<'_>) -> Result<(), Error> {
    match node {
        Node::Raw(container) => push_bytes(out, container.bytes()),
        Node::Array(_) | Node::Object(_) | Node::Changed(..) => value(out, node, 0).map(|_| ()),
        scalar => push_scalar(out, |out| value(out, scalar, 0)),
    }
}

/// Appends a value and returns its entry: type and length, padding included.
pub(super) fn value(out: &mut impl Buffer, node: &Node<'_>, depth: usize) -> Result<u32, Error> {
    interrupt::check(interrupt::VALUE);
    match node {
        Node::Null => Ok(TYPE_NULL),
        Node::Bool(false) => Ok(TYPE_FALSE),
        Node::Bool(true) => Ok(TYPE_TRUE),
        Node::String(text) => push_text(out, text),
        Node::Number(numeric) => push_number(out, numeric),
        Node::Raw(raw) => push_aligned(out, raw.bytes(), TYPE_CONTAINER),
        Node::Changed(changed) => self::changed(out, &changed.old, &changed.new, depth),
        Node::Array(items) => {
            let mut table = Table::array(out, items.len(), depth)?;
            for item in items {
                let entry = value(out, item, depth + 1)?;
                table.push(out, entry)?;
            }
            table.entry(out)
        }
        Node::Object(pairs) => {
            let mut table = Table::object(out, pairs.len(), depth)?;
            for (key, _) in pairs {
                let entry = push_text(out, key)?;
                table.push(out, entry)?;
            }
            for (_, item) in pairs {
                let entry = value(out, item, depth + 1)?;
                table.push(out, entry)?;
            }
            table.entry(out)
        }
    }
}

/// A container of the input with some new values.
fn changed(
    out: &mut impl Buffer,
    container: &Container<'_>,
    new: &[(usize, Node<'_>)],
    depth: usize,
) -> Result<u32, Error> {
    let count = container.len();
    let mut table = if container.is_object() {
        let mut table = Table::object(out, count, depth)?;
        for entry in container.entries() {
            let entry = push_text(out, entry?.0)?;
            table.push(out, entry)?;
        }
        table
    } else {
        Table::array(out, count, depth)?
    };
    let mut new = new.iter().peekable();
    let values = container.entries().map(|entry| entry.map(|(_, v)| v));
    for (index, old) in container.elements().chain(values).enumerate() {
        let entry = match new.next_if(|(at, _)| *at == index) {
            Some((_, node)) => value(out, node, depth + 1)?,
            None => value(out, &Node::from(old?), depth + 1)?,
        };
        table.push(out, entry)?;
    }
    table.entry(out)
}
