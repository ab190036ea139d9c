//! Runs of digits, and who wants to see them.

use super::super::policy::{Active, Detector};
use super::super::spans::Hits;
use super::{Input, apart, card, iban, ip, phone, shaped, ssn};
use crate::interrupt::{self, PIECE};

/// Looks at the runs of digits that begin at `starts`, each once.
pub(crate) fn scan(input: &Input<'_>, active: Active, starts: &[u32], hits: &mut Hits) {
    let (cards, ibans) = (active.has(Detector::Card), active.has(Detector::Iban));
    let (phones, ssns) = (active.has(Detector::Phone), active.has(Detector::Ssn));
    let ips = active.has(Detector::Ip);
    let tokens = active.has(Detector::VendorToken);
    let mut seen = 0;
    for at in starts.iter().map(|start| *start as usize) {
        interrupt::check(interrupt::VALUE);
        if at < seen || hits.covers(at) {
            continue;
        }
        let end = digits_end(input, at);
        let found = (end == at + 1)
            .then(|| apart::find(input, at, cards, ssns))
            .flatten()
            .or_else(|| tokens.then(|| shaped::find_asana(input, at, end)).flatten())
            .or_else(|| ibans.then(|| iban::find(input, at, end)).flatten())
            .or_else(|| ssns.then(|| ssn::find(input, at, end)).flatten())
            .or_else(|| cards.then(|| card::find(input, at, end)).flatten())
            .or_else(|| phones.then(|| phone::find(input, at, end)).flatten())
            .or_else(|| ips.then(|| ip::find_v4(input, at, end)).flatten());
        if let Some(hit) = found {
            hits.push(hit.start, hit.end, hit.kind);
            seen = hit.end;
        }
    }
}

/// End of the run of digits at `at`.
fn digits_end(input: &Input<'_>, mut at: usize) -> usize {
    loop {
        let end = input.run(at, PIECE, |b| b.is_ascii_digit());
        interrupt::check(end - at);
        if end - at < PIECE {
            return end;
        }
        at = end;
    }
}
