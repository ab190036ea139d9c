//! What words end in: their last three letters or digits, without case, as one number.

/// Bits of a hash: the set of them fits the first cache.
const HASH_BITS: u32 = 15;
/// Words of 64 bits that a set of hashes takes.
pub(super) const WORDS: usize = 1 << (HASH_BITS - 6);

/// Three bytes, without case. Bytes that count for nothing are 0.
#[inline]
pub(super) fn hash(window: u32) -> u16 {
    ((window | 0x0020_2020).wrapping_mul(0x9E37_79B1) >> (32 - HASH_BITS)) as u16
}

/// The three bytes of a window in the order of the text.
pub(super) fn window(bytes: [u8; 3]) -> u32 {
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0])
}

pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

pub(super) const WORD_BYTES: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// The windows under which a literal that ends at its pivot can be met.
pub(super) fn windows(bytes: &[u8], bounded: bool) -> Vec<u32> {
    let last = bytes.len() - 1;
    if bytes[last] >= 0x80 {
        let at = |back: usize| last.checked_sub(back).map_or(0, |i| bytes[i]);
        return vec![window([at(2), at(1), at(0)])];
    }
    let word = bytes.iter().rev().take_while(|b| is_word(**b)).count();
    let known = |back: usize| if back < word { bytes[last - back] } else { 0 };
    let fixed = window([if word > 2 { known(2) } else { 0 }, known(1), known(0)]);
    // What stands before the literal may belong to the word.
    if bounded || word > 2 || word < bytes.len() {
        return vec![fixed];
    }
    let mut all = vec![fixed];
    for second in WORD_BYTES {
        match word {
            2 => all.push(window([*second, known(1), known(0)])),
            _ => {
                all.push(window([0, *second, known(0)]));
                all.extend(WORD_BYTES.iter().map(|f| window([*f, *second, known(0)])));
            }
        }
    }
    all
}

/// The windows in which a name of a policy can end.
fn endings(name: &[u8], last_word: usize) -> Vec<u32> {
    let mut all = Vec::new();
    // With separators before its last word.
    let word = &name[name.len() - last_word.clamp(1, name.len())..];
    all.extend(windows(word, true));
    // Without them, and as part of a longer word.
    if last_word < 3 {
        all.extend(windows(name, false));
    }
    all
}

/// How the names of a policy end.
pub(super) struct Endings(Box<[u64; WORDS]>);

impl Default for Endings {
    fn default() -> Self {
        Endings(Box::new([0; WORDS]))
    }
}

impl Endings {
    /// Adds a name: its letters without separators, and how many of them its last word has.
    pub fn add(&mut self, name: &[u8], last_word: usize) {
        for window in endings(name, last_word) {
            let hash = hash(window);
            self.0[usize::from(hash / 64)] |= 1 << (hash % 64);
        }
    }

    pub fn hashes(&self) -> impl Iterator<Item = u16> {
        (0..1 << HASH_BITS).filter(|hash| self.has(*hash))
    }

    #[inline]
    fn has(&self, hash: u16) -> bool {
        self.0[usize::from(hash / 64) % WORDS] >> (hash % 64) & 1 == 1
    }

    /// False when no name ends as `key` does.
    #[inline]
    pub fn may_end(&self, key: &[u8]) -> bool {
        let Some(last) = key.last() else { return false };
        // Digits behind a name, and look-alikes in it, do not count.
        if !last.is_ascii_alphabetic() || !key.is_ascii() {
            return true;
        }
        let word = key
            .iter()
            .rev()
            .take(3)
            .take_while(|b| is_word(**b))
            .count();
        let at = |back: usize| {
            if back < word {
                key[key.len() - 1 - back]
            } else {
                0
            }
        };
        self.has(hash(window([at(2), at(1), at(0)])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_end_in_few_windows() {
        assert_eq!(endings(b"password", 8).len(), 1);
        assert_eq!(endings(b"pw", 2).len(), 1 + 37);
        assert_eq!(endings(b"bindpw", 2).len(), 2);
    }

    #[test]
    fn most_keys_end_otherwise() {
        let mut names = Endings::default();
        names.add(b"apikey", 3);
        names.add(b"pw", 2);
        for (key, may) in [
            ("apiKey", true),
            ("API_KEY", true),
            ("db_pw", true),
            ("dbPw", true),
            ("key2", true),
            ("content", false),
            ("role", false),
            ("", false),
        ] {
            assert_eq!(names.may_end(key.as_bytes()), may, "{key}");
        }
    }
}
