//! The last letters or digits of words, without case, as one number, and sets of such numbers.

/// Bits of a hash: the set of them fits the first cache.
const HASH_BITS: u32 = 16;
/// Words of 64 bits that a set takes.
const WORDS: usize = 1 << (HASH_BITS - 6);

/// Letters that a word is known by.
pub(super) const WINDOW: usize = 4;

/// The hash of four bytes, without case. Bytes that count for nothing are 0.
#[inline]
pub(super) fn hash(window: u32) -> u16 {
    ((window | 0x2020_2020).wrapping_mul(0x9E37_79B1) >> (32 - HASH_BITS)) as u16
}

/// The hash of the last three bytes of a window and the one behind it.
#[inline]
pub(super) fn hash_before(window: u32, next: u8) -> u16 {
    let four = window >> 8 | 0x0020_2020 | u32::from(next) << 24;
    (four.wrapping_mul(0x85EB_CA6B) >> (32 - HASH_BITS)) as u16
}

/// The bytes of a window in the order of the text.
pub(super) fn window(bytes: [u8; WINDOW]) -> u32 {
    u32::from_le_bytes(bytes)
}

/// Hashes, of a fixed size, so that no look-up needs a check of its bounds.
pub(super) struct HashSet(Box<[u64; WORDS]>);

impl Default for HashSet {
    fn default() -> Self {
        HashSet(Box::new([0; WORDS]))
    }
}

impl HashSet {
    pub fn insert(&mut self, hash: u16) {
        self.0[usize::from(hash / 64)] |= 1 << (hash % 64);
    }

    #[inline]
    pub fn has(&self, hash: u16) -> bool {
        self.0[usize::from(hash / 64) % WORDS] >> (hash % 64) & 1 == 1
    }

    pub fn iter(&self) -> impl Iterator<Item = u16> {
        (0..=u16::MAX).filter(|hash| self.has(*hash))
    }

    /// How many hashes are in the set before each of its words, for [`HashSet::rank`].
    pub fn ranks(&self) -> Vec<u16> {
        let mut rank = 0;
        let words = self.0.iter().map(|word| {
            let before = rank;
            rank += word.count_ones() as u16;
            before
        });
        words.collect()
    }

    /// How many hashes in the set are less than this one; `None` when it is not in the set itself.
    #[inline]
    pub fn rank(&self, ranks: &[u16], hash: u16) -> Option<usize> {
        let (word, bit) = (usize::from(hash / 64) % WORDS, hash % 64);
        let bits = self.0[word];
        let below = bits & ((1 << bit) - 1);
        (bits >> bit & 1 == 1).then(|| usize::from(ranks[word]) + below.count_ones() as usize)
    }
}
