//! Keyed hashes: equal values stay equal, and without the key nobody can try values out.

use crate::interrupt;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Fewest bytes of a key.
pub const KEY_MIN: usize = 32;
/// Hexadecimal digits of a hash that is stored.
pub(super) const HEX: usize = 20;
/// Letters of a pseudonym.
pub(super) const LETTERS: usize = 10;
const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// A tenant's key.
#[derive(Clone)]
pub struct Key {
    id: u32,
    keyed: Hmac<Sha256>,
}

impl Key {
    /// `None` when the secret is too short. Tenants that share a secret still differ in all that is
    /// computed with it.
    pub fn new(id: u32, tenant: &str, secret: &[u8]) -> Option<Key> {
        if secret.len() < KEY_MIN {
            return None;
        }
        let mut keyed = Hmac::<Sha256>::new_from_slice(secret).ok()?;
        keyed.update(tenant.as_bytes());
        keyed.update(&[0]);
        Some(Key { id, keyed })
    }

    pub fn id(&self) -> u32 {
        self.id
    }

    pub(super) fn digest(&self, kind: &str, canonical: &str) -> Digest {
        let mut keyed = self.keyed.clone();
        keyed.update(kind.as_bytes());
        keyed.update(&[0]);
        interrupt::pieces(canonical.as_bytes()).for_each(|piece| keyed.update(piece));
        Digest(keyed.finalize().into_bytes().into())
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({})", self.id)
    }
}

/// HMAC-SHA-256 of a value.
pub(super) struct Digest([u8; 32]);

impl Digest {
    pub fn hex(&self) -> String {
        crate::digest::hex(&self.0[..HEX / 2])
    }

    pub fn letters(&self) -> String {
        let bytes = self.0[HEX / 2..].iter().take(LETTERS);
        bytes
            .map(|byte| char::from(BASE32[usize::from(byte % 32)]))
            .collect()
    }

    /// Decimal digits, up to 19.
    pub fn digits(&self, count: usize) -> String {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&self.0[24..]);
        let number = u64::from_le_bytes(bytes) % 10u64.pow(count.min(19) as u32);
        format!("{number:0count$}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_mixed_in_changes_the_hash() {
        let secret = [7u8; 32];
        let key = |id, tenant, secret: &[u8]| Key::new(id, tenant, secret).unwrap();
        let hex = |key: &Key, kind, value| key.digest(kind, value).hex();
        let one = hex(&key(1, "acme", &secret), "email", "a@b.de");
        assert_eq!(one.len(), HEX);
        assert_eq!(one, hex(&key(2, "acme", &secret), "email", "a@b.de"));
        for other in [
            hex(&key(1, "acme2", &secret), "email", "a@b.de"),
            hex(&key(1, "acme", &[8u8; 32]), "email", "a@b.de"),
            hex(&key(1, "acme", &secret), "phone", "a@b.de"),
            hex(&key(1, "acme", &secret), "email", "b@b.de"),
            // The parts do not run together.
            hex(&key(1, "acm", &secret), "email", "a@b.de"),
        ] {
            assert_ne!(one, other);
        }
        assert!(Key::new(1, "acme", &secret[..31]).is_none());
    }

    /// HMAC-SHA-256 as anybody can compute it: RFC 2104 over tenant, 0, kind, 0, value.
    #[test]
    fn the_hash_is_hmac_sha_256() {
        use sha2::Digest as _;
        let secret = [0x0b_u8; 32];
        let pad = |with: u8| -> Vec<u8> {
            (0..64)
                .map(|i| secret.get(i).copied().unwrap_or(0) ^ with)
                .collect()
        };
        let inner = Sha256::new()
            .chain_update(pad(0x36))
            .chain_update(b"acme\0email\0a@b.de")
            .finalize();
        let outer = Sha256::new()
            .chain_update(pad(0x5c))
            .chain_update(inner)
            .finalize();
        let key = Key::new(1, "acme", &secret).unwrap();
        assert_eq!(
            key.digest("email", "a@b.de").hex(),
            crate::digest::hex(&outer[..10])
        );
    }
}
