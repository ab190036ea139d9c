//! Ends of runs that were read: from within one, only what is behind it is still to be read.

use super::detect::Input;
use super::detect::token::Set;

/// What a run is of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Run {
    /// A segment of a JSON web token.
    Segment,
    /// The value of a parameter.
    Parameter,
    /// What stands behind the prefix of a token.
    Token(Set),
}

impl Run {
    fn number(self) -> usize {
        match self {
            Run::Segment => 0,
            Run::Parameter => 1,
            Run::Token(set) => 2 + set as usize,
        }
    }
}

const RUNS: usize = 2 + Set::LAST as usize + 1;

/// The last run of each sort.
#[derive(Default)]
pub(super) struct Runs {
    read: [(usize, usize); RUNS],
    any: bool,
}

impl Runs {
    pub fn forget(&mut self) {
        if self.any {
            *self = Runs::default();
        }
    }

    /// As [`Input::run`], for a sort of which `belongs` tells the bytes.
    pub fn end(
        &mut self,
        input: &Input<'_>,
        run: Run,
        at: usize,
        max: usize,
        belongs: impl Fn(u8) -> bool,
    ) -> usize {
        let read = &mut self.read[run.number()];
        let stop = at.saturating_add(max);
        let known = if (read.0..read.1).contains(&at) {
            input.text.floor_char_boundary(read.1.min(stop))
        } else {
            at
        };
        let end = input.run(known, stop - known, belongs);
        *read = (at, end);
        self.any = true;
        end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sort_has_its_place() {
        assert_eq!(Run::Token(Set::LAST).number() + 1, RUNS);
    }

    #[test]
    fn ends_are_those_of_a_run_that_is_read_anew() {
        let text = "aaaa.aaaaaaaaéaaaaaaaaaaaa-aaaaaaaé_aéé aa";
        let input = Input::new(text, "");
        let letter = |b: u8| b.is_ascii_alphanumeric() || b >= 0x80;
        let mut state = 7u64;
        let mut runs = Runs::default();
        for _ in 0..2000 {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1);
            let at = text.floor_char_boundary((state >> 33) as usize % text.len());
            let max = (state >> 50) as usize % 12;
            let end = runs.end(&input, Run::Segment, at, max, letter);
            assert_eq!(end, input.run(at, max, letter), "{at} {max}");
        }
    }
}
