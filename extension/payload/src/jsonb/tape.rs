//! What becomes of a payload, in the order of a walk over it: that is the order of writing as well, so
//! that a tape can stand for a tree of new values, in few bytes more than what is new.
//!
//! An operation begins with its kind and how far behind the last one of the same container it stands.
//! Numbers are written seven bits a byte, the lowest first.

use super::rope::Rope;
use super::*;
use crate::interrupt;
use std::borrow::Cow;

const ENTER: usize = 0;
const TEXT: usize = 1;
const NULL: usize = 2;
const GONE: usize = 3;
const KEY: usize = 4;
const KINDS: usize = 8;

/// An operation takes no more than the entries that it stands for, in the input or in the output: a
/// longer tape would not become jsonb.
const LENGTH_MAX: usize = 2 * ENTRY_LENGTH as usize;
/// Beside where a container's operations end: it has members that go, or get another key.
const RESHAPED: u32 = 1 << 31;

/// What changes in a payload. Places are pushed in their order; the root's is 0.
#[derive(Default)]
pub struct Tape {
    rope: Rope,
    open: Vec<Open>,
    /// How many of the open containers have their operation: those with something new in them.
    entered: usize,
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
        self.operation(TEXT, place, &[before, after, new.len()])?;
        self.push(new)
    }

    /// The value at a place becomes null.
    pub fn null(&mut self, place: usize) -> Result<(), Error> {
        self.operation(NULL, place, &[])
    }

    /// The member at a place goes.
    pub fn gone(&mut self, place: usize) -> Result<(), Error> {
        self.reshape();
        self.operation(GONE, place, &[])
    }

    /// The member at a place gets another key. What becomes of its value is pushed behind that.
    pub fn key(&mut self, place: usize, new: &str) -> Result<(), Error> {
        self.reshape();
        self.operation(KEY, place, &[new.len()])?;
        self.push(new.as_bytes())
    }

    fn reshape(&mut self) {
        if let Some(open) = self.open.last_mut() {
            open.reshaped = true;
        }
    }

    fn operation(&mut self, kind: usize, place: usize, numbers: &[usize]) -> Result<(), Error> {
        while let Some(open) = self.open.get(self.entered) {
            interrupt::check(interrupt::VALUE);
            let place = open.place;
            self.head(self.entered, ENTER, place, &[])?;
            self.open[self.entered].end = self.rope.len();
            self.push(&[0; 4])?;
            self.entered += 1;
        }
        self.head(self.entered, kind, place, numbers)
    }

    /// The head of an operation so many levels below the root.
    fn head(
        &mut self,
        depth: usize,
        kind: usize,
        place: usize,
        numbers: &[usize],
    ) -> Result<(), Error> {
        let around = depth.checked_sub(1).and_then(|up| self.open.get_mut(up));
        let last = around.map_or(0, |open| std::mem::replace(&mut open.last, place));
        let first = place.saturating_sub(last) * KINDS + kind;
        let (mut bytes, mut length) = ([0; 40], 0);
        for number in std::iter::once(first).chain(numbers.iter().copied()) {
            let mut rest = number;
            while rest > 0x7f {
                bytes[length] = rest as u8 | 0x80;
                rest >>= 7;
                length += 1;
            }
            bytes[length] = rest as u8;
            length += 1;
        }
        self.push(&bytes[..length])
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
        Operations {
            rope: &self.rope,
            at: 0,
            end: self.rope.len(),
            place: 0,
        }
    }
}

/// Bytes that two texts begin with alike, and bytes that they end with behind these.
fn alike(a: &[u8], b: &[u8]) -> (usize, usize) {
    const AT_ONCE: usize = 64;
    let same = |(x, y): &(&[u8], &[u8])| {
        interrupt::check(AT_ONCE);
        x == y
    };
    let blocks = a.chunks_exact(AT_ONCE).zip(b.chunks_exact(AT_ONCE));
    let start = AT_ONCE * blocks.take_while(same).count();
    let rest = a[start..].iter().zip(&b[start..]).take(AT_ONCE);
    let start = start + rest.take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[start..], &b[start..]);
    let blocks = a.rchunks_exact(AT_ONCE).zip(b.rchunks_exact(AT_ONCE));
    let end = AT_ONCE * blocks.take_while(same).count();
    let rest = a[..a.len() - end]
        .iter()
        .rev()
        .zip(b[..b.len() - end].iter().rev());
    let end = end + rest.take(AT_ONCE).take_while(|(x, y)| x == y).count();
    (start, end)
}

/// The operations of one container, with their places; those of what is in it are passed over.
#[derive(Clone, Copy)]
pub(super) struct Operations<'t> {
    rope: &'t Rope,
    at: usize,
    end: usize,
    place: usize,
}

#[derive(Clone, Copy)]
pub(super) enum Operation<'t> {
    Enter {
        inside: Operations<'t>,
        reshaped: bool,
    },
    Text {
        /// Bytes that stay of the old text before and behind what is new.
        before: usize,
        after: usize,
        new: Piece<'t>,
    },
    Null,
    Gone,
    Key(Piece<'t>),
}

impl<'t> Operations<'t> {
    /// Where the next operation stands.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The operation of the same container that stands there.
    pub fn get(mut self, at: usize) -> Option<Operation<'t>> {
        self.at = at;
        self.next().map(|(_, operation)| operation)
    }

    fn number(&mut self) -> usize {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.rope.byte(self.at);
            self.at += 1;
            number |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 || shift > 56 {
                return number;
            }
        }
    }

    fn piece(&mut self) -> Piece<'t> {
        let length = self.number();
        let at = self.at;
        self.at += length;
        Piece {
            rope: self.rope,
            at,
            length,
        }
    }
}

impl<'t> Iterator for Operations<'t> {
    type Item = (usize, Operation<'t>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.end {
            return None;
        }
        interrupt::check(interrupt::VALUE);
        let first = self.number();
        self.place += first / KINDS;
        let operation = match first % KINDS {
            ENTER => {
                let end = [0, 1, 2, 3].map(|byte| self.rope.byte(self.at + byte));
                let end = u32::from_ne_bytes(end);
                let inside = Operations {
                    at: self.at + 4,
                    end: (end & !RESHAPED) as usize,
                    place: 0,
                    ..*self
                };
                self.at = inside.end;
                Operation::Enter {
                    inside,
                    reshaped: end & RESHAPED != 0,
                }
            }
            TEXT => Operation::Text {
                before: self.number(),
                after: self.number(),
                new: self.piece(),
            },
            NULL => Operation::Null,
            GONE => Operation::Gone,
            _ => Operation::Key(self.piece()),
        };
        Some((self.place, operation))
    }
}

/// New text on a tape.
#[derive(Clone, Copy)]
pub(super) struct Piece<'t> {
    rope: &'t Rope,
    at: usize,
    length: usize,
}

impl<'t> Piece<'t> {
    pub fn bytes(&self) -> impl Iterator<Item = &'t [u8]> {
        self.rope.pieces(self.at, self.length)
    }

    /// The text, as what it is when it stands in one place.
    pub fn text(&self) -> Result<Cow<'t, str>, Error> {
        let mut pieces = self.bytes();
        let first = pieces.next().unwrap_or_default();
        let text = if first.len() == self.length {
            read::text(first)?.into()
        } else {
            let mut whole = Vec::with_capacity(self.length);
            self.bytes()
                .for_each(|piece| whole.extend_from_slice(piece));
            String::from_utf8(whole).map_err(|_| Error::Corrupt)?.into()
        };
        Ok(text)
    }
}

#[cfg(test)]
#[path = "tape_tests.rs"]
mod tests;
