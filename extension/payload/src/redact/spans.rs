//! Hits in one string, and the string without them.

use super::action::Action;
use super::kind::Kind;
use super::runs::Runs;
use super::trail::Trail;

/// Hits that one string may have; with more, the whole string goes.
const HITS_MAX: usize = 10_000;

/// A range of bytes to hide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    pub start: usize,
    pub end: usize,
    pub kind: Kind,
}

/// Places of one string that detectors look at after the words: noted in the same pass.
#[derive(Default)]
pub(super) struct Places {
    /// `@`
    pub signs: Vec<u32>,
    /// First digits of what may be a number.
    pub numbers: Vec<u32>,
    /// First bytes of long runs of base64.
    pub runs: Vec<u32>,
    pub colon: bool,
    /// Read as a person reads it, the text is another.
    pub differs: bool,
    /// Where the piece that is read starts in the text of the trail; none for another reading.
    pub on_trail: Option<usize>,
}

impl Places {
    pub fn clear(&mut self) {
        self.signs.clear();
        self.numbers.clear();
        self.runs.clear();
        self.colon = false;
        self.differs = false;
    }
}

/// A hit and what is to be done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decided {
    pub hit: Hit,
    pub action: Action,
}

#[derive(Default)]
pub(super) struct Hits {
    list: Vec<Hit>,
    /// Kept only for its memory.
    places: Places,
    pub trail: Trail,
    /// Largest end so far: gates before it need no look, which keeps hostile input linear.
    covered: usize,
    /// End of the last header value: what stands in it was looked at with it.
    read: usize,
    pub runs: Runs,
    /// End of the last line that was looked at for the headings of a table.
    headings: usize,
    pub overflow: bool,
    markers: Markers,
}

/// What a look does where a marker begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Markers {
    #[default]
    Ignored,
    Heeded,
    Met,
}

impl Hits {
    pub fn clear(&mut self) {
        self.list.clear();
        self.forget_coverage();
        self.overflow = false;
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub fn take_places(&mut self) -> Places {
        std::mem::take(&mut self.places)
    }

    pub fn give_places(&mut self, places: Places) {
        self.places = places;
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Hit> {
        self.list.iter()
    }

    pub fn len(&self) -> usize {
        self.list.len()
    }

    pub fn push(&mut self, start: usize, end: usize, kind: Kind) {
        if start >= end {
            return;
        }
        if self.list.len() >= HITS_MAX {
            self.overflow = true;
            return;
        }
        self.covered = self.covered.max(end);
        self.list.push(Hit { start, end, kind });
    }

    /// Whether a look ends where a marker begins.
    pub fn heed_markers(&mut self, heeded: bool) {
        self.markers = if heeded {
            Markers::Heeded
        } else {
            Markers::Ignored
        };
    }

    pub fn meet_marker(&mut self) {
        if self.markers == Markers::Heeded {
            self.markers = Markers::Met;
        }
    }

    pub fn is_marked(&self) -> bool {
        self.markers == Markers::Met
    }

    /// Forgets what a look that was given up has found since there were `first` hits.
    pub fn give_back(&mut self, first: usize, overflow: bool) {
        self.list.truncate(first);
        self.overflow = overflow;
        self.markers = Markers::Ignored;
    }

    /// True when something that starts at `at` is hidden already by what was found further left.
    pub fn covers(&self, at: usize) -> bool {
        at < self.covered
            && self
                .list
                .iter()
                .rev()
                .take(4)
                .any(|h| h.start <= at && at < h.end)
    }

    /// Before another reading of the same text: what was found so far lies elsewhere in it.
    pub fn forget_coverage(&mut self) {
        self.covered = 0;
        self.read = 0;
        self.runs.forget();
        self.headings = 0;
    }

    pub fn is_read(&self, at: usize) -> bool {
        at < self.read
    }

    /// True for the first name of a line, which ends at `end`: it is looked at for all of them.
    pub fn begins_headings(&mut self, at: usize, end: usize) -> bool {
        let begins = at >= self.headings;
        self.headings = self.headings.max(end);
        begins
    }

    pub fn read_until(&mut self, end: usize) {
        self.read = self.read.max(end);
    }

    /// Replaces hits that came from `from` on by their place in another text.
    pub fn translate(&mut self, from: usize, place: impl Fn(usize, usize) -> (usize, usize)) {
        self.covered = 0;
        for hit in &mut self.list[from..] {
            (hit.start, hit.end) = place(hit.start, hit.end);
            self.covered = self.covered.max(hit.end);
        }
    }

    /// The hit, when there is one only.
    pub fn single(&self) -> Option<Hit> {
        match self.list.as_slice() {
            [hit] => Some(*hit),
            _ => None,
        }
    }
}

/// Overlapping hits become one, named after the most telling kind; what leaves less is done.
pub(super) fn merge(list: &mut Vec<Decided>) {
    list.sort_unstable_by_key(|d| (d.hit.start, d.hit.end));
    let mut last = 0;
    for next in 1..list.len() {
        let Decided { hit, action } = list[next];
        let kept = &mut list[last];
        if hit.start < kept.hit.end {
            kept.hit.end = kept.hit.end.max(hit.end);
            kept.hit.kind = kept.hit.kind.max(hit.kind);
            kept.action = kept.action.max(action);
        } else {
            last += 1;
            list[last] = list[next];
        }
    }
    list.truncate(last + 1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_hits_are_one_of_the_most_telling_kind_and_the_strictest_action() {
        let decided = |start, end, kind, action| Decided {
            hit: Hit { start, end, kind },
            action,
        };
        let mut list = vec![
            decided(12, 14, Kind::EMAIL, Action::Hash),
            decided(4, 12, Kind::ASSIGNMENT, Action::Mask),
            decided(6, 10, Kind::CARD, Action::Partial),
        ];
        merge(&mut list);
        assert_eq!(
            list,
            [
                decided(4, 12, Kind::CARD, Action::Mask),
                decided(12, 14, Kind::EMAIL, Action::Hash),
            ]
        );
    }

    #[test]
    fn too_many_hits_overflow() {
        let mut hits = Hits::default();
        for at in 0..=HITS_MAX {
            hits.push(at, at + 1, Kind::EMAIL);
        }
        assert!(hits.overflow);
        assert_eq!(hits.iter().count(), HITS_MAX);
    }
}
