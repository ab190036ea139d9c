//! Which of 64 bytes are letters, digits and a few signs, as one bit a byte.
//!
//! A crate of its own because vector instructions that the machine may lack need `unsafe` to be
//! called: here it is a few lines that are compared with plain Rust over every byte, and the
//! crates that look at payloads stay free of it. The baseline of x86-64 would do the same at half
//! the speed, and what the compiler makes of plain loops at a sixth (measured).

#[cfg(target_arch = "x86_64")]
mod avx2;
mod portable;

/// Bytes that are looked at at once.
pub const BLOCK: usize = 64;

/// Bit i says something of byte i.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Classes {
    pub letter: u64,
    pub digit: u64,
    /// What base64 and names of tokens are made of: letters, digits, `_`, `-`, `+`, `/`.
    pub run: u64,
    /// Signs of ASCII but for those that words of prose end with: `!`, `"`, `,`.
    pub sign: u64,
    pub slash: u64,
    pub at: u64,
    pub colon: u64,
    /// What escapes begin with: `%`, `&`, `\`.
    pub escape: u64,
    /// Beyond ASCII.
    pub high: u64,
}

impl Classes {
    /// Letters and digits.
    #[inline]
    pub fn word(&self) -> u64 {
        self.letter | self.digit
    }
}

/// Classifies blocks in the fastest way that this machine has.
#[derive(Clone, Copy, Debug)]
pub struct Classifier {
    #[cfg(target_arch = "x86_64")]
    avx2: bool,
}

impl Classifier {
    #[allow(clippy::new_without_default)] // it asks the machine
    pub fn new() -> Self {
        Classifier {
            #[cfg(target_arch = "x86_64")]
            avx2: std::arch::is_x86_feature_detected!("avx2"),
        }
    }

    /// The classes of the block that starts at `at`; behind the end of `bytes` nothing is set.
    #[inline]
    pub fn classes(self, bytes: &[u8], at: usize) -> Classes {
        let rest = bytes.get(at..).unwrap_or_default();
        match rest.first_chunk::<BLOCK>() {
            Some(block) => self.block(block),
            None if rest.is_empty() => Classes::default(),
            None => {
                let mut block = [0; BLOCK];
                block[..rest.len()].copy_from_slice(rest);
                self.block(&block)
            }
        }
    }

    #[inline]
    fn block(self, block: &[u8; BLOCK]) -> Classes {
        #[cfg(target_arch = "x86_64")]
        if self.avx2 {
            // SAFETY: the machine was asked whether it has these instructions.
            return unsafe { avx2::classes(block) };
        }
        portable::classes(block)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_at_every_place_is_classified_alike() {
        let classifier = Classifier::new();
        for byte in 0..=255u8 {
            for at in 0..BLOCK {
                let mut block = [b' '; BLOCK];
                block[at] = byte;
                let plain = portable::classes(&block);
                assert_eq!(classifier.block(&block), plain, "{byte} at {at}");
                let bit = 1u64 << at;
                let c = char::from(byte);
                assert_eq!(plain.letter == bit, c.is_ascii_alphabetic(), "{byte}");
                assert_eq!(plain.digit == bit, c.is_ascii_digit(), "{byte}");
                let run = c.is_ascii_alphanumeric() || "_-+/".contains(c);
                assert_eq!(plain.run == bit, run && byte < 0x80, "{byte}");
                let sign = c.is_ascii_punctuation() && !"!\",".contains(c);
                assert_eq!(plain.sign == bit, sign, "{byte}");
                assert_eq!(plain.word(), plain.letter | plain.digit, "{byte}");
                assert_eq!(plain.slash == bit, c == '/', "{byte}");
                assert_eq!(plain.at == bit, c == '@', "{byte}");
                assert_eq!(plain.colon == bit, c == ':', "{byte}");
                assert_eq!(plain.escape == bit, "%&\\".contains(c), "{byte}");
                assert_eq!(plain.high == bit, byte >= 0x80, "{byte}");
            }
        }
    }

    #[test]
    fn the_end_is_padded_with_nothing() {
        let classifier = Classifier::new();
        assert_eq!(classifier.classes(b"ab1", 0).letter, 0b11);
        assert_eq!(classifier.classes(b"ab1", 0).digit, 0b100);
        assert_eq!(classifier.classes(b"ab1", 3), Classes::default());
        assert_eq!(classifier.classes(b"ab1", 64), Classes::default());
    }
}
