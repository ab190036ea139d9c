//! Keys of one object that read the same once hidden stay as many, also when one was hidden before.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// How often a key with a number is looked at again.
const ROUNDS: usize = 4;

/// The hidden keys of one object, of which there may be very many: the highest number that each was
/// given, by a hash. Of two with the same hash one would get a number that it does not need.
#[derive(Default)]
pub(super) struct HiddenKeys {
    highest: BTreeMap<u64, u32>,
}

impl HiddenKeys {
    /// The key, with a number if there is such a key already; `there` knows those that the object has.
    pub fn distinct(&mut self, key: String, there: impl Fn(&str) -> bool) -> String {
        let mut number = self.number(&key);
        if number == 0 && !there(&key) {
            self.highest.insert(hash(&key), 1);
            return key;
        }
        number = number.max(1) + 1;
        let mut new = format!("{key}#{number}");
        while self.number(&new) > 0 || there(&new) {
            number += 1;
            new = format!("{key}#{number}");
        }
        self.highest.insert(hash(&key), number);
        new
    }

    /// The same for a key whose text is not all hidden: with a number behind it the rest may look like
    /// something that `hide` would hide the next time.
    pub fn settled(
        &mut self,
        key: String,
        there: impl Fn(&str) -> bool,
        mut hide: impl FnMut(&str) -> Option<String>,
    ) -> String {
        let mut new = self.distinct(key.clone(), &there);
        let mut given = key;
        // Once is enough where anything is: what is hidden is a marker then, with which nothing happens.
        for _ in 0..ROUNDS {
            let Some(hidden) = (new != given).then(|| hide(&new)).flatten() else {
                break;
            };
            new = self.distinct(hidden.clone(), &there);
            given = hidden;
        }
        new
    }

    /// The highest number that a key was given; 0 when there is none of that name.
    fn number(&self, key: &str) -> u32 {
        let own = self.highest.get(&hash(key)).copied();
        own.unwrap_or_else(|| u32::from(self.is_given(key)))
    }

    /// A key with a number is there when its name was given that number or a higher one.
    fn is_given(&self, key: &str) -> bool {
        let Some((name, number)) = key.rsplit_once('#') else {
            return false;
        };
        let plain = number.bytes().all(|b| b.is_ascii_digit()) && !number.starts_with('0');
        let given = || self.highest.get(&hash(name)).copied().unwrap_or(0);
        plain
            && number
                .parse()
                .is_ok_and(|number: u32| (2..=given()).contains(&number))
    }
}

fn hash(key: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hidden_key_has_a_name_of_its_own() {
        let mut keys = HiddenKeys::default();
        let mut next =
            |key: &str| keys.distinct(key.to_owned(), |there| matches!(there, "m#3" | "n"));
        assert_eq!(next("m"), "m");
        assert_eq!(next("m"), "m#2");
        // The object has m#3.
        assert_eq!(next("m"), "m#4");
        // Hidden keys that happen to read as what was given, or as what the object has.
        assert_eq!(next("m#2"), "m#2#2");
        assert_eq!(next("m#2"), "m#2#3");
        assert_eq!(next("m#3"), "m#3#2");
        assert_eq!(next("m#4"), "m#4#2");
        assert_eq!(next("m#04"), "m#04");
        assert_eq!(next("m#5"), "m#5");
        assert_eq!(next("m"), "m#6");
        assert_eq!(next("n"), "n#2");
    }

    /// As with a set of all names that were given.
    #[test]
    fn numbers_are_those_of_a_plain_set() {
        let names = [
            "m", "m#2", "m#3", "m#4", "m#2#2", "m#10", "m#01", "n#", "#2", "n",
        ];
        let there = |name: &str| matches!(name, "m#4" | "n#2" | "m#2#3");
        let mut state = 7u64;
        for _ in 0..2000 {
            let (mut keys, mut plain) = (HiddenKeys::default(), BTreeMap::<String, u32>::new());
            for _ in 0..20 {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                let name = names[(state >> 33) as usize % names.len()];
                let mut expected = name.to_owned();
                let mut number = plain.get(name).copied().unwrap_or(0);
                if number > 0 || there(name) {
                    number = number.max(1);
                    while number == 1 || plain.contains_key(&expected) || there(&expected) {
                        number += 1;
                        expected = format!("{name}#{number}");
                    }
                    plain.insert(expected.clone(), 1);
                }
                plain.insert(name.to_owned(), number.max(1));
                assert_eq!(keys.distinct(name.to_owned(), there), expected);
            }
        }
    }
}
