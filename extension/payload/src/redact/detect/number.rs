//! Runs of digits, and who wants to see them.

use super::super::policy::{Active, Detector};
use super::super::spans::Hits;
use super::{Input, card, iban, ip, phone, ssn};

/// A run of fewer digits says nothing by itself: it needs another run beside it, or letters before.
const ALONE_MIN: usize = 7;
/// Farthest that separators part two runs of one number.
const SEPARATORS_MAX: usize = 4;

/// Whether the run of digits `at..end` can begin anything that is looked for. Most cannot.
fn may_be_part(bytes: &[u8], at: usize, end: usize) -> bool {
    let near = &bytes[end..bytes.len().min(end + SEPARATORS_MAX + 1)];
    end - at >= ALONE_MIN
        || (at > 0 && (bytes[at - 1].is_ascii_alphabetic() || bytes[at - 1] >= 0x80))
        || near.iter().any(|b| b.is_ascii_digit() || *b >= 0x80)
}

/// Looks at every run of digits once.
pub(crate) fn scan(input: &Input<'_>, active: Active, hits: &mut Hits) {
    let bytes = input.bytes;
    let (cards, ibans) = (active.has(Detector::Card), active.has(Detector::Iban));
    let (phones, ssns) = (active.has(Detector::Phone), active.has(Detector::Ssn));
    let ips = active.has(Detector::Ip);
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let end = input.run(at, usize::MAX, |b| b.is_ascii_digit());
        let found = if !may_be_part(bytes, at, end) || hits.covers(at) {
            None
        } else {
            (ibans.then(|| iban::find(input, at, end)).flatten())
                .or_else(|| ssns.then(|| ssn::find(input, at, end)).flatten())
                .or_else(|| cards.then(|| card::find(input, at, end)).flatten())
                .or_else(|| phones.then(|| phone::find(input, at, end)).flatten())
                .or_else(|| ips.then(|| ip::find_v4(input, at, end)).flatten())
        };
        at = end;
        if let Some(hit) = found {
            hits.push(hit.start, hit.end, hit.kind);
            at = at.max(hit.end);
        }
    }
}
