//! Reading a tape.

use super::rope::Rope;
use super::tape::{ENTER, GONE, KINDS, NULL, RESHAPED, TEXT};
use crate::interrupt;

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
    /// That of the root.
    pub fn of(rope: &'t Rope) -> Self {
        Operations {
            rope,
            at: 0,
            end: rope.len(),
            place: 0,
        }
    }

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
        let known = if length % 2 == 1 {
            (self.number(), self.number())
        } else {
            (0, 0)
        };
        let rest = (self.at, length / 2);
        self.at += rest.1;
        Piece {
            rope: self.rope,
            known,
            rest,
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

/// New text on a tape: where it stands, in two parts, with their lengths.
#[derive(Clone, Copy)]
pub(super) struct Piece<'t> {
    rope: &'t Rope,
    known: (usize, usize),
    rest: (usize, usize),
}

impl<'t> Piece<'t> {
    pub fn len(&self) -> usize {
        self.known.1 + self.rest.1
    }

    pub fn bytes(&self) -> impl Iterator<Item = &'t [u8]> + use<'t> {
        let known = self.rope.pieces(self.known.0, self.known.1);
        known.chain(self.rope.pieces(self.rest.0, self.rest.1))
    }
}
