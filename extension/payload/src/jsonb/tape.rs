//! What becomes of a payload, in the order of a walk over it: that is the order of writing as well, so
//! that a tape can stand for a tree of new values, in few bytes more than what is new.
//!
//! An operation begins with its kind and how far behind the last one of the same container it stands.
//! Numbers are written seven bits a byte, the lowest first.

use super::operations::Operations;
use super::rope::Rope;
use super::*;
use crate::interrupt;

pub(super) const ENTER: usize = 0;
pub(super) const TEXT: usize = 1;
pub(super) const NULL: usize = 2;
pub(super) const GONE: usize = 3;
pub(super) const KEY: usize = 4;
pub(super) const KINDS: usize = 8;

/// An operation takes no more than the entries that it stands for, in the input or in the output: a
/// longer tape would not become jsonb.
const LENGTH_MAX: usize = 2 * ENTRY_LENGTH as usize;
/// New texts are alike: one that begins as an earlier one holds only what comes behind that. So many
/// bytes they begin with at least, and are compared at most; so many texts are known by these.
const ALIKE_MIN: usize = 16;
const ALIKE_MAX: usize = 64;
const KNOWN: usize = 16;
/// Few payloads are deeper.
const DEPTH: usize = 12;
/// Beside where a container's operations end: it has members that go, or get another key.
pub(super) const RESHAPED: u32 = 1 << 31;

/// What changes in a payload. Places are pushed in their order; the root's is 0.
#[derive(Default)]
pub struct Tape {
    rope: Rope,
    open: Vec<Open>,
    /// How many of the open containers have their operation: those with something new in them.
    entered: usize,
    /// Where a text stands in full, and its length.
    known: Vec<(usize, usize)>,
}

/// A container that the walk is in.
struct Open {
    place: usize,
    /// Where the end of its operations is to be noted.
    end: usize,
    /// The place of the last operation in it.
    last: usize,
    reshaped: bool,
}

impl Tape {
    /// Nothing changes.
    pub fn is_empty(&self) -> bool {
        self.rope.is_empty()
    }

    /// Enters the array or object at a place. What is pushed until it is left is in it.
    pub fn enter(&mut self, place: usize) {
        if self.open.is_empty() {
            self.open.reserve(DEPTH);
        }
        self.open.push(Open {
            place,
            end: 0,
            last: 0,
            reshaped: false,
        });
    }

    /// Leaves the container that was entered last.
    pub fn leave(&mut self) {
        let Some(open) = self.open.pop() else { return };
        // One in which nothing changed leaves no trace.
        if self.entered > self.open.len() {
            self.entered = self.open.len();
            // LENGTH_MAX leaves the highest bit free.
            let end = self.rope.len() as u32 | if open.reshaped { RESHAPED } else { 0 };
            self.rope.set(open.end, &end.to_ne_bytes());
        }
    }

    /// The value at a place becomes a string; `old` is what it was, if that was one too. What both
    /// begin and end with is not held.
    pub fn text(&mut self, place: usize, old: &str, new: &str) -> Result<(), Error> {
        let (old, new) = (old.as_bytes(), new.as_bytes());
        let (before, after) = alike(old, new);
        let new = &new[before..new.len() - after];
        self.operation(TEXT, place, &[before, after], new)
    }

    /// The value at a place becomes null.
    pub fn null(&mut self, place: usize) -> Result<(), Error> {
        self.operation(NULL, place, &[], &[])
    }

    /// The member at a place goes.
    pub fn gone(&mut self, place: usize) -> Result<(), Error> {
        self.reshape();
        self.operation(GONE, place, &[], &[])
    }

    /// The member at a place gets another key. What becomes of its value is pushed behind that.
    pub fn key(&mut self, place: usize, new: &str) -> Result<(), Error> {
        self.reshape();
        self.operation(KEY, place, &[], new.as_bytes())
    }

    fn reshape(&mut self) {
        if let Some(open) = self.open.last_mut() {
            open.reshaped = true;
        }
    }

    fn operation(
        &mut self,
        kind: usize,
        place: usize,
        numbers: &[usize],
        new: &[u8],
    ) -> Result<(), Error> {
        while let Some(open) = self.open.get(self.entered) {
            interrupt::check(interrupt::VALUE);
            let mut head = Head::default();
            head.push(self.first(self.entered, ENTER, open.place));
            self.push(head.bytes())?;
            self.open[self.entered].end = self.rope.len();
            self.push(&[0; 4])?;
            self.entered += 1;
        }
        let mut head = Head::default();
        head.push(self.first(self.entered, kind, place));
        numbers.iter().for_each(|number| head.push(*number));
        match kind {
            TEXT | KEY => self.piece(head, new),
            _ => self.push(head.bytes()),
        }
    }

    /// What an operation so many levels below the root begins with.
    fn first(&mut self, depth: usize, kind: usize, place: usize) -> usize {
        let around = depth.checked_sub(1).and_then(|up| self.open.get_mut(up));
        let last = around.map_or(0, |open| std::mem::replace(&mut open.last, place));
        place.saturating_sub(last) * KINDS + kind
    }

    /// A new text: its length, whether it begins as an earlier one, and then how.
    fn piece(&mut self, mut head: Head, new: &[u8]) -> Result<(), Error> {
        if let Some(slot) = slot(new) {
            let (at, length) = self.known.get(slot).copied().unwrap_or_default();
            let alike = self.rope.alike(at, new, length.min(ALIKE_MAX));
            if alike >= ALIKE_MIN {
                let rest = &new[alike..];
                head.push(2 * rest.len() + 1);
                head.push(at);
                head.push(alike);
                self.push(head.bytes())?;
                return self.push(rest);
            }
            head.push(2 * new.len());
            self.known.resize(KNOWN, (0, 0));
            self.known[slot] = (self.rope.len() + head.length, new.len());
        } else {
            head.push(2 * new.len());
        }
        self.push(head.bytes())?;
        self.push(new)
    }

    fn push(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if bytes.len() > LENGTH_MAX - self.rope.len() {
            return Err(Error::TooLarge);
        }
        self.rope.push(bytes);
        Ok(())
    }

    #[cfg(test)]
    fn length(&self) -> usize {
        self.rope.len()
    }

    pub(super) fn operations(&self) -> Operations<'_> {
        Operations::of(&self.rope)
    }
}

/// The numbers of an operation: six at most, of which each has five bytes at most.
#[derive(Default)]
struct Head {
    bytes: [u8; 30],
    length: usize,
}

impl Head {
    fn push(&mut self, mut number: usize) {
        while number > 0x7f {
            self.byte(number as u8 | 0x80);
            number >>= 7;
        }
        self.byte(number as u8);
    }

    fn byte(&mut self, byte: u8) {
        if let Some(next) = self.bytes.get_mut(self.length) {
            *next = byte;
            self.length += 1;
        }
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// Under which a text is known; not one that is too short.
fn slot(text: &[u8]) -> Option<usize> {
    let (first, rest) = text.split_first_chunk::<8>()?;
    let second = rest.first_chunk::<8>()?;
    let mixed = u64::from_le_bytes(*first) ^ u64::from_le_bytes(*second).rotate_left(29);
    Some((mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 60) as usize % KNOWN)
}

/// Bytes that two texts begin with alike, and bytes that they end with behind these.
fn alike(a: &[u8], b: &[u8]) -> (usize, usize) {
    let mut start = 0;
    for begin in [begin::<4096>, begin::<256>, begin::<16>, begin::<1>] {
        start += begin(&a[start..], &b[start..]);
    }
    let (mut a, mut b) = (&a[start..], &b[start..]);
    let whole = a.len();
    for end in [end::<4096>, end::<256>, end::<16>, end::<1>] {
        let alike = end(a, b);
        (a, b) = (&a[..a.len() - alike], &b[..b.len() - alike]);
    }
    (start, whole - a.len())
}

/// Bytes that two texts begin with alike, in blocks of one size.
fn begin<const SIZE: usize>(a: &[u8], b: &[u8]) -> usize {
    let both = a.as_chunks::<SIZE>().0.iter().zip(b.as_chunks().0);
    SIZE * both.take_while(same).count()
}

fn end<const SIZE: usize>(a: &[u8], b: &[u8]) -> usize {
    let both = a
        .as_rchunks::<SIZE>()
        .1
        .iter()
        .rev()
        .zip(b.as_rchunks().1.iter().rev());
    SIZE * both.take_while(same).count()
}

fn same<const SIZE: usize>((a, b): &(&[u8; SIZE], &[u8; SIZE])) -> bool {
    interrupt::check(SIZE);
    a == b
}

#[cfg(test)]
#[path = "tape_random_tests.rs"]
mod random_tests;
#[cfg(test)]
#[path = "tape_tests.rs"]
mod tests;
