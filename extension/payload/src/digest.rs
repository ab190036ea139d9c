//! Digests and computed identities.

use crate::interrupt;
use crate::json::{Marks, print_into};
use crate::jsonb::{Container, Error};
use sha2::{Digest, Sha256};

/// SHA-256 of the payload's text as the server prints it, so that plain SQL can check it:
/// `sha256(convert_to(payload::text, 'UTF8'))`.
pub fn digest(payload: &[u8]) -> Result<[u8; 32], Error> {
    let mut text = Hashed {
        hash: Sha256::new(),
        // Text is about as long; room for it at once, and never more than a block.
        waiting: Vec::with_capacity((payload.len() + payload.len() / 4).min(BLOCK)),
    };
    print_into(&mut text, Container::root(payload)?, Marks::Kept)?;
    text.hash.update(&text.waiting);
    Ok(text.hash.finalize().into())
}

/// Text that is hashed as it comes: it would be as large as the payload.
struct Hashed {
    hash: Sha256,
    waiting: Vec<u8>,
}

/// Bytes that are hashed at once.
const BLOCK: usize = 16 * 1024;

impl std::fmt::Write for Hashed {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let mut rest = text.as_bytes();
        while self.waiting.len() + rest.len() >= BLOCK {
            let (now, later) = rest.split_at(BLOCK - self.waiting.len());
            self.waiting.extend_from_slice(now);
            self.hash.update(&self.waiting);
            self.waiting.clear();
            interrupt::check(BLOCK);
            rest = later;
        }
        self.waiting.extend_from_slice(rest);
        Ok(())
    }
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// A UUID (version 8) computed from what it names: a retry or a second node arrives at the same one.
///
/// `kind` keeps conversations, runs and event keys apart. Parts are length-prefixed, and an absent
/// part differs from an empty one, so no two lists of parts run together.
pub fn identity(kind: &str, parts: &[Option<&str>]) -> [u8; 16] {
    let mut hash = Sha256::new();
    hash.update(b"pg_transcript 1 ");
    hash.update(kind);
    for part in parts {
        match part {
            Some(text) => {
                hash.update((text.len() as u64 + 1).to_le_bytes());
                hash.update(text);
            }
            None => hash.update(0u64.to_le_bytes()),
        }
    }
    let mut uuid = [0u8; 16];
    uuid.copy_from_slice(&hash.finalize()[..16]);
    uuid[6] = (uuid[6] & 0x0F) | 0x80;
    uuid[8] = (uuid[8] & 0x3F) | 0x80;
    uuid
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    #[test]
    fn parts_never_run_together() {
        let a = identity("run", &[Some("ab"), Some("c")]);
        assert_eq!(a, identity("run", &[Some("ab"), Some("c")]));
        for other in [
            identity("run", &[Some("a"), Some("bc")]),
            identity("run", &[Some("abc"), None]),
            identity("run", &[Some("abc"), Some("")]),
            identity("conversation", &[Some("ab"), Some("c")]),
        ] {
            assert_ne!(a, other);
        }
        assert_eq!(a[6] >> 4, 8);
    }

    #[test]
    fn the_digest_is_that_of_the_printed_text() {
        let bytes = json::parse(r#"{"b":1.0,"a":"x"}"#).unwrap();
        let expected: [u8; 32] = Sha256::digest(br#"{"a": "x", "b": 1.0}"#).into();
        assert_eq!(digest(&bytes).unwrap(), expected);
        assert_eq!(hex(&[0, 255]), "00ff");
    }
}
