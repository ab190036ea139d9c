//! One string: a cheap look for what could make a detector worth running, then only those.

use super::blocks::Blocks;
use super::detect::encoded::{self, Run};
use super::detect::{Input, email, ip, number};
use super::endings::Endings;
use super::gates::Gates;
use super::keys::KeyRules;
use super::kind::Kind;
use super::literals::{self, Gate};
use super::look::for_each_bit;
use super::mask;
use super::patterns::Pattern;
use super::policy::{Active, Detector};
use super::spans::{Hits, Places};
use super::view::View;
use crate::interrupt;
use classes::Classifier;
use std::rc::Rc;

/// From this length on a string is checked for being nothing but base64.
const BINARY_MIN: usize = 512;
/// base64 inside base64 is looked into, and no deeper.
const ENCODED_DEPTH: usize = 2;
/// Shorter than anything that a detector of ours finds.
const TEXT_MIN: usize = 6;

/// Where a look at a text ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ends {
    /// At the first marker.
    Marker,
    /// With the piece: what looks like a marker is none.
    Piece,
}

pub(super) struct Scanner {
    pub keys: KeyRules,
    pub active: Active,
    pub(super) literals: Gates,
    pub(super) gates: Vec<Gate>,
    /// The policy's own.
    patterns: Vec<(Kind, Rc<Pattern>)>,
    classifier: Classifier,
}

impl Scanner {
    /// `None` when the names of the policy do not fit one search.
    pub fn new(keys: KeyRules, active: Active, patterns: Vec<(Kind, Rc<Pattern>)>) -> Option<Self> {
        let (list, gates) = literals::list(&keys, active);
        let literals = Gates::new(keys.endings().unwrap_or(&Endings::default()), list)?;
        Some(Scanner {
            keys,
            active,
            literals,
            gates,
            patterns,
            classifier: Classifier::new(),
        })
    }

    pub(super) fn blocks<'t>(&'t self, bytes: &'t [u8]) -> Blocks<'t> {
        Blocks::new(self.classifier, &self.literals.filter, bytes)
    }

    /// The own pattern that the whole of a number matches.
    pub fn number_pattern(&self, digits: &str, name: &str) -> Option<Kind> {
        let mut own = self.patterns.iter();
        own.find(|(_, pattern)| pattern.is_number(digits, name))
            .map(|(kind, _)| *kind)
    }

    /// Everything to hide in `text`, which stands under the key `name`.
    pub fn scan(&self, text: &str, name: &str, hits: &mut Hits) {
        self.scan_nested(text, name, 0, hits);
    }

    fn scan_nested(&self, text: &str, name: &str, depth: usize, hits: &mut Hits) {
        if text.len() >= BINARY_MIN && encoded::is_binary(text.as_bytes()) {
            hits.trail.give_up();
            let mut places = hits.take_places();
            places.clear();
            let mut blocks = self.blocks(text.as_bytes());
            while let Some((from, block)) = blocks.next() {
                interrupt::check(classes::BLOCK);
                for_each_bit(block.long_runs().encoded, |bit| {
                    places.runs.push((from + bit) as u32)
                });
            }
            places.on_trail = None;
            self.scan_encoded(text, &places, depth, hits);
            // Words without a space between them are what somebody may look for, a picture is not.
            if !text.starts_with("data:") {
                self.scan_patterns(&Input::new(text, name), hits);
            }
            return hits.give_places(places);
        }
        // A second look is at what has markers.
        if !hits.trail.is_followed() {
            let (first, overflow) = (hits.len(), hits.overflow);
            if self.scan_piece(text, 0, name, depth, Ends::Marker, hits) {
                return;
            }
            hits.give_back(first, overflow);
        }
        // Nothing is found across a marker: what stands beside one was looked at already, and a
        // second look must not see more than the first.
        let mut from = 0;
        while let Some((start, end)) = mask::find(text, from) {
            self.scan_piece(&text[from..start], from, name, depth, Ends::Piece, hits);
            from = end;
        }
        self.scan_piece(&text[from..], from, name, depth, Ends::Piece, hits);
    }

    /// A piece between markers, which starts at byte `from` of its string; false when it was given up
    /// because there is one in it.
    fn scan_piece(
        &self,
        piece: &str,
        from: usize,
        name: &str,
        depth: usize,
        ends: Ends,
        hits: &mut Hits,
    ) -> bool {
        if piece.len() < TEXT_MIN && self.patterns.is_empty() {
            return true;
        }
        let first = hits.len();
        let mut places = hits.take_places();
        hits.forget_coverage();
        places.on_trail = (!hits.trail.is_off()).then_some(from);
        hits.heed_markers(ends == Ends::Marker);
        let input = Input::new(piece, name);
        self.scan_words(&input, &mut places, hits);
        let unseen = || hits.overflow && interrupt::contains(piece, mask::OPEN);
        if ends == Ends::Marker && (hits.is_marked() || unseen()) {
            hits.give_places(places);
            return false;
        }
        hits.heed_markers(false);
        self.scan_places(&input, &places, hits);
        self.scan_encoded(piece, &places, depth, hits);
        if places.differs
            && let Some(view) = View::of(piece)
        {
            let mark = hits.len();
            hits.forget_coverage();
            places.on_trail = None;
            let input = Input::new(view.text(), name);
            self.scan_words(&input, &mut places, hits);
            self.scan_places(&input, &places, hits);
            hits.translate(mark, |start, end| view.place(start, end));
        }
        hits.give_places(places);
        if from > 0 {
            hits.translate(first, |start, end| (start + from, end + from));
        }
        true
    }

    /// Looks into base64 that holds text.
    fn scan_encoded(&self, piece: &str, places: &Places, depth: usize, hits: &mut Hits) {
        if depth >= ENCODED_DEPTH || !self.active.has(Detector::Encoded) {
            return;
        }
        encoded::for_each_text(&Input::new(piece, ""), &places.runs, |run| match run {
            Run::Begins(at) => {
                if let Some(start) = places.on_trail {
                    hits.trail.see(start + at);
                }
            }
            Run::Text(start, end, inner) => {
                let mut found = Hits::default();
                self.scan_nested(inner, "", depth + 1, &mut found);
                if !found.is_empty() {
                    hits.push(start, end, Kind::ENCODED);
                }
            }
        });
    }

    /// Looks at what was noted beside the words.
    fn scan_places(&self, input: &Input<'_>, places: &Places, hits: &mut Hits) {
        if !places.signs.is_empty() {
            email::scan(input, &places.signs, hits);
        }
        if !places.numbers.is_empty() {
            number::scan(input, self.active, &places.numbers, hits);
        }
        if places.colon && self.active.has(Detector::Ip) {
            ip::scan_v6(input, hits);
        }
        self.scan_patterns(input, hits);
    }

    fn scan_patterns(&self, input: &Input<'_>, hits: &mut Hits) {
        for (kind, pattern) in &self.patterns {
            pattern.scan(*kind, input, hits);
        }
    }
}

#[cfg(test)]
#[path = "scan_tests.rs"]
mod tests;
