//! Writing what the server would have written: the same bytes for the same value.

use super::*;
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
    // A stable sort keeps equal keys in their order; reversing lets dedup keep the last.
    pairs.reverse();
    pairs.sort_by(|(a, _), (b, _)| {
        a.len()
            .cmp(&b.len())
            .then_with(|| a.as_bytes().cmp(b.as_bytes()))
    });
    pairs.dedup_by(|later, earlier| later.0 == earlier.0);
}

/// The jsonb datum of `node`, without the varlena header.
pub fn encode(node: &Node<'_>) -> Result<Vec<u8>, Error> {
    let mut out = Vec::with_capacity(256);
    match node {
        Node::Raw(container) => out.extend_from_slice(container.bytes()),
        Node::Array(_) | Node::Object(_) => {
            container(&mut out, node, 0)?;
        }
        scalar => {
            out.extend_from_slice(&(FLAG_ARRAY | FLAG_SCALAR | 1).to_ne_bytes());
            out.extend_from_slice(&[0; 4]);
            let entry = value(&mut out, scalar, 0)?;
            let offset = entry & ENTRY_LENGTH;
            set_word(
                &mut out,
                4,
                (entry & ENTRY_TYPE) | offset | ENTRY_HAS_OFFSET,
            );
        }
    }
    if out.len() > ENTRY_LENGTH as usize {
        return Err(Error::TooLarge);
    }
    Ok(out)
}

/// Appends a value and returns its entry: type and length, padding included.
fn value(out: &mut Vec<u8>, node: &Node<'_>, depth: usize) -> Result<u32, Error> {
    let start = out.len();
    let kind = match node {
        Node::Null => TYPE_NULL,
        Node::Bool(false) => TYPE_FALSE,
        Node::Bool(true) => TYPE_TRUE,
        Node::String(text) => {
            out.extend_from_slice(text.as_bytes());
            TYPE_STRING
        }
        Node::Number(numeric) => {
            pad(out);
            out.extend_from_slice(numeric);
            TYPE_NUMERIC
        }
        Node::Raw(raw) => {
            pad(out);
            out.extend_from_slice(raw.bytes());
            TYPE_CONTAINER
        }
        Node::Array(_) | Node::Object(_) => {
            pad(out);
            container(out, node, depth)?;
            TYPE_CONTAINER
        }
    };
    let length = out.len() - start;
    if length > ENTRY_LENGTH as usize {
        return Err(Error::TooLarge);
    }
    Ok(kind | length as u32)
}

fn container(out: &mut Vec<u8>, node: &Node<'_>, depth: usize) -> Result<(), Error> {
    if depth >= MAX_DEPTH {
        return Err(Error::TooDeep);
    }
    let (flag, count, entries) = match node {
        Node::Array(items) => (FLAG_ARRAY, items.len(), items.len()),
        Node::Object(pairs) => (FLAG_OBJECT, pairs.len(), pairs.len() * 2),
        _ => return Err(Error::Corrupt),
    };
    if count > COUNT_MASK as usize {
        return Err(Error::TooLarge);
    }
    out.extend_from_slice(&(flag | count as u32).to_ne_bytes());
    let mut table = EntryTable {
        at: out.len(),
        index: 0,
        total: 0,
    };
    out.resize(out.len() + 4 * entries, 0);
    match node {
        Node::Array(items) => {
            for item in items {
                let entry = value(out, item, depth + 1)?;
                table.push(out, entry)?;
            }
        }
        Node::Object(pairs) => {
            for (key, _) in pairs {
                out.extend_from_slice(key.as_bytes());
                if key.len() > ENTRY_LENGTH as usize {
                    return Err(Error::TooLarge);
                }
                table.push(out, TYPE_STRING | key.len() as u32)?;
            }
            for (_, item) in pairs {
                let entry = value(out, item, depth + 1)?;
                table.push(out, entry)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// Fills the entries in front of a container's data.
struct EntryTable {
    at: usize,
    index: usize,
    total: usize,
}

impl EntryTable {
    fn push(&mut self, out: &mut [u8], mut entry: u32) -> Result<(), Error> {
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
}

fn pad(out: &mut Vec<u8>) {
    out.resize(align4(out.len()), 0);
}

fn set_word(out: &mut [u8], at: usize, word: u32) {
    out[at..at + 4].copy_from_slice(&word.to_ne_bytes());
}
