//! What the inside of a JSON string is asked most: where it stops being plain, and whether it is ASCII.

/// How many bytes stand before the next quote, backslash or control character.
#[inline]
pub fn plain(bytes: &[u8]) -> usize {
    let mut at = 0;
    let (sixteens, _) = bytes.as_chunks::<LANES>();
    for lanes in sixteens {
        let special = specials(lanes);
        if special != 0 {
            return at + special.trailing_zeros() as usize;
        }
        at += LANES;
    }
    // The last ones together with those before them, which are plain.
    if let Some(lanes) = bytes.last_chunk::<LANES>() {
        let known = LANES - (bytes.len() - at);
        let special = specials(lanes) >> known;
        return match special {
            0 => bytes.len(),
            _ => at + special.trailing_zeros() as usize,
        };
    }
    let first = bytes.iter().position(|byte| is_special(*byte));
    first.unwrap_or(bytes.len())
}

/// The bytes as text, when all of them are ASCII.
#[inline]
pub fn ascii(bytes: &[u8]) -> Option<&str> {
    // SAFETY: ASCII is UTF-8.
    bytes
        .is_ascii()
        .then(|| unsafe { std::str::from_utf8_unchecked(bytes) })
}

const LANES: usize = 16;

fn is_special(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | 0..=0x1F)
}

/// A bit for each that is not plain.
#[cfg(target_arch = "x86_64")]
#[inline]
fn specials(lanes: &[u8; LANES]) -> u32 {
    use std::arch::x86_64::*;
    // SAFETY: every machine of this kind has SSE2, and sixteen bytes are there.
    unsafe {
        let bytes = _mm_loadu_si128(lanes.as_ptr().cast());
        let control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
        let quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'"' as i8));
        let backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'\\' as i8));
        let any = _mm_or_si128(control, _mm_or_si128(quote, backslash));
        _mm_movemask_epi8(any) as u32
    }
}

#[cfg(not(target_arch = "x86_64"))]
#[inline]
fn specials(lanes: &[u8; LANES]) -> u32 {
    let numbered = lanes.iter().enumerate();
    numbered.fold(0, |all, (at, byte)| {
        all | u32::from(is_special(*byte)) << at
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_ends_where_one_by_one_it_does() {
        for length in 0..70 {
            let all = vec![b'a'; length];
            assert_eq!(plain(&all), length);
            for at in 0..length {
                for byte in 0..=255 {
                    let mut bytes = all.clone();
                    bytes[at] = byte;
                    bytes[length - 1] = b'"';
                    let first = bytes.iter().position(|byte| is_special(*byte));
                    assert_eq!(Some(plain(&bytes)), first, "{bytes:?}");
                }
            }
        }
    }

    #[test]
    fn only_ascii_is_taken_for_it() {
        for length in 0..40 {
            let mut bytes = vec![b'a'; length];
            assert_eq!(ascii(&bytes).map(str::len), Some(length));
            for at in 0..length {
                bytes[at] = 0x80;
                assert_eq!(ascii(&bytes), None);
                bytes[at] = 0x7F;
                assert_eq!(ascii(&bytes).map(str::as_bytes), Some(&*bytes));
            }
        }
    }
}
