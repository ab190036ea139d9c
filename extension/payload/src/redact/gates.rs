//! Many literals in one pass over a string, most of which hold none of them.
//!
//! Of each literal its rarest three bytes are entered in a bit set, under a hash of their classes;
//! a byte of text costs two small look-ups that wait for nothing, and what passes is compared in
//! full. An automaton (Aho-Corasick) over as many literals is some megabytes and several
//! milliseconds to build in every backend; this is some kilobytes.

use std::ops::ControlFlow;

const BITS: usize = 1 << 16;

/// Bytes that mean the same in a search without case, and distinct values for the rest of ASCII
/// that occurs in literals. Below 64.
const CLASSES: [u8; 256] = {
    let mut classes = [0u8; 256];
    let mut letter = 0;
    while letter < 26 {
        classes[(b'a' + letter) as usize] = 1 + letter;
        classes[(b'A' + letter) as usize] = 1 + letter;
        letter += 1;
    }
    let marks = b"0123456789-_ =:/$.[]<>@(){}~,&?'\"|%";
    let mut at = 0;
    while at < marks.len() {
        classes[marks[at] as usize] = 27 + at as u8;
        at += 1;
    }
    // Spread, so that text in other scripts does not look like one literal after the other.
    let mut byte = 0x80;
    while byte < 256 {
        classes[byte] = byte as u8 & 0x3F;
        byte += 1;
    }
    classes
};

fn class(byte: u8) -> usize {
    usize::from(CLASSES[usize::from(byte)])
}

fn hash(first: usize, second: usize, third: usize) -> usize {
    (first << 10 ^ second << 5 ^ third) % BITS
}

struct Literal {
    text: Box<[u8]>,
    exact: bool,
}

/// A literal under the hash of three of its bytes.
struct Entry {
    hash: u16,
    literal: u16,
    /// Bytes of the literal before the last of the three.
    offset: u16,
}

pub(super) struct Gates {
    /// Of a fixed size, so that no look-up needs a check of its bounds.
    set: Box<[u64; BITS / 64]>,
    /// How many hashes are in the set before each of its words.
    ranks: Vec<u16>,
    /// Where the entries of each hash in the set begin, in order, and their end.
    starts: Vec<u16>,
    /// Sorted by hash.
    entries: Vec<Entry>,
    literals: Vec<Literal>,
}

impl Gates {
    /// Literals of two bytes or more, each with whether its case counts; `None` when there are too
    /// many of them.
    pub fn new<'l>(list: impl Iterator<Item = (&'l str, bool)>) -> Option<Self> {
        let mut gates = Gates {
            set: Box::new([0; BITS / 64]),
            ranks: Vec::new(),
            starts: Vec::new(),
            entries: Vec::new(),
            literals: Vec::new(),
        };
        for (text, exact) in list {
            let literal = u16::try_from(gates.literals.len()).ok()?;
            let bytes = text.as_bytes();
            gates.literals.push(Literal {
                text: bytes.into(),
                exact,
            });
            if let [first, second] = bytes {
                for before in 0..64 {
                    gates.enter(hash(before, class(*first), class(*second)), literal, 1);
                }
            } else {
                let rarest = bytes.windows(3).enumerate().max_by_key(|(_, w)| rarity(w));
                let (at, window) = rarest?;
                let hash = hash(class(window[0]), class(window[1]), class(window[2]));
                gates.enter(hash, literal, u16::try_from(at + 2).ok()?);
            }
        }
        gates.entries.sort_by_key(|e| e.hash);
        let mut rank = 0;
        for word in gates.set.iter() {
            gates.ranks.push(rank);
            rank += word.count_ones() as u16;
        }
        let count = u16::try_from(gates.entries.len()).ok()?;
        let new = |at: &u16| {
            let at = usize::from(*at);
            at == 0 || gates.entries[at].hash != gates.entries[at - 1].hash
        };
        gates.starts = (0..count).filter(new).chain([count]).collect();
        Some(gates)
    }

    fn enter(&mut self, hash: usize, literal: u16, offset: u16) {
        self.set[hash / 64] |= 1 << (hash % 64);
        self.entries.push(Entry {
            hash: hash as u16,
            literal,
            offset,
        });
    }

    /// Calls `found` with the number of each literal in `text`, its start and its end.
    pub fn search(
        &self,
        text: &[u8],
        mut found: impl FnMut(usize, usize, usize) -> ControlFlow<()>,
    ) {
        let (mut first, mut second) = (0, 0);
        for (at, byte) in text.iter().enumerate() {
            let third = class(*byte);
            let hash = hash(first, second, third);
            first = second;
            second = third;
            if self.set[hash / 64] >> (hash % 64) & 1 == 1
                && self.compare(text, at, hash, &mut found).is_break()
            {
                return;
            }
        }
    }

    fn compare(
        &self,
        text: &[u8],
        at: usize,
        hash: usize,
        found: &mut impl FnMut(usize, usize, usize) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let below = self.set[hash / 64] & ((1 << (hash % 64)) - 1);
        let rank = usize::from(self.ranks[hash / 64]) + below.count_ones() as usize;
        let (from, to) = (self.starts[rank], self.starts[rank + 1]);
        for entry in &self.entries[usize::from(from)..usize::from(to)] {
            let literal = &self.literals[usize::from(entry.literal)];
            let Some(start) = at.checked_sub(usize::from(entry.offset)) else {
                continue;
            };
            let end = start + literal.text.len();
            let same = text.get(start..end).is_some_and(|part| {
                if literal.exact {
                    part == &*literal.text
                } else {
                    part.eq_ignore_ascii_case(&literal.text)
                }
            });
            if same {
                found(usize::from(entry.literal), start, end)?;
            }
        }
        ControlFlow::Continue(())
    }
}

/// How seldom three bytes occur in text and code, in bits, roughly.
fn rarity(window: &[u8]) -> u32 {
    const COMMON: [&[u8; 3]; 14] = [
        b"ing", b"ion", b"the", b"and", b"str", b"ser", b"ses", b"ent", b"ter", b"ext", b"ess",
        b"ate", b"pat", b"ode",
    ];
    if COMMON.iter().any(|c| window.eq_ignore_ascii_case(*c)) {
        return 0;
    }
    let bits = |byte: &u8| match byte.to_ascii_lowercase() {
        b' ' | b'e' | b't' => 3,
        b'a' | b'o' | b'i' | b'n' | b's' | b'r' => 4,
        b'h' | b'l' | b'd' | b'c' | b'u' | b'm' | b'p' | b'"' => 5,
        b'f' | b'g' | b'w' | b'y' | b'b' | b'-' | b'.' | b':' | b'/' | b'_' => 6,
        b'v' | b'k' | b'0'..=b'9' | b'=' | b'(' | b'>' | b'<' => 7,
        _ => 9,
    };
    window.iter().map(bits).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(usize, usize)> {
        let list = [
            ("password", false),
            ("SK", true),
            ("sk-ant-", true),
            ("://", false),
            ("ant", false),
        ];
        let gates = Gates::new(list.into_iter()).unwrap();
        let mut all = Vec::new();
        gates.search(text.as_bytes(), |literal, start, _| {
            all.push((literal, start));
            ControlFlow::Continue(())
        });
        all.sort_unstable();
        all
    }

    #[test]
    fn literals_overlapping_and_at_the_edges() {
        assert_eq!(found("PassWord"), [(0, 0)]);
        assert_eq!(found("xsk-ant-"), [(2, 1), (4, 4)]);
        assert_eq!(found("SK sk"), [(1, 0)]);
        assert_eq!(found("a://b"), [(3, 1)]);
        assert_eq!(found("passwor"), []);
    }

    #[test]
    fn every_hash_is_in_the_set() {
        assert!(CLASSES.iter().all(|c| *c < 64));
        assert!(hash(63, 63, 63) < BITS);
    }
}
