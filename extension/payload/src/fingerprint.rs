//! Fingerprints of what an agent framework's own table holds, so that it can be compared with the log,
//! which holds the same items redacted.
//!
//! A fingerprint is a keyed hash (SipHash-2-4) of the item before redaction, with its number and its
//! time: without the key it tells nothing, also not whether two items are the same. The fingerprint of
//! a session is its items' fingerprints combined by XOR: numbers are part of them, so order counts, and
//! an item more or less is one XOR.

use crate::interrupt::{self, PIECE};
use crate::json;
use siphasher::sip::SipHasher24;
use std::hash::Hasher;

/// Secret bytes of a key.
pub const KEY_BYTES: usize = 16;

/// How an item was read before it was hashed.
const AS_JSON: u8 = 1;
const AS_TEXT: u8 = 2;

/// The fingerprint of a row: its number, its time in microseconds if it has one, and its text.
pub fn fingerprint(key: &[u8; KEY_BYTES], number: i64, at: Option<i64>, item: &str) -> i64 {
    let mut hash = SipHasher24::new_with_key(key);
    hash.write(&number.to_le_bytes());
    match at {
        Some(at) => {
            hash.write(&[1]);
            hash.write(&at.to_le_bytes());
        }
        None => hash.write(&[0]),
    }
    // Not as it is spelled: a framework may write the same item with other blanks.
    match json::parse(item) {
        Ok(datum) => {
            hash.write(&[AS_JSON]);
            write(&mut hash, &datum);
        }
        Err(_) => {
            hash.write(&[AS_TEXT]);
            write(&mut hash, item.as_bytes());
        }
    }
    hash.finish() as i64
}

/// Binds a fingerprint to its place and to what is stored there; the same again takes it off.
///
/// A public function: it hides nothing. Who changes the payload or the seq of an event and not its
/// fingerprint leaves one that fits no item.
pub fn place(seq: i64, payload: &[u8]) -> i64 {
    let mut hash = SipHasher24::new();
    hash.write(&seq.to_le_bytes());
    write(&mut hash, payload);
    hash.finish() as i64
}

fn write(hash: &mut SipHasher24, bytes: &[u8]) {
    for piece in bytes.chunks(PIECE) {
        interrupt::check(piece.len());
        hash.write(piece);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; KEY_BYTES] = [7; KEY_BYTES];
    const ITEM: &str = r#"{"role": "user", "content": "hello"}"#;

    #[test]
    fn what_an_item_is_counts_and_not_how_it_is_spelled() {
        let print = fingerprint(&KEY, 1, Some(5), ITEM);
        let spelled = r#"{ "content":"h\u0065llo","role":"user" }"#;
        assert_eq!(fingerprint(&KEY, 1, Some(5), spelled), print);
        let mut others = vec![
            fingerprint(&[8; KEY_BYTES], 1, Some(5), ITEM),
            fingerprint(&KEY, 2, Some(5), ITEM),
            fingerprint(&KEY, 1, Some(6), ITEM),
            fingerprint(&KEY, 1, None, ITEM),
            fingerprint(&KEY, 1, Some(5), r#"{"role": "user", "content": "hellO"}"#),
            fingerprint(&KEY, 1, Some(5), "no JSON"),
            fingerprint(&KEY, 1, Some(5), "\"no JSON\""),
            print,
        ];
        others.sort_unstable();
        others.dedup();
        assert_eq!(others.len(), 8);
    }

    #[test]
    fn it_stays_what_it_is() {
        // Stored fingerprints are compared for ever. Computed by another implementation.
        assert_eq!(
            fingerprint(&KEY, 1, Some(5), "x"),
            6_633_650_659_963_433_185
        );
        assert_eq!(
            place(3, &json::parse("{}").unwrap()),
            2_714_414_160_445_608_275
        );
    }

    #[test]
    fn a_place_is_taken_off_as_it_was_put_on() {
        let datum = json::parse(ITEM).unwrap();
        let print = fingerprint(&KEY, 1, None, ITEM);
        let bound = print ^ place(9, &datum);
        assert_eq!(bound ^ place(9, &datum), print);
        assert_ne!(bound ^ place(8, &datum), print);
        assert_ne!(bound ^ place(9, &json::parse("{}").unwrap()), print);
    }
}
