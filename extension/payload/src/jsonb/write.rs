//! Writing what the server would have written: the same bytes for the same value.

use super::*;
use crate::interrupt::{self, PIECE};
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
    /// An array or object of the input of which some values are new: by their place, in its order.
    Changed(Container<'a>, Vec<(usize, Node<'a>)>),
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
    match node {
        Node::Raw(container) => push_bytes(&mut out, container.bytes())?,
        Node::Array(_) | Node::Object(_) | Node::Changed(..) => {
            value(&mut out, node, 0)?;
        }
        scalar => push_scalar(&mut out, |out| value(out, scalar, 0))?,
    }
    Ok(out)
}

/// Appends a value and returns its entry: type and length, padding included.
fn value(out: &mut Vec<u8>, node: &Node<'_>, depth: usize) -> Result<u32, Error> {
    interrupt::check(interrupt::VALUE);
    match node {
        Node::Null => Ok(TYPE_NULL),
        Node::Bool(false) => Ok(TYPE_FALSE),
        Node::Bool(true) => Ok(TYPE_TRUE),
        Node::String(text) => push_text(out, text),
        Node::Number(numeric) => push_number(out, numeric),
        Node::Raw(raw) => push_aligned(out, raw.bytes(), TYPE_CONTAINER),
        Node::Changed(old, new) => changed(out, old, new, depth),
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
    out: &mut Vec<u8>,
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

/// A datum that is one scalar: an array of one element, with a flag.
pub(crate) fn push_scalar(
    out: &mut Vec<u8>,
    value: impl FnOnce(&mut Vec<u8>) -> Result<u32, Error>,
) -> Result<(), Error> {
    out.extend_from_slice(&(FLAG_ARRAY | FLAG_SCALAR | 1).to_ne_bytes());
    out.extend_from_slice(&[0; 4]);
    let entry = value(out)?;
    set_word(out, 4, entry | ENTRY_HAS_OFFSET);
    Ok(())
}

/// Appends a string and returns its entry.
pub(crate) fn push_text(out: &mut Vec<u8>, text: &str) -> Result<u32, Error> {
    push_bytes(out, text.as_bytes())?;
    Ok(TYPE_STRING | text.len() as u32)
}

/// Appends a numeric datum and returns its entry.
pub(crate) fn push_number(out: &mut Vec<u8>, numeric: &[u8]) -> Result<u32, Error> {
    push_aligned(out, numeric, TYPE_NUMERIC)
}

fn push_aligned(out: &mut Vec<u8>, bytes: &[u8], kind: u32) -> Result<u32, Error> {
    let start = out.len();
    pad(out);
    push_bytes(out, bytes)?;
    Ok(kind | (out.len() - start) as u32)
}

/// Appends bytes. What would not fit a datum is refused before it is copied.
fn push_bytes(out: &mut Vec<u8>, bytes: &[u8]) -> Result<(), Error> {
    if out.len() + bytes.len() > ENTRY_LENGTH as usize {
        return Err(Error::TooLarge);
    }
    if bytes.len() > PIECE {
        out.reserve(bytes.len());
    }
    for piece in bytes.chunks(PIECE) {
        interrupt::check(piece.len());
        out.extend_from_slice(piece);
    }
    Ok(())
}

/// A container that is being written: its header stands, its entries are filled in as they come.
pub(crate) struct Table {
    /// Where the container's padding begins.
    start: usize,
    at: usize,
    index: usize,
    total: usize,
}

impl Table {
    /// Begins an array of `count` elements that stands `depth` levels below the root.
    pub fn array(out: &mut Vec<u8>, count: usize, depth: usize) -> Result<Self, Error> {
        Table::new(out, FLAG_ARRAY, count, count, depth)
    }

    /// Begins an object: first its sorted keys are pushed, then its values.
    pub fn object(out: &mut Vec<u8>, count: usize, depth: usize) -> Result<Self, Error> {
        Table::new(out, FLAG_OBJECT, count, count.saturating_mul(2), depth)
    }

    fn new(
        out: &mut Vec<u8>,
        flag: u32,
        count: usize,
        entries: usize,
        depth: usize,
    ) -> Result<Self, Error> {
        if depth >= MAX_DEPTH {
            return Err(Error::TooDeep);
        }
        let start = out.len();
        pad(out);
        if count > COUNT_MASK as usize || out.len() + 4 + 4 * entries > ENTRY_LENGTH as usize {
            return Err(Error::TooLarge);
        }
        out.extend_from_slice(&(flag | count as u32).to_ne_bytes());
        let at = out.len();
        out.resize(at + 4 * entries, 0);
        interrupt::check(4 * entries);
        Ok(Table {
            start,
            at,
            index: 0,
            total: 0,
        })
    }

    /// Fills in the next entry, whose data was just appended.
    pub fn push(&mut self, out: &mut [u8], mut entry: u32) -> Result<(), Error> {
        self.total += (entry & ENTRY_LENGTH) as usize;
        if self.total > ENTRY_LENGTH as usize {
            return Err(Error::TooLarge);
        }
        if self.index.is_multiple_of(OFFSET_STRIDE) {
            entry = (entry & ENTRY_TYPE) | self.total as u32 | ENTRY_HAS_OFFSET;
        }
        set_word(out, self.at + 4 * self.index, entry);
        self.index += 1;
        Ok(())
    }

    /// The entry of the container itself.
    pub fn entry(self, out: &[u8]) -> Result<u32, Error> {
        let length = out.len() - self.start;
        if length > ENTRY_LENGTH as usize {
            return Err(Error::TooLarge);
        }
        Ok(TYPE_CONTAINER | length as u32)
    }
}

fn pad(out: &mut Vec<u8>) {
    out.resize(align4(out.len()), 0);
}

fn set_word(out: &mut [u8], at: usize, word: u32) {
    out[at..at + 4].copy_from_slice(&word.to_ne_bytes());
}
