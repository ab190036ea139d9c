//! The look at the words of a text: which of them a detector is asked about.

use super::detect::vendors::VENDORS;
use super::detect::{
    Input, assignment, authorization, command, commands, dsn, hash, jwt, pem, pgpass, piped, query,
    sealed, shaped, spelled, token, url,
};
use super::found::Found;
use super::literals::Gate;
use super::look::{LongRuns, for_each_bit};
use super::policy::Detector;
use super::scan::Scanner;
use super::spans::{Hits, Places};
use super::view;
use crate::interrupt;

impl Scanner {
    /// Looks at every word once, and notes what else there is to look at.
    pub(super) fn scan_words(&self, input: &Input<'_>, places: &mut Places, hits: &mut Hits) {
        places.clear();
        let bytes = input.bytes;
        let has_ip = self.active.has(Detector::Ip);
        let digits_least = if has_ip { 4 } else { 7 };
        let start = places.on_trail;
        let origin = start.and_then(|start| hits.trail.origin(start, start + bytes.len()));
        let mut blocks = self.blocks(bytes);
        loop {
            if let Some(origin) = origin {
                let quiet = hits.trail.quiet(origin, blocks.at(), bytes.len());
                interrupt::check(quiet * classes::BLOCK);
                blocks.leave_out(quiet);
            }
            let Some((from, block)) = blocks.next() else {
                return;
            };
            interrupt::check(classes::BLOCK);
            let here = &block.here;
            // What any detector is asked about.
            let mut seen = here.at;
            for_each_bit(block.ends(), |bit| {
                let at = from + bit;
                for found in self.literals.at_end(bytes, from, &block, bit) {
                    let is_one = match found {
                        Found::Name => self.name(input, at, hits),
                        Found::Literal { number, before } => {
                            self.literal(input, number, before, at, hits)
                        }
                    };
                    seen |= u64::from(is_one) << bit;
                }
            });
            // Digits behind a name count for nothing, and of many the filter sees nothing else.
            for_each_bit(block.numbers_end(), |bit| {
                let at = from + bit;
                let quoted = matches!(input.byte(at + 1), b'"' | b'\'');
                let given = matches!(input.byte(at + 1 + usize::from(quoted)), b'=' | b':');
                seen |= u64::from(given && self.name(input, at, hits)) << bit;
            });
            let LongRuns { tokens, encoded } = block.long_runs();
            for_each_bit(tokens, |bit| {
                seen |= u64::from(self.token_start(input, from + bit, hits)) << bit;
            });
            if self.literals.high && here.high != 0 {
                seen |= here.high;
                self.scan_foreign(input, from, here.high, hits);
            }
            let colons = block.authorities() | block.close_colons();
            for_each_bit(colons, |bit| self.colon(input, from + bit, hits));
            for_each_bit(here.at, |bit| self.sign(input, from + bit, places, hits));
            let numbers = block.number_starts(digits_least);
            for_each_bit(numbers, |bit| places.numbers.push((from + bit) as u32));
            for_each_bit(encoded, |bit| places.runs.push((from + bit) as u32));
            places.colon |= here.colon != 0;
            let other = here.escape | here.high;
            if !places.differs && other != 0 {
                for_each_bit(other, |bit| {
                    places.differs = places.differs || view::differs_at(input.text, from + bit);
                });
            }
            seen |= colons | numbers;
            seen |= if has_ip { here.colon } else { 0 };
            seen |= if places.differs { other } else { 0 };
            if let Some(start) = start
                && seen != 0
            {
                for_each_bit(seen, |bit| hits.trail.see(start + from + bit));
            }
            if hits.overflow || hits.is_marked() {
                return;
            }
        }
    }

    /// Names in other scripts; where a character ends is not told by the next byte.
    fn scan_foreign(&self, input: &Input<'_>, from: usize, high: u64, hits: &mut Hits) {
        for_each_bit(high, |bit| {
            for found in self.literals.at_high(input.bytes, from + bit) {
                if let Found::Literal { number, before } = *found {
                    self.literal(input, number, before, from + bit, hits);
                }
            }
        });
    }

    /// `@`
    fn sign(&self, input: &Input<'_>, at: usize, places: &mut Places, hits: &mut Hits) {
        if !self.active.has(Detector::Email) {
            return;
        }
        places.signs.push(at as u32);
        let spelled = at
            .checked_sub(1)
            .and_then(|start| input.bytes.get(start..at + 2));
        if matches!(spelled, Some(b" @ " | b"[@]" | b"(@)")) {
            spelled::find(input, at - 1, at + 2, hits);
        } else if input.byte(at + 1) == b' ' && input.before(at).is_ascii_alphanumeric() {
            spelled::find(input, at, at + 1, hits);
        }
    }

    /// The first letter of a run that could be a token; false when it begins as none does.
    fn token_start(&self, input: &Input<'_>, at: usize, hits: &mut Hits) -> bool {
        let start = input.behind_colour(at);
        let mut is_one = start != at;
        for found in self.literals.at_start(input.bytes, start) {
            if let Found::Literal { number, before } = *found {
                is_one |= self.literal(input, number, before, start, hits);
            }
        }
        if !self.active.has(Detector::VendorToken) {
            return is_one;
        }
        let telegram = input.before(start) == b':' && input.bytes[start..].starts_with(b"AA");
        let discord = matches!(input.byte(start), b'M' | b'N' | b'O');
        let covered = hits.covers(start);
        if telegram && !covered {
            shaped::find_telegram(input, start - 1, hits);
        }
        if discord && !covered {
            shaped::find_discord(input, start, hits);
        }
        is_one || telegram || discord
    }

    fn colon(&self, input: &Input<'_>, at: usize, hits: &mut Hits) {
        if hits.covers(at) {
            return;
        }
        if input.byte(at + 1) == b'/' {
            if self.active.has(Detector::UrlPassword) {
                url::find(input, at + 3, hits);
            }
        } else if input.byte(at + 1) == b'*' && self.active.has(Detector::Assignment) {
            pgpass::find(input, at, at + 3, hits);
        }
    }

    /// A word that ends as names of the policy do; false when none of them is there.
    fn name(&self, input: &Input<'_>, at: usize, hits: &mut Hits) -> bool {
        if !self.keys.may_end(&input.bytes[..=at]) {
            return false;
        }
        // What stands before the word is looked at with it.
        let word = input.run_back(at, 64, |b| b.is_ascii_alphanumeric());
        if !hits.covers(word) {
            assignment::find(input, &self.keys, self.active, word, at + 1, hits);
        }
        true
    }

    /// What may be a literal, of which `before` bytes lie before `at`; false when it is none.
    fn literal(
        &self,
        input: &Input<'_>,
        number: u16,
        before: u8,
        at: usize,
        hits: &mut Hits,
    ) -> bool {
        let Some((at, end)) = self.literals.place(input.bytes, number, before, at) else {
            return false;
        };
        let Some(gate) = self.gates.get(usize::from(number)) else {
            return false;
        };
        if matches!(gate, Gate::Marker) {
            hits.meet_marker();
            return false;
        }
        if hits.covers(at) {
            return true;
        }
        interrupt::check(classes::BLOCK);
        match *gate {
            Gate::Marker => {}
            Gate::Vendor(index) => token::find(input, &VENDORS[index], at, hits),
            Gate::AzureSecret => shaped::find_azure_secret(input, at + 1, hits),
            Gate::Mailchimp => shaped::find_mailchimp(input, at, hits),
            Gate::Terraform => shaped::find_terraform(input, at, end, hits),
            Gate::Jwt => jwt::find(input, at, hits),
            Gate::PrivateKey => pem::find(input, at, hits),
            Gate::PrivateKeyEnd => pem::find_end(input, at, hits),
            Gate::Ssh2Key => pem::find_ssh2(input, at, hits),
            Gate::PuttyKey => pem::find_putty(input, end, hits),
            Gate::Hash(index) => hash::find(input, at, hash::PREFIXES[index].1, hits),
            Gate::Bearer => authorization::find_bearer(input, at, end, hits),
            Gate::Basic => authorization::find_basic(input, at, end, hits),
            Gate::Parameter(index) => query::find(input, at, end, query::NAMES[index].1, hits),
            Gate::Foreign => assignment::find(input, &self.keys, self.active, at, end, hits),
            Gate::IdentifiedBy => assignment::find_identified_by(input, end, hits),
            Gate::Command(index) => command::find(input, &commands::COMMANDS[index], at, end, hits),
            Gate::Pgpass => pgpass::find(input, at, end, hits),
            Gate::Network => dsn::find_network(input, at, hits),
            Gate::Oracle => dsn::find_oracle(input, end, hits),
            Gate::AzureOpenAi => shaped::find_azure_openai(input, at, end, hits),
            Gate::Piped => piped::find(input, at, end, hits),
            Gate::OpenSsl => command::find_word(input, end, hits),
            Gate::Sealed => sealed::find(input, at, end, hits),
            Gate::SpelledDot => spelled::find_by_dot(input, at, hits),
            Gate::SpelledAt => spelled::find(input, at, end, hits),
        }
        true
    }
}
