//! Writing a payload as a tape says.

use super::tape::{Operation, Operations, Tape};
use super::write::{sort_by_key, value};
use super::*;
use crate::interrupt;
use std::borrow::Cow;

/// Writes to an empty buffer what becomes of `root`.
pub fn rewrite_into(out: &mut impl Buffer, root: Value<'_>, tape: &Tape) -> Result<(), Error> {
    match tape.operations().next() {
        None => encode_into(out, &Node::from(root)),
        Some((_, enter @ Operation::Enter { .. })) => changed(out, root, enter, 0).map(|_| ()),
        Some((_, other)) => push_scalar(out, |out| changed(out, root, other, 0)),
    }
}

/// A value of which there is something new; returns its entry.
fn changed(
    out: &mut impl Buffer,
    old: Value<'_>,
    operation: Operation<'_>,
    depth: usize,
) -> Result<u32, Error> {
    match (operation, old) {
        (Operation::Text { before, after, new }, _) => {
            let old = match old {
                Value::String(old) => old.as_bytes(),
                _ => &[],
            };
            let (Some(before), Some(after)) = (
                old.get(..before),
                old.len().checked_sub(after).and_then(|at| old.get(at..)),
            ) else {
                return Err(Error::Corrupt);
            };
            let start = out.len();
            push_bytes(out, before)?;
            new.bytes().try_for_each(|piece| push_bytes(out, piece))?;
            push_bytes(out, after)?;
            Ok(TYPE_STRING | (out.len() - start) as u32)
        }
        (Operation::Null | Operation::Gone, _) => Ok(TYPE_NULL),
        (Operation::Enter { inside, reshaped }, Value::Object(object)) if reshaped => {
            self::reshaped(out, object, inside, depth)
        }
        (Operation::Enter { inside, .. }, Value::Object(old) | Value::Array(old)) => {
            container(out, old, inside, depth)
        }
        // It was not the payload of this tape.
        (Operation::Enter { .. } | Operation::Key(_), _) => Err(Error::Corrupt),
    }
}

/// An element or member, whatever becomes of it.
fn item(
    out: &mut impl Buffer,
    old: Value<'_>,
    operation: Option<Operation<'_>>,
    depth: usize,
) -> Result<u32, Error> {
    match operation {
        Some(operation) => changed(out, old, operation, depth),
        None => value(out, &Node::from(old), depth),
    }
}

/// A container with the keys that it had.
fn container(
    out: &mut impl Buffer,
    old: Container<'_>,
    operations: Operations<'_>,
    depth: usize,
) -> Result<u32, Error> {
    let mut table = if old.is_object() {
        let mut table = Table::object(out, old.len(), depth)?;
        for entry in old.entries() {
            interrupt::check(interrupt::VALUE);
            let entry = push_text(out, entry?.0)?;
            table.push(out, entry)?;
        }
        table
    } else {
        Table::array(out, old.len(), depth)?
    };
    let mut operations = operations.peekable();
    let values = old.entries().map(|entry| entry.map(|(_, value)| value));
    for (place, old) in old.elements().chain(values).enumerate() {
        let operation = operations.next_if(|(at, _)| *at == place);
        let entry = item(out, old?, operation.map(|(_, o)| o), depth + 1)?;
        table.push(out, entry)?;
    }
    table.entry(out)
}

/// A member that stays: its place, and where on the tape it says what becomes of its value.
struct Member {
    place: u32,
    operation: Option<u32>,
}

/// An object of which members go or get another key.
fn reshaped(
    out: &mut impl Buffer,
    old: Container<'_>,
    operations: Operations<'_>,
    depth: usize,
) -> Result<u32, Error> {
    let mut members: Vec<(Cow<'_, str>, Member)> = Vec::with_capacity(old.len());
    let mut renamed = false;
    let mut rest = operations;
    let mut at = rest.at();
    let mut next = rest.next();
    for (place, entry) in old.entries().enumerate() {
        interrupt::check(interrupt::VALUE);
        let mut key = Cow::Borrowed(entry?.0);
        let (mut stays, mut operation) = (true, None);
        while let Some((_, here)) = next.filter(|(there, _)| *there == place) {
            match here {
                Operation::Key(new) => {
                    key = new.text()?;
                    renamed = true;
                }
                Operation::Gone => stays = false,
                _ => operation = Some(at as u32),
            }
            at = rest.at();
            next = rest.next();
        }
        if stays {
            let place = place as u32;
            members.push((key, Member { place, operation }));
        }
    }
    if renamed {
        sort_by_key(&mut members);
    }
    let mut table = Table::object(out, members.len(), depth)?;
    for (key, _) in &members {
        let entry = push_text(out, key)?;
        table.push(out, entry)?;
    }
    for (_, member) in &members {
        let value = old.value(member.place as usize)?;
        let operation = member.operation.and_then(|at| operations.get(at as usize));
        let entry = item(out, value, operation, depth + 1)?;
        table.push(out, entry)?;
    }
    table.entry(out)
}
