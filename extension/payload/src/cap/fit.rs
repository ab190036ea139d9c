//! The second way to make a payload smaller: arrays lose their tails, objects their largest members,
//! and what stays shares the room.

use super::marker::{Cut, LOST_ROOM, Lost, MARKER, Marker};
use super::{LEAF_MIN, PREVIEW, data_size, scalar, water_level};
use crate::interrupt;
use crate::jsonb::{Container, Error, MAX_DEPTH, Node, Value};
use std::borrow::Cow;

/// A container in less room than this says nothing but what it lost.
const CONTAINER_MIN: usize = 192;
/// What an element or member costs beside its data: its entries and alignment.
const ELEMENT_COST: usize = 4 + 3;
const MEMBER_COST: usize = 8 + 3;

type Pair<'a> = (Cow<'a, str>, Node<'a>);

/// The payload in about `room` bytes, and its marker.
pub(super) fn root<'a>(
    root: Value<'a>,
    room: usize,
    marker: &Marker,
    cut: &mut Cut,
) -> Result<Node<'a>, Error> {
    match root {
        Value::Object(container) => {
            let (mut pairs, lost) = members(container, room, 0, true, cut)?;
            pairs.push(marker.member(cut, Lost::Members(lost)));
            Ok(Node::object(pairs))
        }
        Value::Array(container) => {
            let (mut items, lost) = elements(container, room, 0, cut)?;
            let member = marker.member(cut, Lost::Elements(lost));
            items.push(Node::Object(vec![member]));
            Ok(Node::Array(items))
        }
        leaf => {
            let head = scalar(leaf, room, cut);
            let member = marker.member(cut, Lost::Nothing);
            Ok(Node::object(vec![(Cow::Borrowed(PREVIEW), head), member]))
        }
    }
}

/// `value` in about `room` bytes.
fn fit<'a>(value: Value<'a>, room: usize, depth: usize, cut: &mut Cut) -> Result<Node<'a>, Error> {
    interrupt::check(interrupt::VALUE);
    if data_size(value) <= room {
        return Ok(value.into());
    }
    let room = room.saturating_sub(LOST_ROOM);
    match value {
        Value::Array(_) | Value::Object(_) if depth >= MAX_DEPTH => Err(Error::TooDeep),
        Value::Array(container) => {
            let (mut items, lost) = elements(container, room, depth, cut)?;
            let marker = Lost::Elements(lost).member();
            items.extend(marker.map(|member| Node::Object(vec![member])));
            Ok(Node::Array(items))
        }
        Value::Object(container) => {
            let (mut pairs, lost) = members(container, room, depth, false, cut)?;
            pairs.extend(Lost::Members(lost).member());
            Ok(Node::object(pairs))
        }
        leaf => Ok(scalar(leaf, room + LOST_ROOM, cut)),
    }
}

/// The least that a value is worth keeping in.
fn least(value: Value<'_>) -> usize {
    data_size(value).min(match value {
        Value::Array(_) | Value::Object(_) => CONTAINER_MIN,
        _ => LEAF_MIN,
    })
}

/// The first elements of an array, as many as have room, and how many are left out.
fn elements<'a>(
    array: Container<'a>,
    room: usize,
    depth: usize,
    cut: &mut Cut,
) -> Result<(Vec<Node<'a>>, usize), Error> {
    let mut used = 0;
    let mut sizes = Vec::new();
    for element in array.elements() {
        let element = element?;
        interrupt::check(interrupt::VALUE);
        used += least(element) + ELEMENT_COST;
        if used > room {
            break;
        }
        sizes.push(data_size(element) as u32);
    }
    let kept = sizes.len();
    let level = level(sizes, room.saturating_sub(kept * ELEMENT_COST));
    let items = array.elements().take(kept);
    let items = items
        .map(|element| fit(element?, level, depth + 1, cut))
        .collect::<Result<_, _>>()?;
    cut.elements += array.len() - kept;
    Ok((items, array.len() - kept))
}

/// The smallest members of an object, as many as have room, and how many are left out. Small members
/// say what a payload is (type, role, id).
fn members<'a>(
    object: Container<'a>,
    room: usize,
    depth: usize,
    is_root: bool,
    cut: &mut Cut,
) -> Result<(Vec<Pair<'a>>, usize), Error> {
    // What each member takes, and which it is: in one number, to sort by both.
    let mut weights: Vec<u64> = Vec::new();
    for (index, entry) in object.entries().enumerate() {
        let (key, value) = entry?;
        interrupt::check(interrupt::VALUE);
        let weight = key.len() + least(value) + MEMBER_COST;
        if weight <= room {
            weights.push((weight as u64) << 32 | index as u64);
        }
    }
    weights.sort_unstable_by(|a, b| {
        interrupt::check(1);
        a.cmp(b)
    });
    let mut used = 0;
    let fitting = weights.iter().take_while(|weight| {
        used += (**weight >> 32) as usize;
        used <= room
    });
    let kept = fitting.count();
    let mut chosen: Vec<u32> = weights[..kept]
        .iter()
        .map(|weight| *weight as u32)
        .collect();
    drop(weights);
    chosen.sort_unstable();

    let mut sizes = Vec::with_capacity(kept);
    let mut keys = 0;
    for entry in picked(object, &chosen) {
        let (key, value) = entry?;
        keys += key.len() + MEMBER_COST;
        sizes.push(data_size(value) as u32);
    }
    let level = level(sizes, room.saturating_sub(keys));
    let mut pairs = Vec::with_capacity(kept + 1);
    for entry in picked(object, &chosen) {
        let (key, value) = entry?;
        pairs.push((Cow::Borrowed(key), fit(value, level, depth + 1, cut)?));
    }
    let mut lost = object.len() - kept;
    // A payload's own member of that name would pass for the marker.
    if lost > 0 || is_root {
        pairs.retain(|(key, _)| key != MARKER);
        lost = object.len() - pairs.len();
    }
    cut.members += lost;
    Ok((pairs, lost))
}

/// The pairs at these places.
fn picked<'a, 'c>(
    object: Container<'a>,
    chosen: &'c [u32],
) -> impl Iterator<Item = Result<(&'a str, Value<'a>), Error>> + use<'a, 'c> {
    let mut wanted = chosen.iter().peekable();
    let all = object.entries().enumerate();
    all.filter_map(move |(index, entry)| {
        interrupt::check(1);
        let is_wanted = wanted.next_if(|next| **next as usize == index).is_some();
        (is_wanted || entry.is_err()).then_some(entry)
    })
}

fn level(mut sizes: Vec<u32>, room: usize) -> usize {
    sizes.sort_unstable_by(|a, b| {
        interrupt::check(1);
        a.cmp(b)
    });
    water_level(&sizes, room)
}
