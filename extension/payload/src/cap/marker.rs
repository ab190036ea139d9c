//! What a capped payload says of itself.
//!
//! The root's marker has the size and the digest of the whole, and how much was cut anywhere in it:
//! `"$capped": {"bytes": …, "sha256": …, "cut": {"strings": …, "elements": …, "members": …}}`. Every
//! container that lost something says how much: `"$capped": {"elements": …}` as an object at the end
//! of an array, `"$capped": {"members": …}` as a member of an object. A string says so at its end.

use crate::jsonb::Node;
use std::borrow::Cow;

/// The member that marks what is capped.
pub const MARKER: &str = "$capped";

/// What was cut, over the whole payload.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cut {
    /// Strings, and numbers, that lost their end.
    pub strings: usize,
    /// Elements that are left out; what was in them is not counted.
    pub elements: usize,
    /// Members that are left out.
    pub members: usize,
}

/// What one container lost.
#[derive(Clone, Copy, Debug)]
pub(super) enum Lost {
    Nothing,
    Elements(usize),
    Members(usize),
}

impl Lost {
    fn pair(self) -> Option<(Cow<'static, str>, Node<'static>)> {
        match self {
            Lost::Nothing | Lost::Elements(0) | Lost::Members(0) => None,
            Lost::Elements(count) => Some(number("elements", count)),
            Lost::Members(count) => Some(number("members", count)),
        }
    }

    /// The marker of a container within the payload.
    pub fn member(self) -> Option<(Cow<'static, str>, Node<'static>)> {
        let pair = self.pair()?;
        Some((Cow::Borrowed(MARKER), Node::Object(vec![pair])))
    }
}

/// Room for the marker of a container within the payload, with its entry.
pub(super) const LOST_ROOM: usize = 72;

/// What the whole was.
pub(super) struct Marker {
    pub bytes: usize,
    pub sha256: String,
}

impl Marker {
    /// The member of the root.
    pub fn member(&self, cut: &Cut, lost: Lost) -> (Cow<'static, str>, Node<'static>) {
        let counts = [
            ("strings", cut.strings),
            ("elements", cut.elements),
            ("members", cut.members),
        ];
        let counts = counts.into_iter().filter(|(_, count)| *count > 0);
        let counts = counts.map(|(name, count)| number(name, count)).collect();
        let mut pairs = self.whole();
        pairs.push((Cow::Borrowed("cut"), Node::object(counts)));
        pairs.extend(lost.pair());
        (Cow::Borrowed(MARKER), Node::object(pairs))
    }

    /// Most bytes that the member takes.
    pub fn room(&self) -> usize {
        let most = usize::try_from(u32::MAX).unwrap_or(0);
        let cut = Cut {
            strings: most,
            elements: most,
            members: most,
        };
        let member = self.member(&cut, Lost::Elements(most));
        let alone = crate::jsonb::encode(&Node::object(vec![member]));
        alone.map_or(0, |bytes| bytes.len()) + PADDING
    }

    /// Payloads that are nothing but a marker, the best first.
    pub fn alone(&self) -> [Node<'static>; 2] {
        let marked = |pairs| Node::object(vec![(Cow::Borrowed(MARKER), Node::object(pairs))]);
        [
            marked(self.whole()),
            marked(vec![number("bytes", self.bytes)]),
        ]
    }

    fn whole(&self) -> Vec<(Cow<'static, str>, Node<'static>)> {
        vec![
            number("bytes", self.bytes),
            (Cow::Borrowed("sha256"), Node::string(self.sha256.clone())),
        ]
    }
}

/// What stands before a value that is aligned, and what an entry takes.
const PADDING: usize = 3 + 8;

fn number(name: &'static str, count: usize) -> (Cow<'static, str>, Node<'static>) {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    (Cow::Borrowed(name), Node::integer(count))
}
