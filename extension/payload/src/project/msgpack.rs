//! MessagePack, as a tree of jsonb nodes: LangGraph stores its values so.
//!
//! An extension becomes what its own MessagePack holds. Numbers that are no integer, and bytes, are
//! not needed to describe a message and become null.

use crate::interrupt;
use crate::jsonb::Node;
use std::borrow::Cow;

/// Deepest nesting that is read.
const DEPTH_MAX: usize = 64;

/// The value that the bytes hold, or nothing where they are not one.
pub fn decode(bytes: &[u8]) -> Option<Node<'_>> {
    let mut reader = Reader { rest: bytes };
    reader.value(DEPTH_MAX)
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Option<Node<'a>> {
        interrupt::check(interrupt::VALUE);
        let depth = depth.checked_sub(1)?;
        let mark = self.uint(1)? as u8;
        match mark {
            0x00..=0x7f => Some(Node::integer(i64::from(mark))),
            0x80..=0x8f => self.map(usize::from(mark & 0x0f), depth),
            0x90..=0x9f => self.array(usize::from(mark & 0x0f), depth),
            0xa0..=0xbf => self.text(usize::from(mark & 0x1f)),
            0xc2 | 0xc3 => Some(Node::Bool(mark == 0xc3)),
            0xc4..=0xc6 => {
                let bytes = self.length(mark - 0xc4)?;
                self.take(bytes).map(|_| Node::Null)
            }
            0xc7..=0xc9 => {
                let bytes = self.length(mark - 0xc7)?;
                self.extension(bytes, depth)
            }
            0xca => self.take(4).map(|_| Node::Null),
            0xcb => self.take(8).map(|_| Node::Null),
            0xcc..=0xcf => {
                let value = self.uint(1 << (mark - 0xcc))?;
                Some(i64::try_from(value).map_or(Node::Null, Node::integer))
            }
            0xd0..=0xd3 => {
                let bytes = 1usize << (mark - 0xd0);
                let value = self.uint(bytes)?;
                let unused = 64 - 8 * bytes as u32;
                Some(Node::integer((value << unused) as i64 >> unused))
            }
            0xd4..=0xd8 => self.extension(1 << (mark - 0xd4), depth),
            0xd9..=0xdb => {
                let bytes = self.length(mark - 0xd9)?;
                self.text(bytes)
            }
            0xdc | 0xdd => {
                let items = self.length(mark - 0xdc + 1)?;
                self.array(items, depth)
            }
            0xde | 0xdf => {
                let items = self.length(mark - 0xde + 1)?;
                self.map(items, depth)
            }
            0xe0..=0xff => Some(Node::integer(i64::from(mark as i8))),
            0xc0 => Some(Node::Null),
            0xc1 => None,
        }
    }

    fn take(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(bytes)?;
        self.rest = rest;
        Some(taken)
    }

    fn uint(&mut self, bytes: usize) -> Option<u64> {
        let taken = self.take(bytes)?;
        Some(taken.iter().fold(0, |n, byte| n << 8 | u64::from(*byte)))
    }

    /// A length in 1, 2 or 4 bytes.
    fn length(&mut self, power: u8) -> Option<usize> {
        self.uint(1 << power)?.try_into().ok()
    }

    fn text(&mut self, bytes: usize) -> Option<Node<'a>> {
        self.take(bytes)
            .map(|text| Node::String(String::from_utf8_lossy(text)))
    }

    fn array(&mut self, items: usize, depth: usize) -> Option<Node<'a>> {
        // The length is the sender's word: nothing is reserved for it.
        let mut nodes = Vec::new();
        for _ in 0..items {
            nodes.push(self.value(depth)?);
        }
        Some(Node::Array(nodes))
    }

    fn map(&mut self, items: usize, depth: usize) -> Option<Node<'a>> {
        let mut pairs: Vec<(Cow<'a, str>, Node<'a>)> = Vec::new();
        for _ in 0..items {
            let name = self.value(depth)?;
            let value = self.value(depth)?;
            if let Node::String(name) = name {
                pairs.push((name, value));
            }
        }
        Some(Node::object(pairs))
    }

    fn extension(&mut self, bytes: usize, depth: usize) -> Option<Node<'a>> {
        self.take(1)?;
        let mut inner = Reader {
            rest: self.take(bytes)?,
        };
        Some(inner.value(depth).unwrap_or(Node::Null))
    }
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
        for bytes in [
            &b""[..],
            b"\xc1",
            b"\x92\x01",
            b"\xdd\xff\xff\xff\xff",
            b"\xa5abc",
        ] {
            assert!(decode(bytes).is_none(), "{bytes:?}");
        }
        assert!(decode(&[0x91; 100_000]).is_none());
    }
}
