//! Random changes of random values.

use super::*;
use crate::json;
use std::borrow::Cow;

struct Random(u64);

impl Random {
    fn below(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below as u64) as usize
    }

    fn text(&mut self) -> String {
        let words = ["", "a", "né", "[redacted:email:12]", "0123456789abcdefghij"];
        // Some are longer than what a rope holds in one piece.
        let many = if self.below(200) == 0 { 30_000 } else { 4 };
        let length = self.below(many);
        (0..length)
            .map(|_| words[self.below(words.len())])
            .collect()
    }

    fn json(&mut self, depth: usize) -> serde_json::Value {
        let kinds = if depth < 5 { 8 } else { 4 };
        let many = if self.below(20) == 0 { 90 } else { 5 };
        match self.below(kinds) {
            0 => serde_json::Value::Null,
            1 => (self.below(1 << 40)).into(),
            2 | 3 => self.text().into(),
            4 | 5 => (0..self.below(many))
                .map(|_| self.json(depth + 1))
                .collect(),
            _ => (0..self.below(many))
                .map(|n| {
                    (
                        format!("{n}{}", "k".repeat(self.below(3))),
                        self.json(depth + 1),
                    )
                })
                .collect::<serde_json::Map<_, _>>()
                .into(),
        }
    }

    /// Changes some of what is in `value`: on the tape, and in a tree of its own. Whether it goes.
    fn change<'a>(&mut self, tape: &mut Tape, place: usize, value: Value<'a>) -> (Node<'a>, bool) {
        let done = match (self.below(6), value) {
            (0, Value::String(old)) => {
                let from = old
                    .char_indices()
                    .nth(self.below(9))
                    .map_or(0, |(at, _)| at);
                let new = format!("{}{}{}", &old[..from], self.text(), &old[from..]);
                tape.text(place, old, &new).map(|()| Node::string(new))
            }
            (0, _) => {
                let new = self.text();
                tape.text(place, "", &new).map(|()| Node::string(new))
            }
            (1, _) => return (Node::Null, true),
            (_, Value::Array(old)) => {
                tape.enter(place);
                let items = old.elements().enumerate().map(|(place, old)| {
                    let (node, goes) = self.change(tape, place, old.unwrap());
                    if goes {
                        tape.null(place).unwrap();
                    }
                    node
                });
                let items = items.collect();
                tape.leave();
                Ok(Node::Array(items))
            }
            (_, Value::Object(old)) => {
                tape.enter(place);
                let mut members = Vec::new();
                for (place, entry) in old.entries().enumerate() {
                    let (key, value) = entry.unwrap();
                    let mut key = Cow::Borrowed(key);
                    if self.below(6) == 0 {
                        // Longer or shorter than it was, and no other member's.
                        key = format!("{place}{}", ["x", "xxxxxx"][self.below(2)]).into();
                        tape.key(place, &key).unwrap();
                    }
                    let (node, goes) = self.change(tape, place, value);
                    if goes {
                        tape.gone(place).unwrap();
                    } else {
                        members.push((key, node));
                    }
                }
                tape.leave();
                Ok(Node::object(members))
            }
            (_, other) => Ok(Node::from(other)),
        };
        (done.unwrap(), false)
    }
}

/// Whatever changes, it is written as a tree of all values would be.
#[test]
fn a_tape_writes_what_a_tree_would() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let (mut changed, mut long) = (0, 0);
    for round in 0..4000 {
        let text = random.json(0).to_string();
        let datum = json::parse(&text).unwrap();
        let root = Container::root(&datum).unwrap();
        let mut tape = Tape::default();
        let (mut tree, goes) = random.change(&mut tape, 0, root);
        if goes {
            tape.null(0).unwrap();
            tree = Node::Null;
        }
        let mut out = Vec::new();
        rewrite_into(&mut out, root, &tape).unwrap();
        let plain = encode(&tree).unwrap();
        assert!(out == plain, "round {round}: {text}");
        changed += usize::from(!tape.is_empty());
        long += usize::from(tape.length() > 64 * 1024);
    }
    assert!(changed > 1000 && long > 10, "{changed} {long}");
}
