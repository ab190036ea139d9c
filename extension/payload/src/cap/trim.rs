//! The first way to make a payload smaller: its longest strings lose their ends, all else stays.

use super::marker::{Cut, Lost, MARKER, Marker};
use super::{LEAF_MIN, PREVIEW, data_size, scalar, water_level};
use crate::interrupt;
use crate::jsonb::{Changed, Container, Error, MAX_DEPTH, Node, Value};
use std::borrow::Cow;

/// The sorted lengths of the leaves that are worth cutting.
pub(super) fn lengths(root: Value<'_>) -> Result<Vec<u32>, Error> {
    let mut lengths = Vec::new();
    collect(root, 0, &mut lengths)?;
    lengths.sort_unstable_by(|a, b| {
        interrupt::check(1);
        a.cmp(b)
    });
    Ok(lengths)
}

fn collect(value: Value<'_>, depth: usize, lengths: &mut Vec<u32>) -> Result<(), Error> {
    interrupt::check(interrupt::VALUE);
    let size = data_size(value);
    if size <= LEAF_MIN {
        return Ok(());
    }
    match value {
        Value::Array(_) | Value::Object(_) if depth >= MAX_DEPTH => Err(Error::TooDeep),
        Value::Array(items) => items
            .elements()
            .try_for_each(|element| collect(element?, depth + 1, lengths)),
        Value::Object(members) => members
            .entries()
            .try_for_each(|entry| collect(entry?.1, depth + 1, lengths)),
        _ => {
            lengths.push(u32::try_from(size).map_err(|_| Error::TooLarge)?);
            Ok(())
        }
    }
}

/// To which length the leaves have to be cut so that a payload of `whole` bytes takes `room`;
/// `None` when cutting leaves is not enough.
pub(super) fn level(lengths: &[u32], whole: usize, room: usize) -> Option<usize> {
    let leaves: usize = lengths.iter().map(|length| *length as usize).sum();
    let rest = whole.saturating_sub(leaves);
    let level = water_level(lengths, room.checked_sub(rest)?);
    (level >= LEAF_MIN && !lengths.is_empty()).then_some(level)
}

/// The payload with all leaves cut to `level`, and its marker.
pub(super) fn root<'a>(
    root: Value<'a>,
    level: usize,
    marker: &Marker,
    cut: &mut Cut,
) -> Result<Node<'a>, Error> {
    match root {
        Value::Object(container) => {
            let mut pairs = Vec::with_capacity(container.len() + 1);
            let mut lost = 0;
            for entry in container.entries() {
                let (key, member) = entry?;
                // A payload's own member of that name would pass for the marker.
                if key == MARKER {
                    lost += 1;
                } else {
                    pairs.push((Cow::Borrowed(key), value(member, level, 1, cut)?));
                }
            }
            cut.members += lost;
            pairs.push(marker.member(cut, Lost::Members(lost)));
            Ok(Node::object(pairs))
        }
        Value::Array(container) => {
            let mut items = Vec::with_capacity(container.len() + 1);
            for element in container.elements() {
                items.push(value(element?, level, 1, cut)?);
            }
            items.push(Node::Object(vec![marker.member(cut, Lost::Nothing)]));
            Ok(Node::Array(items))
        }
        leaf => {
            let head = scalar(leaf, level, cut);
            let member = marker.member(cut, Lost::Nothing);
            Ok(Node::object(vec![(Cow::Borrowed(PREVIEW), head), member]))
        }
    }
}

fn value<'a>(
    value: Value<'a>,
    level: usize,
    depth: usize,
    cut: &mut Cut,
) -> Result<Node<'a>, Error> {
    interrupt::check(interrupt::VALUE);
    if data_size(value) <= level {
        return Ok(Node::from(value));
    }
    match value {
        Value::Array(_) | Value::Object(_) if depth >= MAX_DEPTH => Err(Error::TooDeep),
        Value::Array(container) => changed(
            container,
            container
                .elements()
                .map(|element| self::value(element?, level, depth + 1, cut)),
        ),
        Value::Object(container) => changed(
            container,
            container
                .entries()
                .map(|entry| self::value(entry?.1, level, depth + 1, cut)),
        ),
        leaf => Ok(scalar(leaf, level, cut)),
    }
}

/// A container of which some values are new.
fn changed<'a>(
    container: Container<'a>,
    values: impl Iterator<Item = Result<Node<'a>, Error>>,
) -> Result<Node<'a>, Error> {
    let mut new = Vec::new();
    for (index, value) in values.enumerate() {
        if let value @ (Node::String(Cow::Owned(_)) | Node::Changed(..)) = value? {
            new.push((index, value));
        }
    }
    Ok(if new.is_empty() {
        Node::Raw(container)
    } else {
        let old = container;
        Node::Changed(Box::new(Changed { old, new }))
    })
}
