//! Many literals looked for at once, at the few places where they can stand.
//!
//! What a literal is known by is its last letter or digit with something else behind it, and what
//! stands before: `ghp_` is found at the end of the word `ghp`, `password` where a word ends in
//! `word`. A filter says for all bytes of a block which of them could be such an end
//! ([`classes::Filter`]); what passes is looked up by its last letters and then compared in full.
//! Literals that letters follow (`AKIA…`) are told by the start of a word.

use super::endings::{Endings, WORD_BYTES, windows};
use super::found::{Found, Table};
use super::hashes::{hash, hash_before, window};
use super::look::{Block, last_four};
use super::shapes;
use classes::Filter;

/// A literal to look for.
pub(super) struct Literal {
    pub text: String,
    /// Upper and lower case differ.
    pub exact: bool,
    /// No letter or digit stands before it.
    pub bounded: bool,
    /// Letters or digits stand behind it.
    pub goes_on: bool,
}

pub(super) struct Gates {
    /// By the end of a word.
    ends: Table,
    /// By the end of a word and the sign behind it.
    signs: Table,
    /// By the start of a run.
    starts: Table,
    literals: Vec<(Box<[u8]>, bool)>,
    /// Where in text any of them can be.
    pub filter: Filter,
    /// Some literal ends beyond ASCII.
    pub high: bool,
}

/// As [`classes::Classes::sign`].
fn is_sign(byte: u8) -> bool {
    byte.is_ascii_punctuation() && !b"!\",".contains(&byte)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Letter,
    Digit,
    High,
    Other,
}

fn class(byte: u8) -> Class {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' => Class::Letter,
        b'0'..=b'9' => Class::Digit,
        0x80.. => Class::High,
        _ => Class::Other,
    }
}

impl Gates {
    /// `None` when there are too many to look for.
    pub fn new(names: &Endings, list: Vec<Literal>) -> Option<Self> {
        let (mut ends, mut signs, mut starts) = (Vec::new(), Vec::new(), Vec::new());
        let (mut end_shapes, mut start_shapes) = (Vec::new(), shapes::unnamed_starts());
        ends.extend(names.hashes().map(|hash| (hash, Found::Name)));
        let (mut literals, mut high) = (Vec::new(), false);
        for literal in list {
            let number = u16::try_from(literals.len()).ok()?;
            let bytes = literal.text.as_bytes();
            if literal.goes_on && bytes.iter().all(u8::is_ascii_alphanumeric) {
                let found = Found::Literal { number, before: 0 };
                start_shapes.push(shapes::start(bytes));
                match *bytes {
                    [a, b] => starts.extend(
                        WORD_BYTES
                            .iter()
                            .map(|c| (hash(window([0, a, b, *c])), found)),
                    ),
                    [a, b, c, ..] => starts.push((hash(window([0, a, b, c])), found)),
                    _ => return None,
                }
            } else {
                let pivot = pivot(bytes, literal.goes_on)?;
                let before = u8::try_from(pivot).ok()?;
                let found = Found::Literal { number, before };
                high |= bytes[pivot] >= 0x80;
                end_shapes.extend(shapes::end(bytes, pivot, literal.bounded));
                let known = &bytes[..=pivot];
                match bytes.get(pivot + 1) {
                    Some(next) if bytes[pivot] < 0x80 && is_sign(*next) => {
                        let all = windows(known, literal.bounded, 3);
                        signs.extend(all.iter().map(|w| (hash_before(*w, *next), found)));
                    }
                    _ => {
                        let all = windows(known, literal.bounded, 4);
                        ends.extend(all.iter().map(|w| (hash(*w), found)));
                    }
                }
            }
            literals.push((bytes.into(), literal.exact));
        }
        let ends = Table::new(ends)?;
        for name in names.names() {
            end_shapes.extend(shapes::name(name, |window| ends.has(hash(window))));
        }
        Some(Gates {
            filter: Filter::new(end_shapes, start_shapes),
            ends,
            signs: Table::new(signs)?,
            starts: Table::new(starts)?,
            literals,
            high,
        })
    }

    /// What may be at the word that ends at a bit of the block.
    pub fn at_end(
        &self,
        bytes: &[u8],
        from: usize,
        block: &Block<'_>,
        bit: usize,
    ) -> impl Iterator<Item = Found> {
        let window = block.windows(bytes, from).at(bit);
        let next = bytes.get(from + bit + 1).copied().unwrap_or(0);
        let ends = self.ends.get(hash(window)).iter();
        ends.chain(self.signs.get(hash_before(window, next)))
            .copied()
    }

    /// What may be at a byte beyond ASCII.
    #[inline]
    pub fn at_high(&self, bytes: &[u8], at: usize) -> &[Found] {
        self.ends.get(hash(last_four(bytes, at) & 0xFFFF_FF00))
    }

    /// What may start at `at`.
    #[inline]
    pub fn at_start(&self, bytes: &[u8], at: usize) -> &[Found] {
        match bytes.get(at..at + 3) {
            Some(&[a, b, c]) => self.starts.get(hash(window([0, a, b, c]))),
            _ => &[],
        }
    }

    /// The start and end of a literal of which `before` bytes lie before `at`, if it is there.
    #[inline]
    pub fn place(
        &self,
        bytes: &[u8],
        number: u16,
        before: u8,
        at: usize,
    ) -> Option<(usize, usize)> {
        let (literal, exact) = self.literals.get(usize::from(number))?;
        let start = at.checked_sub(usize::from(before))?;
        let end = start + literal.len();
        let part = bytes.get(start..end)?;
        // Most are another one from their first letter on.
        if (part.first()? ^ literal.first()?) & !0x20 != 0 {
            return None;
        }
        let same = if *exact {
            part == &**literal
        } else {
            part.eq_ignore_ascii_case(literal)
        };
        same.then_some((start, end))
    }
}

/// The last byte of a literal that ends a run of letters or of digits.
fn pivot(bytes: &[u8], goes_on: bool) -> Option<usize> {
    let ends = |at: &usize| {
        let here = class(bytes[*at]);
        let next = bytes.get(at + 1).map(|next| class(*next));
        here != Class::Other && next.map_or(!goes_on, |next| next != here)
    };
    (0..bytes.len()).rev().find(ends)
}

#[cfg(test)]
mod tests {
    use super::super::blocks::Blocks;
    use super::*;
    use classes::Classifier;

    fn found(text: &str) -> Vec<(u16, usize)> {
        let literal = |text: &str, exact| Literal {
            text: text.to_owned(),
            exact,
            bounded: false,
            goes_on: false,
        };
        let list = vec![
            literal("sk-ant-", true),
            literal("[at]", false),
            Literal {
                goes_on: true,
                ..literal("AKIA", true)
            },
            literal("пароль", false),
            literal("hf_", true),
        ];
        let gates = Gates::new(&Endings::default(), list).unwrap();
        let bytes = text.as_bytes();
        let mut all = Vec::new();
        let mut blocks = Blocks::new(Classifier::new(), &gates.filter, bytes);
        while let Some((from, block)) = blocks.next() {
            let mut add = |found: Vec<Found>, at: usize| {
                for found in found {
                    if let Found::Literal { number, before } = found
                        && let Some((start, _)) = gates.place(bytes, number, before, at)
                    {
                        all.push((number, start));
                    }
                }
            };
            for bit in 0..(bytes.len() - from).min(classes::BLOCK) {
                if block.ends() >> bit & 1 == 1 {
                    add(gates.at_end(bytes, from, &block, bit).collect(), from + bit);
                }
                if bytes[from + bit] >= 0x80 {
                    add(gates.at_high(bytes, from + bit).to_vec(), from + bit);
                }
                if block.starts() >> bit & 1 == 1 {
                    add(gates.at_start(bytes, from + bit).to_vec(), from + bit);
                }
            }
        }
        all
    }

    #[test]
    fn literals_at_the_edges_and_glued() {
        assert_eq!(found("sk-ant-x"), [(0, 0)]);
        assert_eq!(found("xsk-ant-"), [(0, 1)]);
        assert_eq!(found("SK-ant-"), []);
        assert_eq!(found("a[AT]b"), [(1, 1)]);
        assert_eq!(found(".AKIA"), [(2, 1)]);
        assert_eq!(found("я пароль"), [(3, 3)]);
        assert_eq!(found("hf_ xhf_ \u{e9}hf_"), [(4, 0), (4, 5), (4, 11)]);
        assert_eq!(found("hf"), []);
    }
}
