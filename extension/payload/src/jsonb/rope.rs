//! Bytes that are appended and never move: a buffer of which nobody knows how large it will be grows
//! without a second copy of itself.

use crate::interrupt;

const CHUNK: usize = 64 * 1024;
const FIRST: usize = 256;

/// All chunks but the last are full.
#[derive(Default)]
pub(super) struct Rope {
    chunks: Vec<Vec<u8>>,
}

impl Rope {
    pub fn len(&self) -> usize {
        let last = self.chunks.last().map_or(0, Vec::len);
        self.chunks.len().saturating_sub(1) * CHUNK + last
    }

    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    pub fn push(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let chunk = match self.chunks.last_mut() {
                Some(last) if last.len() < CHUNK => last,
                last => {
                    // The first one grows: most ropes stay short.
                    let room = if last.is_some() { CHUNK } else { FIRST };
                    self.chunks.push(Vec::with_capacity(room));
                    continue;
                }
            };
            let (now, later) = bytes.split_at(bytes.len().min(CHUNK - chunk.len()));
            interrupt::check(now.len());
            chunk.extend_from_slice(now);
            bytes = later;
        }
    }

    /// Replaces bytes that were pushed before.
    pub fn set(&mut self, at: usize, bytes: &[u8]) {
        for (at, new) in (at..).zip(bytes) {
            if let Some(byte) = self
                .chunks
                .get_mut(at / CHUNK)
                .and_then(|c| c.get_mut(at % CHUNK))
            {
                *byte = *new;
            }
        }
    }

    /// Nothing is behind the end.
    pub fn byte(&self, at: usize) -> u8 {
        let byte = self.chunks.get(at / CHUNK).and_then(|c| c.get(at % CHUNK));
        byte.copied().unwrap_or(0)
    }

    /// How many of the first bytes of `text`, and of so many at most, are those from `at` on.
    pub fn alike(&self, at: usize, text: &[u8], most: usize) -> usize {
        let mut alike = 0;
        for piece in self.pieces(at, most) {
            let both = piece.iter().zip(&text[alike..]);
            let same = both.take_while(|(a, b)| a == b).count();
            alike += same;
            if same < piece.len() {
                break;
            }
        }
        alike
    }

    /// The bytes from `at` on, in pieces.
    pub fn pieces(&self, at: usize, mut length: usize) -> impl Iterator<Item = &[u8]> {
        let mut from = at % CHUNK;
        let chunks = self.chunks.get(at / CHUNK..).unwrap_or_default();
        chunks.iter().map_while(move |chunk| {
            let piece = chunk.get(from..)?;
            let piece = &piece[..piece.len().min(length)];
            from = 0;
            length -= piece.len();
            (!piece.is_empty()).then_some(piece)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_across_chunks() {
        let mut rope = Rope::default();
        let mut plain = Vec::new();
        for n in 0..40_000u32 {
            let bytes = n.to_ne_bytes();
            rope.push(&bytes[..1 + n as usize % 4]);
            plain.extend_from_slice(&bytes[..1 + n as usize % 4]);
        }
        let large: Vec<u8> = (0..3 * CHUNK + 5).map(|n| (n % 251) as u8).collect();
        rope.push(&large);
        plain.extend_from_slice(&large);
        assert_eq!(rope.len(), plain.len());
        for at in [CHUNK - 2, 2 * CHUNK - 1, 5] {
            rope.set(at, &[7, 8, 9, 10]);
            plain[at..at + 4].copy_from_slice(&[7, 8, 9, 10]);
        }
        for (at, byte) in plain.iter().enumerate() {
            assert_eq!(rope.byte(at), *byte, "{at}");
        }
        for (at, length) in [
            (0, plain.len()),
            (CHUNK - 1, 2),
            (CHUNK, CHUNK),
            (5, 3),
            (9, 0),
            (2 * CHUNK - 3, CHUNK + 9),
        ] {
            let pieces: Vec<u8> = rope.pieces(at, length).flatten().copied().collect();
            assert_eq!(pieces, &plain[at..at + length], "{at} {length}");
        }
    }
}
