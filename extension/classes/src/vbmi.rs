use super::filter::{Filter, PLACES, SETS, START_PLACES};
use super::portable::{OF_SYMBOL, class};
use super::symbols::{HIGH_SYMBOL, OF_ASCII};
use super::{BLOCK, Classes, Edge};
use std::arch::x86_64::*;

/// Bytes become symbols by one look-up, and symbols classes and buckets by one more each.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,popcnt,bmi1,bmi2")]
pub fn fill(bytes: &[u8], at: usize, filter: &Filter, out: &mut [Classes]) {
    let of_ascii = (load(&OF_ASCII[..BLOCK]), load(&OF_ASCII[BLOCK..]));
    let of_symbol = load(&OF_SYMBOL);
    let tables = filter.tables.each_ref();
    let symbols = |at: usize| {
        let block = load(bytes.get(at..).unwrap_or_default());
        let ascii = _mm512_permutex2var_epi8(of_ascii.0, block, of_ascii.1);
        let high = _mm512_movepi8_mask(block);
        _mm512_mask_mov_epi8(ascii, high, _mm512_set1_epi8(HIGH_SYMBOL as i8))
    };
    let classes = |symbols: __m512i| {
        let of = _mm512_permutexvar_epi8(symbols, of_symbol);
        let has = |class: u8| _mm512_test_epi8_mask(of, _mm512_set1_epi8(class as i8));
        Classes {
            letter: has(class::LETTER),
            digit: has(class::DIGIT),
            run: has(class::RUN),
            slash: has(class::SLASH),
            at: has(class::AT),
            colon: has(class::COLON),
            escape: has(class::ESCAPE),
            high: has(class::HIGH),
            ends: 0,
            starts: 0,
        }
    };
    let (mut before, mut edge) = match at.checked_sub(BLOCK) {
        Some(at) => {
            let before = symbols(at);
            (before, Edge::of(&classes(before)))
        }
        None => (_mm512_setzero_si512(), Edge::default()),
    };
    for (number, out) in out.iter_mut().enumerate() {
        let here = symbols(at + number * BLOCK);
        // Each byte's neighbours before it, from the last one on.
        let lanes = _mm512_alignr_epi64::<6>(here, before);
        let places: [__m512i; PLACES] = [
            here,
            _mm512_alignr_epi8::<15>(here, lanes),
            _mm512_alignr_epi8::<14>(here, lanes),
            _mm512_alignr_epi8::<13>(here, lanes),
            _mm512_alignr_epi8::<12>(here, lanes),
            _mm512_alignr_epi8::<11>(here, lanes),
            _mm512_alignr_epi8::<10>(here, lanes),
            _mm512_alignr_epi8::<9>(here, lanes),
            _mm512_alignr_epi8::<8>(here, lanes),
        ];
        let passing = |set: usize, count: usize| {
            let mut all = _mm512_set1_epi8(-1);
            for place in 0..count {
                let table = load(&tables[set][place]);
                all = _mm512_and_si512(all, _mm512_permutexvar_epi8(places[place], table));
            }
            all
        };
        let mut ends = passing(0, PLACES);
        for set in 1..SETS - 1 {
            ends = _mm512_or_si512(ends, passing(set, PLACES));
        }
        let starts = passing(SETS - 1, START_PLACES);
        *out = classes(here);
        let (behind, third) = edge.places(out);
        out.ends = _mm512_test_epi8_mask(ends, ends) & behind;
        out.starts = _mm512_test_epi8_mask(starts, starts) & third;
        edge = Edge::of(out);
        before = here;
    }
}

/// The first 64 bytes, or as many as there are; behind them zeros.
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn load(bytes: &[u8]) -> __m512i {
    let there = match bytes.len() {
        BLOCK.. => !0,
        length => (1 << length) - 1,
    };
    // SAFETY: bytes whose bit is not set are not read, and the others are there.
    unsafe { _mm512_maskz_loadu_epi8(there, bytes.as_ptr().cast()) }
}
