//! Capping: a payload that is too large keeps its shape, the heads of its strings and a marker that
//! says what the whole was. Sizes are bytes of the uncompressed jsonb datum, its header included.
//!
//! The largest leaves are cut first, all to the same length ([`trim`]). Only where that is not
//! enough, arrays lose their tails and objects their largest members ([`fit`]).

mod fit;
mod marker;
mod text;
mod trim;

use crate::digest;
use crate::jsonb::{Container, Error, Node, Value, encode};
use marker::{Cut, Marker};
use std::borrow::Cow;

pub use marker::MARKER;

/// The member that holds the head of a payload that was one string or number.
pub const PREVIEW: &str = "preview";

const VARLENA_HEADER: usize = 4;
/// Tries with less and less room: padding is only known once it is written.
const TRIES: usize = 6;
/// Below this limit nothing but a marker has room.
const PARTS_MIN: usize = 256;
/// No string is cut to less than this, and no element or member gets less room.
const LEAF_MIN: usize = 48;

/// Size of a payload as capping counts it.
pub fn size(payload: &[u8]) -> usize {
    payload.len() + VARLENA_HEADER
}

/// The payload cut to at most `max` bytes; `None` when it is no larger and stays as it is.
///
/// The member [`MARKER`] of the result says what the whole was and what was cut. A `max` too small
/// for that gives the smallest payload there is, `{}`, which has 8 bytes.
pub fn cap(payload: &[u8], max: usize) -> Result<Option<Vec<u8>>, Error> {
    cap_part(payload, max, None)
}

/// The same for what is left of a payload once its parts are taken out: the marker says the size and
/// the digest of the `original`.
pub fn cap_part(
    payload: &[u8],
    max: usize,
    original: Option<(usize, [u8; 32])>,
) -> Result<Option<Vec<u8>>, Error> {
    let whole = size(payload);
    if whole <= max {
        return Ok(None);
    }
    let root = Container::root(payload)?;
    let (bytes, sha256) = match original {
        Some(original) => original,
        None => (whole, digest::digest(payload)?),
    };
    let marker = Marker {
        bytes,
        sha256: digest::hex(&sha256),
    };
    if max >= PARTS_MIN {
        let lengths = trim::lengths(root)?;
        let mut room = max.saturating_sub(marker.room());
        for _ in 0..TRIES {
            let mut cut = Cut::default();
            let node = match trim::level(&lengths, whole, room) {
                Some(level) => trim::root(root, level, &marker, &mut cut)?,
                None => fit::root(root, room, &marker, &mut cut)?,
            };
            let encoded = encode(&node);
            node.discard();
            let over = match encoded {
                Ok(capped) if size(&capped) <= max => return Ok(Some(capped)),
                Ok(capped) => size(&capped) - max,
                // More than any datum holds: a level that was much too high.
                Err(Error::TooLarge) => room / 2,
                Err(error) => return Err(error),
            };
            room = room.saturating_sub(over + LEAF_MIN);
        }
    }
    for node in marker.alone() {
        let capped = encode(&node)?;
        if size(&capped) <= max {
            return Ok(Some(capped));
        }
    }
    Ok(Some(encode(&Node::Object(Vec::new()))?))
}

/// What cutting a value can save: the bytes of its data.
fn data_size(value: Value<'_>) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 0,
        Value::Number(number) => number.bytes().len(),
        Value::String(text) => text.len(),
        Value::Array(container) | Value::Object(container) => container.bytes().len(),
    }
}

/// A string or number in at most about `room` bytes. A number can have 130,000 digits.
fn scalar<'a>(value: Value<'a>, room: usize, cut: &mut Cut) -> Node<'a> {
    match value {
        Value::String(text) if text.len() > room => {
            cut.strings += 1;
            Node::String(Cow::Owned(text::cut(text, room)))
        }
        Value::Number(number) if number.bytes().len() > room => {
            cut.strings += 1;
            Node::String(Cow::Owned(text::cut(number.text().as_str(), room)))
        }
        other => Node::from(other),
    }
}

/// The largest size to which every part can be cut so that together they take at most `room`.
/// `sizes` are sorted.
fn water_level(sizes: &[u32], room: usize) -> usize {
    let mut left = room;
    for (index, size) in sizes.iter().enumerate() {
        let size = *size as usize;
        let share = left / (sizes.len() - index);
        if size > share {
            return share;
        }
        left -= size;
    }
    room
}

#[cfg(test)]
mod tests;
