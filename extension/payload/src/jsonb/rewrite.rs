//! Writing a payload as a tape says.

use super::operations::{Operation, Operations};
use super::write::value;
use super::*;
use crate::interrupt;
use std::cmp::Ordering;

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

/// A member that stays. Objects can have very many, and sorting them takes no other memory.
struct Member {
    place: u32,
    length: u32,
    /// Where on the tape its new key stands, and what becomes of its value; 0 says neither, as an
    /// object's operations begin behind that.
    key: u32,
    value: u32,
}

/// An object of which members go or get another key.
fn reshaped(
    out: &mut impl Buffer,
    old: Container<'_>,
    operations: Operations<'_>,
    depth: usize,
) -> Result<u32, Error> {
    let mut members: Vec<Member> = Vec::with_capacity(old.len());
    let mut renamed = false;
    let mut rest = operations;
    let mut at = rest.at() as u32;
    let mut next = rest.next();
    for place in 0..old.len() {
        interrupt::check(interrupt::VALUE);
        let mut member = Member {
            place: place as u32,
            length: old.key(place)?.len() as u32,
            key: 0,
            value: 0,
        };
        let mut stays = true;
        while let Some((_, operation)) = next.filter(|(there, _)| *there == place) {
            match operation {
                Operation::Key(new) => {
                    (member.key, member.length) = (at, new.len() as u32);
                    renamed = true;
                }
                Operation::Gone => stays = false,
                _ => member.value = at,
            }
            at = rest.at() as u32;
            next = rest.next();
        }
        if stays {
            members.push(member);
        }
    }
    let operation = |at: u32| operations.get((at > 0).then_some(at as usize)?);
    let key = |member: &Member| {
        let (stays, new) = match operation(member.key) {
            Some(Operation::Key(new)) => (None, Some(new)),
            _ => (old.key(member.place as usize).ok(), None),
        };
        stays
            .into_iter()
            .chain(new.into_iter().flat_map(|new| new.bytes()))
    };
    if renamed {
        members.sort_unstable_by(|a, b| {
            interrupt::check(interrupt::VALUE);
            let by_key = || order(key(a), key(b));
            // Of equal keys the last one stays.
            let by_place = || b.place.cmp(&a.place);
            a.length
                .cmp(&b.length)
                .then_with(by_key)
                .then_with(by_place)
        });
        members.dedup_by(|a, b| a.length == b.length && order(key(a), key(b)).is_eq());
    }
    let mut table = Table::object(out, members.len(), depth)?;
    for member in &members {
        interrupt::check(interrupt::VALUE);
        key(member).try_for_each(|piece| push_bytes(out, piece))?;
        table.push(out, TYPE_STRING | member.length)?;
    }
    for member in &members {
        let value = old.value(member.place as usize)?;
        let entry = item(out, value, operation(member.value), depth + 1)?;
        table.push(out, entry)?;
    }
    table.entry(out)
}

/// The order of two texts in pieces.
fn order<'a>(a: impl Iterator<Item = &'a [u8]>, b: impl Iterator<Item = &'a [u8]>) -> Ordering {
    let (mut a, mut b) = (a.filter(|x| !x.is_empty()), b.filter(|x| !x.is_empty()));
    let (mut x, mut y): (&[u8], &[u8]) = (&[], &[]);
    loop {
        if x.is_empty() {
            x = a.next().unwrap_or_default();
        }
        if y.is_empty() {
            y = b.next().unwrap_or_default();
        }
        let both = x.len().min(y.len());
        if both == 0 {
            return x.len().cmp(&y.len());
        }
        interrupt::check(both);
        match x[..both].cmp(&y[..both]) {
            Ordering::Equal => (x, y) = (&x[both..], &y[both..]),
            unlike => return unlike,
        }
    }
}
