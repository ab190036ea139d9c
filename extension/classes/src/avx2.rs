use super::{BLOCK, Classes};
use std::arch::x86_64::*;

/// Two vectors of 32 bytes.
#[target_feature(enable = "avx2")]
pub fn classes(block: &[u8; BLOCK]) -> Classes {
    // SAFETY: 64 bytes are there to read, and these loads need no alignment.
    let (low, high) = unsafe {
        (
            _mm256_loadu_si256(block.as_ptr().cast()),
            _mm256_loadu_si256(block.as_ptr().add(32).cast()),
        )
    };
    let (low, high) = (half(low), half(high));
    let join = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
    Classes {
        letter: join(low.letter, high.letter),
        digit: join(low.digit, high.digit),
        run: join(low.run, high.run),
        slash: join(low.slash, high.slash),
        at: join(low.at, high.at),
        colon: join(low.colon, high.colon),
        escape: join(low.escape, high.escape),
        high: join(low.high, high.high),
        ends: 0,
        starts: 0,
    }
}

struct Half {
    letter: u32,
    digit: u32,
    run: u32,
    slash: u32,
    at: u32,
    colon: u32,
    escape: u32,
    high: u32,
}

#[target_feature(enable = "avx2")]
#[inline]
fn half(bytes: __m256i) -> Half {
    let letter = within(_mm256_or_si256(bytes, all(0x20)), b'a', 26);
    let digit = within(bytes, b'0', 10);
    let slash = is(bytes, b'/');
    let signs = _mm256_or_si256(
        _mm256_or_si256(is(bytes, b'_'), is(bytes, b'-')),
        _mm256_or_si256(is(bytes, b'+'), slash),
    );
    let run = _mm256_or_si256(_mm256_or_si256(letter, digit), signs);
    let escape = _mm256_or_si256(
        _mm256_or_si256(is(bytes, b'%'), is(bytes, b'&')),
        is(bytes, b'\\'),
    );
    Half {
        letter: bits(letter),
        digit: bits(digit),
        run: bits(run),
        slash: bits(slash),
        at: bits(is(bytes, b'@')),
        colon: bits(is(bytes, b':')),
        escape: bits(escape),
        high: bits(bytes),
    }
}

#[target_feature(enable = "avx2")]
#[inline]
fn all(byte: u8) -> __m256i {
    _mm256_set1_epi8(byte as i8)
}

#[target_feature(enable = "avx2")]
#[inline]
fn is(bytes: __m256i, byte: u8) -> __m256i {
    _mm256_cmpeq_epi8(bytes, all(byte))
}

/// Which bytes are one of the `count` from `first` on.
#[target_feature(enable = "avx2")]
#[inline]
fn within(bytes: __m256i, first: u8, count: u8) -> __m256i {
    let from = _mm256_sub_epi8(bytes, all(first));
    _mm256_cmpeq_epi8(_mm256_min_epu8(from, all(count - 1)), from)
}

/// The highest bit of every byte.
#[target_feature(enable = "avx2")]
#[inline]
fn bits(bytes: __m256i) -> u32 {
    _mm256_movemask_epi8(bytes) as u32
}
