//! MessagePack, as a tree of jsonb nodes: LangGraph stores its values so.
//!
//! An extension becomes what its own MessagePack holds. Numbers that are no integer, and bytes, are
//! not needed to describe a message and become null.

use crate::interrupt;
use crate::jsonb::Node;
use rmpv::decode::read_value_ref_with_max_depth;
use rmpv::{Utf8StringRef, ValueRef};
use std::borrow::Cow;

/// Deepest nesting that is read.
const DEPTH_MAX: usize = 128;
/// Most bytes that are read: each may be a value, and a value in memory is many bytes.
const BYTES_MAX: usize = 4 << 20;

/// The value that the bytes hold, or nothing where they are not one.
pub fn decode(bytes: &[u8]) -> Option<Node<'static>> {
    read(bytes, DEPTH_MAX)
}

fn read(mut bytes: &[u8], depth: usize) -> Option<Node<'static>> {
    if bytes.len() > BYTES_MAX {
        return None;
    }
    let value = read_value_ref_with_max_depth(&mut bytes, depth).ok()?;
    Some(node(value, depth))
}

fn node(value: ValueRef<'_>, depth: usize) -> Node<'static> {
    interrupt::check(interrupt::VALUE);
    // The decoder has counted the levels of these already.
    let depth = depth.saturating_sub(1);
    match value {
        ValueRef::Boolean(value) => Node::Bool(value),
        ValueRef::Integer(value) => value.as_i64().map_or(Node::Null, Node::integer),
        ValueRef::String(text) => Node::String(owned(text)),
        ValueRef::Array(values) => {
            Node::Array(values.into_iter().map(|value| node(value, depth)).collect())
        }
        ValueRef::Map(pairs) => {
            let pairs = pairs.into_iter().filter_map(|(name, value)| match name {
                ValueRef::String(name) => Some((owned(name), node(value, depth))),
                _ => None,
            });
            Node::object(pairs.collect())
        }
        ValueRef::Ext(_, bytes) => read(bytes, depth).unwrap_or(Node::Null),
        ValueRef::Nil | ValueRef::Binary(_) | ValueRef::F32(_) | ValueRef::F64(_) => Node::Null,
    }
}

fn owned(text: Utf8StringRef<'_>) -> Cow<'static, str> {
    Cow::Owned(String::from_utf8_lossy(text.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;
    use crate::jsonb::encode;

    fn shown(bytes: &[u8]) -> Option<String> {
        json::print(&encode(&decode(bytes)?).unwrap()).ok()
    }

    #[test]
    fn every_family() {
        let shows = |bytes: &[u8], wanted: &str| assert_eq!(shown(bytes).as_deref(), Some(wanted));
        shows(b"\x93\x01\xff\xc0", "[1, -1, null]");
        shows(b"\x82\xa1a\xc3\xa1b\xc2", r#"{"a": true, "b": false}"#);
        shows(b"\xdc\x00\x02\xd1\xff\xfe\xcd\x01\x00", "[-2, 256]");
        shows(b"\xde\x00\x01\xd9\x01a\x90", r#"{"a": []}"#);
        shows(b"\x91\xc7\x03\x05\x92\xa1m", "[null]");
        shows(b"\x91\xc7\x04\x05\x92\xa1mx", r#"[["m", 120]]"#);
        shows(b"\x91\xd4\x01\x07", "[7]");
        shows(
            b"\x92\xcb\x00\x00\x00\x00\x00\x00\x00\x00\xc4\x01x",
            "[null, null]",
        );
        shows(b"\x91\xcf\xff\xff\xff\xff\xff\xff\xff\xff", "[null]");
    }

    #[test]
    fn what_is_cut_or_too_deep_is_nothing() {
        for bytes in [&b""[..], b"\x92\x01", b"\xdd\xff\xff\xff\xff", b"\xa5abc"] {
            assert!(decode(bytes).is_none(), "{bytes:?}");
        }
        assert!(decode(&[0x91; 100_000]).is_none());
    }

    #[test]
    fn extensions_in_extensions_are_bounded_as_well() {
        let nested = |levels: usize| {
            let mut bytes = vec![1];
            for _ in 0..levels {
                let length = bytes.len() as u32;
                let mut outer = vec![0xc9];
                outer.extend(length.to_be_bytes());
                outer.push(5);
                outer.append(&mut bytes);
                bytes = outer;
            }
            bytes.insert(0, 0x91);
            bytes
        };
        assert_eq!(shown(&nested(50)).as_deref(), Some("[1]"));
        assert_eq!(shown(&nested(2000)).as_deref(), Some("[null]"));
    }
}
