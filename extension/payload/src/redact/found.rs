//! What a hash of the last letters of a word stands for.

use super::hashes::HashSet;

/// What was found at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// The end of a word that a name of the policy ends in.
    Name,
    /// A literal, and how many bytes of it lie before the place.
    Literal { number: u16, before: u8 },
}

#[derive(Default)]
pub(super) struct Table {
    set: HashSet,
    /// See [`HashSet::ranks`].
    ranks: Vec<u16>,
    /// Where the entries of each hash in the set begin, in order, and their end.
    starts: Vec<u16>,
    entries: Vec<Found>,
}

impl Table {
    /// `None` when there are more entries than can be numbered.
    pub fn new(mut list: Vec<(u16, Found)>) -> Option<Table> {
        let order = |found: &Found| match found {
            Found::Name => (0, 0),
            Found::Literal { number, before } => (1 + u32::from(*number), *before),
        };
        list.sort_by_key(|(hash, found)| (*hash, order(found)));
        list.dedup();
        let count = u16::try_from(list.len()).ok()?;
        let mut table = Table {
            set: HashSet::default(),
            ranks: Vec::new(),
            starts: Vec::new(),
            entries: Vec::new(),
        };
        for (at, (hash, found)) in list.iter().enumerate() {
            table.set.insert(*hash);
            if at == 0 || list[at - 1].0 != *hash {
                table.starts.push(at as u16);
            }
            table.entries.push(*found);
        }
        table.starts.push(count);
        table.ranks = table.set.ranks();
        Some(table)
    }

    #[inline]
    pub fn has(&self, hash: u16) -> bool {
        self.set.has(hash)
    }

    #[inline]
    pub fn get(&self, hash: u16) -> &[Found] {
        match self.set.rank(&self.ranks, hash) {
            Some(rank) => {
                let (from, to) = (self.starts[rank], self.starts[rank + 1]);
                &self.entries[usize::from(from)..usize::from(to)]
            }
            None => &[],
        }
    }
}
