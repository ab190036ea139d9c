//! What the names of a policy end in, and the literals that are looked for.

pub(super) use super::hashes::WINDOW;
use super::hashes::{HashSet, hash, window};

pub(super) const WORD_BYTES: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// The windows of `known` bytes under which a literal that ends at its pivot can be met.
pub(super) fn windows(bytes: &[u8], bounded: bool, known: usize) -> Vec<u32> {
    let mut last = [0; WINDOW];
    if bytes.last().is_some_and(|b| *b >= 0x80) {
        // Beyond ASCII three bytes tell enough, and nothing is a word.
        copy_end(&mut last, &bytes[bytes.len().saturating_sub(3)..]);
        return vec![window(last)];
    }
    let word = bytes
        .iter()
        .rev()
        .take_while(|b| b.is_ascii_alphanumeric())
        .count();
    copy_end(&mut last, &bytes[bytes.len() - word.min(known)..]);
    let mut all = vec![window(last)];
    // What stands before the literal may belong to the word.
    if !bounded && word < known && word == bytes.len() {
        for byte in WORD_BYTES {
            let longer = [&[*byte], bytes].concat();
            all.extend(windows(&longer, false, known));
        }
    }
    all
}

fn copy_end(window: &mut [u8; WINDOW], bytes: &[u8]) {
    window[WINDOW - bytes.len()..].copy_from_slice(bytes);
}

/// The windows in which a name of a policy can end.
fn endings(name: &[u8], last_word: usize) -> Vec<u32> {
    // With separators before its last word.
    let word = &name[name.len() - last_word..];
    let mut all = windows(word, true, WINDOW);
    // Without them, and as part of a longer word.
    all.extend(windows(name, false, WINDOW));
    all
}

/// How the names of a policy end.
#[derive(Default)]
pub(super) struct Endings {
    hashes: HashSet,
    names: Vec<Box<[u8]>>,
}

impl Endings {
    /// Adds a name: its letters without separators, and how many of them its last word has.
    pub fn add(&mut self, name: &[u8], last_word: usize) {
        // Nothing but invisible characters.
        if name.is_empty() {
            return;
        }
        for window in endings(name, last_word) {
            self.hashes.insert(hash(window));
        }
        self.names.push(name.into());
    }

    pub fn hashes(&self) -> impl Iterator<Item = u16> {
        self.hashes.iter()
    }

    /// The letters of each name.
    pub fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.names.iter().map(|name| &**name)
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
            .take(WINDOW)
            .take_while(|b| b.is_ascii_alphanumeric());
        let mut last = [0; WINDOW];
        copy_end(&mut last, &key[key.len() - word.count()..]);
        self.hashes.has(hash(window(last)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_end_in_few_windows() {
        let count = |name: &[u8], last_word| {
            let mut all = endings(name, last_word);
            all.sort_unstable();
            all.dedup();
            all.len()
        };
        assert_eq!(count(b"password", 8), 1);
        assert_eq!(count(b"apikey", 3), 2);
        assert_eq!(count(b"bindpw", 2), 2);
        assert_eq!(count(b"otp", 3), 1 + 36);
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
