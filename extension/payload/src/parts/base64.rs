//! base64 with the standard alphabet and padding, in both directions and nothing looser: what is
//! decoded is encoded to the same text again.

use crate::interrupt;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const INVALID: u8 = 64;
/// Groups of three bytes between two looks for a cancel.
const INTERRUPT_EVERY: usize = 4096;

const VALUES: [u8; 256] = {
    let mut values = [INVALID; 256];
    let mut at = 0;
    while at < ALPHABET.len() {
        values[ALPHABET[at] as usize] = at as u8;
        at += 1;
    }
    values
};

/// Length of the text that `bytes` bytes are encoded to.
pub fn encoded_len(bytes: usize) -> usize {
    bytes.div_ceil(3) * 4
}

/// The bytes behind the text; `None` when encoding them would give another text.
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let padding = text.iter().rev().take_while(|b| **b == b'=').count();
    if padding > 2 {
        return None;
    }
    let (whole, last) = match padding {
        0 => (text, &text[text.len()..]),
        _ => text.split_at(text.len() - 4),
    };
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    for piece in whole.chunks(interrupt::PIECE) {
        interrupt::check(piece.len());
        decode_piece(&mut out, piece)?;
    }
    if padding > 0 {
        let kept = 4 - padding;
        let mut bits = 0u32;
        for byte in &last[..kept] {
            let value = VALUES[usize::from(*byte)];
            if value >= INVALID {
                return None;
            }
            bits = bits << 6 | u32::from(value);
        }
        bits <<= 6 * padding;
        // Bits that no byte takes must be zero, as an encoder leaves them.
        if bits & (0xFFFF >> (8 * (2 - padding))) != 0 {
            return None;
        }
        out.extend_from_slice(&[(bits >> 16) as u8, (bits >> 8) as u8][..kept - 1]);
    }
    Some(out)
}

/// Appends the bytes behind whole groups of four.
fn decode_piece(out: &mut Vec<u8>, piece: &[u8]) -> Option<()> {
    for four in piece.chunks_exact(4) {
        let values = [0, 1, 2, 3].map(|at| VALUES[usize::from(four[at])]);
        if (values[0] | values[1] | values[2] | values[3]) >= INVALID {
            return None;
        }
        let [a, b, c, d] = values.map(u32::from);
        let bits = a << 18 | b << 12 | c << 6 | d;
        out.extend_from_slice(&[(bits >> 16) as u8, (bits >> 8) as u8, bits as u8]);
    }
    Some(())
}

/// Appends the text of `bytes`.
pub fn encode_into(out: &mut String, bytes: &[u8]) {
    out.reserve(encoded_len(bytes.len()));
    for (at, three) in bytes.chunks(3).enumerate() {
        if at.is_multiple_of(INTERRUPT_EVERY) {
            interrupt::check(3 * INTERRUPT_EVERY);
        }
        let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            out.push(if at <= three.len() {
                char::from(ALPHABET[(bits >> (18 - 6 * at)) as usize & 63])
            } else {
                '='
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_decoded_is_encoded_to_the_same_text() {
        for length in 0..70usize {
            let bytes: Vec<u8> = (0..length).map(|n| (n * 89 + length) as u8).collect();
            let mut text = String::new();
            encode_into(&mut text, &bytes);
            assert_eq!(text.len(), encoded_len(length));
            assert_eq!(decode(text.as_bytes()), Some(bytes), "{text}");
        }
        assert_eq!(decode(b"aGVsbG8="), Some(b"hello".to_vec()));
    }

    #[test]
    fn every_other_spelling_is_left_alone() {
        for text in [
            "aGVsbG8",    // no padding
            "aGVsbG9=",   // bits that no byte takes
            "aGVsbB==",   // the same, two paddings
            "aGVs\nbG8=", // a line break
            "aGVsbG8_aGVs",
            "aGVs====",
            "aG=sbG8=",
            "=",
            "a===",
            "aGVsbG8==",
            "aGVé",
        ] {
            assert_eq!(decode(text.as_bytes()), None, "{text}");
        }
    }
}
