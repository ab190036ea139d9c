//! What a first look at a text tells a second one, once something in it was replaced: where the first
//! saw nothing that any detector would look at, and nothing changed nearby, there is nothing again.

use classes::BLOCK;

/// Farther than what makes a place worth a look reaches: a name has 64 letters, an escaped word 80.
const NEAR: usize = 2 * BLOCK;
/// Bytes that are noted together.
const CELL: usize = 16;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mode {
    #[default]
    Off,
    Record,
    Follow,
}

/// Where a piece of a text was in the recorded one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    at: usize,
    /// How far from its start and from its end something else may have stood nearby.
    start: usize,
    end: usize,
}

#[derive(Default)]
pub(super) struct Trail {
    mode: Mode,
    /// A bit for each cell of the text: something in it was worth a look.
    seen: Vec<u64>,
    /// What stayed of the text: where it begins now, where it began, and its length.
    stayed: Vec<(usize, usize, usize)>,
    complete: bool,
}

impl Trail {
    /// Begins anew, for a text of so many bytes.
    pub fn record(&mut self, length: usize) {
        self.mode = Mode::Record;
        self.seen.clear();
        self.seen.resize(length / (CELL * 64) + 2, 0);
        self.stayed.clear();
        self.complete = true;
    }

    /// For a look at what the recorded text became.
    pub fn follow(&mut self) {
        self.mode = if self.complete {
            Mode::Follow
        } else {
            Mode::Off
        };
        self.complete = false;
    }

    pub fn stop(&mut self) {
        self.mode = Mode::Off;
    }

    pub fn is_off(&self) -> bool {
        self.mode == Mode::Off
    }

    pub fn is_followed(&self) -> bool {
        self.mode == Mode::Follow
    }

    /// Not all of the text was looked at.
    pub fn give_up(&mut self) {
        self.complete = false;
    }

    #[inline]
    pub fn see(&mut self, at: usize) {
        if self.mode == Mode::Record {
            self.seen[at / (CELL * 64)] |= 1 << (at / CELL % 64);
        }
    }

    pub fn stays(&mut self, now: usize, before: usize, length: usize) {
        self.stayed.push((now, before, length));
    }

    /// Where the piece `from..to` of the text came from, when all of it stayed.
    pub fn origin(&self, from: usize, to: usize) -> Option<Origin> {
        if self.mode != Mode::Follow {
            return None;
        }
        let after = self.stayed.partition_point(|(now, ..)| *now <= from);
        let (now, before, length) = self.stayed.get(after.checked_sub(1)?)?;
        let near = |same: bool| if same { 0 } else { NEAR };
        (to <= now + length).then(|| Origin {
            at: before + (from - now),
            start: near(from == 0 && *before == 0),
            end: near(after == self.stayed.len() && to == now + length),
        })
    }

    /// How many blocks from byte `at` of a piece of `length` bytes on need no second look.
    pub fn quiet(&self, origin: Origin, at: usize, length: usize) -> usize {
        let Origin {
            at: before,
            start,
            end,
        } = origin;
        if at < start {
            return 0;
        }
        let word = |number: usize| self.seen.get(number).copied().unwrap_or(!0);
        // Of all cells that a block has a part in.
        let is_seen = |at: usize| {
            let cell = at / CELL;
            let two = u128::from(word(cell / 64 + 1)) << 64 | u128::from(word(cell / 64));
            two >> (cell % 64) & ((1 << (BLOCK / CELL + 1)) - 1) != 0
        };
        // A whole block more: what a block is asked about may lie in the next one.
        let reach = if end > 0 { end + BLOCK } else { 0 };
        let blocks = (at..length.saturating_sub(reach)).step_by(BLOCK);
        let is_quiet = |at: &usize| !is_seen(before + at);
        blocks.take_while(is_quiet).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_or_is_near_an_end_is_looked_at_again() {
        let mut trail = Trail::default();
        trail.record(3000);
        trail.see(1000);
        trail.stays(0, 0, 100);
        trail.stays(120, 200, 2800);
        assert_eq!(trail.origin(120, 200), None, "it is being recorded");
        trail.follow();
        assert_eq!(trail.origin(90, 130), None);
        let origin = trail.origin(120, 2920).unwrap();
        assert_eq!(origin.at, 200);
        assert_eq!(trail.quiet(origin, 0, 2800), 0);
        // Of the piece, bytes 792 to 807 were the cell of byte 1000.
        let blocks = trail.quiet(origin, 256, 2800);
        assert!(256 + blocks * BLOCK <= 792 && blocks == 8, "{blocks}");
        // Behind it is the end, as it was.
        assert_eq!(trail.quiet(origin, 896, 2800), 30);
        // The text ends elsewhere now.
        let origin = trail.origin(120, 2820).unwrap();
        let blocks = trail.quiet(origin, 896, 2700);
        assert!(
            896 + blocks * BLOCK <= 2700 - NEAR && blocks > 20,
            "{blocks}"
        );
        trail.record(3000);
        trail.stays(0, 0, 600);
        trail.follow();
        let first = trail.origin(0, 600).unwrap();
        assert_eq!(trail.quiet(first, 0, 600), 10, "all of it is the same");
        trail.follow();
        assert!(trail.is_off(), "only once");
    }

    /// A second redaction reads everything: it would find what the trail left out.
    #[test]
    fn nothing_is_left_for_a_second_redaction() {
        use super::super::{Policy, Subject, redact_text};
        use crate::{json, jsonb::Container};
        let values = [
            "jo@example.com ",
            "card 4111 1111 1111 1111, ",
            "+1 415 555 0158 ",
            "password=hunter2hunter2 ",
            "api_key: s3cretValue99\n",
            "https://x/y?token=abcdef0123456789 ",
            "Bearer abcdef0123456789abcd ",
            "ghp_0123456789abcdefghijklmnopqrstuvwxyzAB ",
            "dG9rZW49aHVudGVyMmh1bnRlcjI= ",
            "8.8.4.4 ",
            "curl -u me:hunter2 ",
            "the code of the session is a string; ",
            "jo%40example.com \u{ff11}2 caf\u{e9} ",
            "the parcel is on its way and arrives on Tuesday, ",
        ];
        let mut state = 7u64;
        let mut random = |below: usize| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1);
            (state >> 33) as usize % below
        };
        let strict = json::parse(Policy::builtin("strict").unwrap()).unwrap();
        let strict = Policy::compile(Container::root(&strict).unwrap()).unwrap();
        let subject = Subject::default();
        for _ in 0..200 {
            let mut text = String::new();
            for _ in 0..random(12) {
                text.push_str(values[random(values.len())]);
                text.push_str(&values[13].repeat(random(40)));
            }
            let (once, _) = redact_text(&text, &strict, &subject);
            let (twice, _) = redact_text(&once, &strict, &subject);
            assert_eq!(once, twice, "{text}");
        }
    }
}
