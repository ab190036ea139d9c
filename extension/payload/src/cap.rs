//! Capping: a payload that is too large keeps its shape, the heads of its strings and a marker that
//! says what the whole was. Sizes are bytes of the uncompressed jsonb datum, its header included.

use crate::digest;
use crate::jsonb::{Container, Error, MAX_DEPTH, Node, Value, encode};
use std::borrow::Cow;

/// The member that marks a capped payload: `{"bytes": …, "sha256": …}` of the whole.
pub const MARKER: &str = "$capped";
/// The member that holds the head of a payload that was one string.
pub const PREVIEW: &str = "preview";

const VARLENA_HEADER: usize = 4;
/// Smallest room worth giving to an element: below it, elements are left out instead.
const ELEMENT_FLOOR: usize = 48;
/// What an element or member costs beside its data: its entries and alignment.
const ELEMENT_COST: usize = 4 + 3;
const MEMBER_COST: usize = 8 + 3;

/// Size of a payload as capping counts it.
pub fn size(payload: &[u8]) -> usize {
    payload.len() + VARLENA_HEADER
}

/// The payload cut to at most `max` bytes; `None` when it is no larger and stays as it is.
///
/// The largest parts are cut first, strings at character boundaries; arrays lose their tail, objects
/// their largest members. A `max` too small even for the marker gives `{}`.
pub fn cap(payload: &[u8], max: usize) -> Result<Option<Vec<u8>>, Error> {
    cap_part(payload, max, None)
}

/// The same for what is left of a payload: the marker gives the size and the digest of the whole.
pub fn cap_part(
    payload: &[u8],
    max: usize,
    original: Option<(usize, [u8; 32])>,
) -> Result<Option<Vec<u8>>, Error> {
    if size(payload) <= max {
        return Ok(None);
    }
    let (whole, digest) = match original {
        Some(original) => original,
        None => (size(payload), digest::digest(payload)?),
    };
    let marker = Node::object(vec![
        (Cow::Borrowed("bytes"), Node::integer(whole as i64)),
        (Cow::Borrowed("sha256"), Node::string(digest::hex(&digest))),
    ]);
    let bare = encode(&Node::object(vec![(Cow::Borrowed(MARKER), marker.clone())]))?;
    if size(&bare) > max {
        return Ok(Some(encode(&Node::Object(Vec::new()))?));
    }
    let root = Container::root(payload)?;
    // Estimates are upper bounds but for alignment; a second, tighter try covers what they miss.
    let mut room = max.saturating_sub(size(&bare) + 2 * MEMBER_COST);
    for _ in 0..4 {
        if room < ELEMENT_FLOOR {
            break;
        }
        let node = match root {
            Value::Object(_) => match fit(root, room, 0)? {
                Node::Object(mut pairs) => {
                    pairs.retain(|(key, _)| key != MARKER);
                    pairs.push((Cow::Borrowed(MARKER), marker.clone()));
                    Node::object(pairs)
                }
                other => other,
            },
            Value::Array(_) => match fit(root, room, 0)? {
                Node::Array(mut items) => {
                    items.push(Node::object(vec![(Cow::Borrowed(MARKER), marker.clone())]));
                    Node::Array(items)
                }
                other => other,
            },
            scalar => Node::object(vec![
                (Cow::Borrowed(PREVIEW), fit(scalar, room, 0)?),
                (Cow::Borrowed(MARKER), marker.clone()),
            ]),
        };
        let capped = encode(&node)?;
        if size(&capped) <= max {
            return Ok(Some(capped));
        }
        room = room.saturating_sub(size(&capped) - max + 64);
    }
    Ok(Some(bare))
}

fn data_size(value: Value<'_>) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 0,
        Value::Number(number) => number.bytes().len(),
        Value::String(text) => text.len(),
        Value::Array(container) | Value::Object(container) => container.bytes().len(),
    }
}

/// `value` in at most about `room` bytes. At the root even a value that fits is taken apart, so that
/// the marker can join it.
fn fit(value: Value<'_>, room: usize, depth: usize) -> Result<Node<'_>, Error> {
    if depth > MAX_DEPTH {
        return Err(Error::TooDeep);
    }
    if depth > 0 && data_size(value) <= room {
        return Ok(value.into());
    }
    match value {
        Value::String(text) => Ok(Node::String(cut(text, room))),
        Value::Array(container) => {
            let items = container.elements().collect::<Result<Vec<_>, _>>()?;
            let kept = items
                .len()
                .min(room / (ELEMENT_FLOOR + ELEMENT_COST))
                .max(1);
            let kept = if fits_whole(&items, room) {
                items.len()
            } else {
                kept
            };
            let overhead = 4 + kept * ELEMENT_COST + ELEMENT_FLOOR;
            let level = water_level(
                items[..kept.min(items.len())].iter().map(|v| data_size(*v)),
                room.saturating_sub(overhead),
            );
            let mut out = Vec::with_capacity(kept + 1);
            for item in items.iter().take(kept) {
                out.push(fit(*item, level, depth + 1)?);
            }
            if kept < items.len() {
                out.push(Node::string(format!(
                    "…[{} more elements]",
                    items.len() - kept
                )));
            }
            Ok(Node::Array(out))
        }
        Value::Object(container) => {
            let mut pairs = container.entries().collect::<Result<Vec<_>, _>>()?;
            let weight = |(key, v): &(&str, Value<'_>)| {
                key.len() + data_size(*v).min(ELEMENT_FLOOR) + MEMBER_COST
            };
            // Small members say what the payload is (type, role, id): they stay longest.
            pairs.sort_by_key(|pair| (weight(pair), data_size(pair.1)));
            let mut used = 4 + ELEMENT_FLOOR;
            let kept = pairs
                .iter()
                .take_while(|pair| {
                    used += weight(pair);
                    used <= room
                })
                .count();
            let overhead: usize = 4
                + ELEMENT_FLOOR
                + pairs[..kept]
                    .iter()
                    .map(|(key, _)| key.len() + MEMBER_COST)
                    .sum::<usize>();
            let level = water_level(
                pairs[..kept].iter().map(|(_, v)| data_size(*v)),
                room.saturating_sub(overhead),
            );
            let mut out = Vec::with_capacity(kept + 2);
            for (key, member) in &pairs[..kept] {
                out.push((Cow::Borrowed(*key), fit(*member, level, depth + 1)?));
            }
            if kept < pairs.len() {
                out.push((
                    Cow::Borrowed("…"),
                    Node::string(format!("{} more members", pairs.len() - kept)),
                ));
            }
            Ok(Node::object(out))
        }
        // A number can have 130,000 digits.
        Value::Number(number) => Ok(Node::String(Cow::Owned(
            cut(number.text().as_str(), room).into_owned(),
        ))),
        scalar => Ok(scalar.into()),
    }
}

fn fits_whole(items: &[Value<'_>], room: usize) -> bool {
    items
        .iter()
        .map(|v| data_size(*v).min(ELEMENT_FLOOR) + ELEMENT_COST)
        .sum::<usize>()
        + ELEMENT_FLOOR
        <= room
}

/// The largest size to which every part can be cut so that together they take at most `room`.
fn water_level(sizes: impl Iterator<Item = usize>, room: usize) -> usize {
    let mut sizes: Vec<usize> = sizes.collect();
    sizes.sort_unstable();
    let mut left = room;
    for (index, size) in sizes.iter().enumerate() {
        let share = left / (sizes.len() - index);
        if *size > share {
            return share;
        }
        left -= size;
    }
    room
}

/// The head of `text` and how much was cut, in at most `room` bytes.
fn cut(text: &str, room: usize) -> Cow<'_, str> {
    if text.len() <= room {
        return Cow::Borrowed(text);
    }
    let note = |kept: usize| format!("…[{} bytes cut]", text.len() - kept);
    let mut end = text.floor_char_boundary(room.saturating_sub(note(0).len()));
    // Half a redaction marker would no longer be recognised as one.
    let window = text.floor_char_boundary(end.saturating_sub(64));
    if let Some(at) = text[window..end].rfind("[redacted:")
        && !text[window + at..end].contains(']')
    {
        end = window + at;
    }
    Cow::Owned(format!("{}{}", &text[..end], note(end)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{parse, print};

    fn capped(text: &str, max: usize) -> String {
        let bytes = parse(text).unwrap();
        let out = cap(&bytes, max).unwrap().expect("over the limit");
        assert!(size(&out) <= max.max(8), "{} > {max}", size(&out));
        assert!(
            cap(&out, max.max(8)).unwrap().is_none(),
            "capping twice changes nothing"
        );
        print(&out).unwrap()
    }

    #[test]
    fn under_the_limit_nothing_happens() {
        let bytes = parse(r#"{"a": 1}"#).unwrap();
        assert!(cap(&bytes, size(&bytes)).unwrap().is_none());
        assert!(cap(&bytes, size(&bytes) - 1).unwrap().is_some());
    }

    #[test]
    fn the_largest_leaf_goes_first_and_the_rest_stays() {
        let text = format!(
            r#"{{"type": "function_call_output", "call_id": "call_1", "output": "{}", "meta": {{"exit": 0}}}}"#,
            "line of a log\\n".repeat(10_000)
        );
        let out = capped(&text, 32_768);
        assert!(out.contains(r#""call_id": "call_1""#) && out.contains(r#""exit": 0"#));
        assert!(out.contains("bytes cut]") && out.contains(r#""$capped": {"bytes": "#));
        assert!(out.len() > 30_000, "room is used: {}", out.len());
    }

    #[test]
    fn any_shape_and_any_limit_stays_valid_and_within() {
        let shapes = [
            format!("\"{}\"", "é".repeat(40_000)),
            format!("[{}]", vec!["\"abc\""; 20_000].join(",")),
            format!(
                "[{}]",
                vec!["{\"k\":[1,2,{\"d\":\"xxxxxxxxxxxxxxxxxxxxx\"}]}"; 3_000].join(",")
            ),
            format!(
                "{{{}}}",
                (0..5_000)
                    .map(|i| format!("\"key{i}\": {i}"))
                    .collect::<Vec<_>>()
                    .join(",")
            ),
            format!(
                "{}\"{}\"{}",
                "[".repeat(200),
                "x".repeat(50_000),
                "]".repeat(200)
            ),
            "1".repeat(60_000),
        ];
        for shape in &shapes {
            for max in [2, 8, 64, 150, 200, 333, 1_000, 4_096, 20_000] {
                capped(shape, max);
            }
        }
    }

    #[test]
    fn a_redaction_marker_is_never_halved() {
        for pad in 0..40 {
            let text = format!(
                "\"{}[redacted:email:17]{}\"",
                "x".repeat(900 + pad),
                "y".repeat(4000)
            );
            let out = capped(&text, 1_100);
            assert_eq!(
                out.matches("[redacted:").count(),
                out.matches("[redacted:email:17]").count()
            );
        }
    }
}
