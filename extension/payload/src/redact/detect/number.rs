//! Runs of digits, and who wants to see them.

use super::super::policy::{Active, Detector};
use super::super::spans::Hits;
use super::{Input, card, iban, ip, phone, ssn};

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
        let found = if hits.covers(at) {
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
