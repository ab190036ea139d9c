//! The layout of what is written: headers, entries, padding, limits.

use super::*;
use crate::interrupt::{self, PIECE};

/// Where a datum is written to.
pub trait Buffer {
    /// Bytes written so far.
    fn len(&self) -> usize;
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Makes room for this many bytes more.
    fn reserve(&mut self, bytes: usize);
    fn push(&mut self, bytes: &[u8]);
    /// Replaces four bytes that were written before.
    fn set(&mut self, at: usize, bytes: [u8; 4]);
}

impl Buffer for Vec<u8> {
    fn len(&self) -> usize {
        Vec::len(self)
    }

    fn reserve(&mut self, bytes: usize) {
        Vec::reserve(self, bytes);
    }

    fn push(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }

    fn set(&mut self, at: usize, bytes: [u8; 4]) {
        self[at..at + 4].copy_from_slice(&bytes);
    }
}

/// A datum that is one scalar: an array of one element, with a flag.
pub(crate) fn push_scalar<B: Buffer>(
    out: &mut B,
    value: impl FnOnce(&mut B) -> Result<u32, Error>,
) -> Result<(), Error> {
    push_word(out, FLAG_ARRAY | FLAG_SCALAR | 1);
    push_word(out, 0);
    let entry = value(out)?;
    set_word(out, 4, entry | ENTRY_HAS_OFFSET);
    Ok(())
}

/// Appends a string and returns its entry.
pub(crate) fn push_text(out: &mut impl Buffer, text: &str) -> Result<u32, Error> {
    push_bytes(out, text.as_bytes())?;
    Ok(TYPE_STRING | text.len() as u32)
}

/// Appends a numeric datum and returns its entry.
pub(crate) fn push_number(out: &mut impl Buffer, numeric: &[u8]) -> Result<u32, Error> {
    push_aligned(out, numeric, TYPE_NUMERIC)
}

pub(super) fn push_aligned(out: &mut impl Buffer, bytes: &[u8], kind: u32) -> Result<u32, Error> {
    let start = out.len();
    pad(out);
    push_bytes(out, bytes)?;
    Ok(kind | (out.len() - start) as u32)
}

/// Appends bytes. What would not fit a datum is refused before it is copied.
pub(super) fn push_bytes(out: &mut impl Buffer, bytes: &[u8]) -> Result<(), Error> {
    if out.len() + bytes.len() > ENTRY_LENGTH as usize {
        return Err(Error::TooLarge);
    }
    if bytes.len() > PIECE {
        out.reserve(bytes.len());
    }
    for piece in bytes.chunks(PIECE) {
        interrupt::check(piece.len());
        out.push(piece);
    }
    Ok(())
}

/// A container that is being written: its header stands, its entries are filled in as they come.
pub(crate) struct Table {
    /// Where the container's padding begins.
    start: usize,
    at: usize,
    index: usize,
    total: usize,
}

impl Table {
    /// Begins an array of `count` elements that stands `depth` levels below the root.
    pub fn array(out: &mut impl Buffer, count: usize, depth: usize) -> Result<Self, Error> {
        Table::new(out, FLAG_ARRAY, count, count, depth)
    }

    /// Begins an object: first its sorted keys are pushed, then its values.
    pub fn object(out: &mut impl Buffer, count: usize, depth: usize) -> Result<Self, Error> {
        Table::new(out, FLAG_OBJECT, count, count.saturating_mul(2), depth)
    }

    fn new(
        out: &mut impl Buffer,
        flag: u32,
        count: usize,
        entries: usize,
        depth: usize,
    ) -> Result<Self, Error> {
        if depth >= MAX_DEPTH {
            return Err(Error::TooDeep);
        }
        let start = out.len();
        pad(out);
        if count > COUNT_MASK as usize || out.len() + 4 + 4 * entries > ENTRY_LENGTH as usize {
            return Err(Error::TooLarge);
        }
        push_word(out, flag | count as u32);
        let at = out.len();
        out.reserve(4 * entries);
        zeros(out, 4 * entries);
        Ok(Table {
            start,
            at,
            index: 0,
            total: 0,
        })
    }

    /// Fills in the next entry, whose data was just appended.
    pub fn push(&mut self, out: &mut impl Buffer, mut entry: u32) -> Result<(), Error> {
        self.total += (entry & ENTRY_LENGTH) as usize;
        if self.total > ENTRY_LENGTH as usize {
            return Err(Error::TooLarge);
        }
        if self.index.is_multiple_of(OFFSET_STRIDE) {
            entry = (entry & ENTRY_TYPE) | self.total as u32 | ENTRY_HAS_OFFSET;
        }
        set_word(out, self.at + 4 * self.index, entry);
        self.index += 1;
        Ok(())
    }

    /// The entry of the container itself.
    pub fn entry(self, out: &impl Buffer) -> Result<u32, Error> {
        let length = out.len() - self.start;
        if length > ENTRY_LENGTH as usize {
            return Err(Error::TooLarge);
        }
        Ok(TYPE_CONTAINER | length as u32)
    }
}

fn pad(out: &mut impl Buffer) {
    let length = out.len();
    out.push(&[0; 4][..align4(length) - length]);
}

fn zeros(out: &mut impl Buffer, mut count: usize) {
    const ZEROS: &[u8; 1024] = &[0; 1024];
    while count > 0 {
        let now = count.min(ZEROS.len());
        interrupt::check(now);
        out.push(&ZEROS[..now]);
        count -= now;
    }
}

fn push_word(out: &mut impl Buffer, word: u32) {
    out.push(&word.to_ne_bytes());
}

fn set_word(out: &mut impl Buffer, at: usize, word: u32) {
    out.set(at, word.to_ne_bytes());
}
