//! The blocks of a string between their neighbours, looked at some at a time.

use super::look::Block;
use classes::{BLOCK, Classes, Classifier, Filter};

/// Blocks that are looked at at once. A short string is one block and the nothing behind it.
const ROOM: usize = 16;

/// The blocks of a string, each with the place of its first byte.
pub(super) struct Blocks<'t> {
    classifier: Classifier,
    filter: &'t Filter,
    bytes: &'t [u8],
    /// The place of the next block, and where it is in `window`.
    at: usize,
    next: usize,
    /// Blocks that are known: the one before the first that is given, those, and the one behind.
    known: usize,
    window: [Classes; ROOM + 2],
}

impl<'t> Blocks<'t> {
    pub fn new(classifier: Classifier, filter: &'t Filter, bytes: &'t [u8]) -> Self {
        Blocks {
            classifier,
            filter,
            bytes,
            at: 0,
            next: 1,
            known: 1,
            window: [Classes::default(); ROOM + 2],
        }
    }

    /// The place of the next block.
    pub fn at(&self) -> usize {
        self.at
    }

    pub fn leave_out(&mut self, blocks: usize) {
        self.at += blocks * BLOCK;
        if self.next + blocks < self.known {
            self.next += blocks;
        } else if blocks > 0 {
            let before = &mut self.window[..1];
            (self.classifier).fill(self.bytes, self.at - BLOCK, self.filter, before);
            (self.next, self.known) = (1, 1);
        }
    }

    #[inline]
    pub fn next(&mut self) -> Option<(usize, Block<'_>)> {
        let at = self.at;
        if at >= self.bytes.len() {
            return None;
        }
        if self.next + 1 >= self.known {
            self.fill();
        }
        let [before, here, after] = self.window[self.next - 1..].first_chunk()?;
        self.next += 1;
        self.at = at + BLOCK;
        Some((
            at,
            Block {
                before,
                here,
                after,
            },
        ))
    }

    /// Makes the next block and the one behind it known.
    #[inline]
    fn fill(&mut self) {
        let kept = self.known - (self.next - 1);
        self.window.copy_within(self.next - 1..self.known, 0);
        let from = self.at + (kept - 1) * BLOCK;
        // Something may end with the last block: then one is empty and follows it.
        let left = (self.bytes.len() / BLOCK + 1).saturating_sub(from / BLOCK);
        let filled = (kept + left).min(ROOM + 2);
        let new = &mut self.window[kept..filled];
        (self.classifier).fill(self.bytes, from, self.filter, new);
        self.known = filled;
        if let Some(behind) = self.window.get_mut(filled) {
            *behind = Classes::default();
            self.known += 1;
        }
        self.next = 1;
    }
}
