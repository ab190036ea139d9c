//! Own detectors: regular expressions of a policy, searched in linear time and bounded windows.

use super::detect::Input;
use super::keys::has_word;
use super::kind::Kind;
use super::spans::Hits;
use crate::interrupt;
use regex_automata::meta::Regex;
use regex_automata::{Input as Search, MatchKind};
use regex_syntax::hir::{Hir, HirKind};

/// Longest pattern, in bytes.
pub(super) const LENGTH_MAX: usize = 1_000;
/// Most patterns of a policy.
pub(super) const COUNT_MAX: usize = 50;
pub(super) const WORDS_MAX: usize = 20;
pub(super) const WORD_MAX: usize = 40;
/// Bytes that a compiled pattern may take, and its cache while it searches.
const SIZE_MAX: usize = 1 << 20;
const NEST_MAX: u32 = 50;
/// Most characters of a pattern with its counted repetitions written out; text that is written as it
/// stands is one. Each of them may have to be followed at every byte.
const PLACES_MAX: usize = 500;
/// A search sees this much at a time, so that a pattern that looks far ahead for each of many short
/// matches stays linear in the text.
const WINDOW: usize = 64 << 10;
const WINDOW_MIN: usize = 2 * MATCH_MAX;
/// Between these, as much as makes this many places and bytes, so that it is soon asked whether to go on.
const WINDOW_PLACES: usize = 2 << 20;
/// Longest match.
pub(super) const MATCH_MAX: usize = 4 << 10;
/// Matches of one pattern in one string; with more, the whole string goes.
const MATCHES_MAX: usize = 1_000;
/// How far from a match a word may stand.
const NEAR: usize = 40;

/// A compiled pattern.
pub(super) struct Pattern {
    regex: Regex,
    /// In lower case; empty: none is needed.
    near: Vec<String>,
    /// Bytes that a search sees at a time.
    window: usize,
}

impl Pattern {
    /// Or why the text is no pattern that is taken: never what it says.
    pub fn new(pattern: &str, near: Vec<String>) -> Result<Pattern, String> {
        if pattern.len() > LENGTH_MAX {
            return Err(format!("a pattern has at most {LENGTH_MAX} bytes"));
        }
        let hir = parse(pattern)?;
        if hir
            .properties()
            .minimum_len()
            .is_none_or(|least| least == 0)
        {
            return Err("the pattern matches empty text, or nothing at all".to_owned());
        }
        let places = places(&hir);
        if places > PLACES_MAX {
            return Err(format!(
                "the pattern has more than {PLACES_MAX} characters with its repetitions written out"
            ));
        }
        let config = Regex::config()
            .match_kind(MatchKind::LeftmostFirst)
            .nfa_size_limit(Some(SIZE_MAX))
            .onepass_size_limit(Some(SIZE_MAX))
            .hybrid_cache_capacity(SIZE_MAX)
            .utf8_empty(true);
        let regex = Regex::builder().configure(config).build_from_hir(&hir);
        // Matches that no word is near are not counted, and there may be one at every byte.
        let most = if near.is_empty() { WINDOW } else { WINDOW_MIN };
        match regex {
            Ok(regex) => Ok(Pattern {
                regex,
                near,
                window: (WINDOW_PLACES / places.max(1)).clamp(WINDOW_MIN, most),
            }),
            Err(_) => Err("the pattern is too large once compiled".to_owned()),
        }
    }

    /// Every match in the text.
    pub fn scan(&self, kind: Kind, input: &Input<'_>, hits: &mut Hits) {
        let named = !self.near.is_empty() && self.is_named(input.name);
        let (mut from, mut found) = (0, 0);
        while from < input.bytes.len() {
            let end = floor(input.text, from.saturating_add(self.window));
            let hit = self.regex.find(Search::new(input.text).span(from..end));
            // Also before a short match: how far ahead was looked for a longer one is not known.
            interrupt::check(end - from);
            let Some(hit) = hit else {
                if end == input.bytes.len() {
                    return;
                }
                from = floor(input.text, end - MATCH_MAX);
                continue;
            };
            let (start, stop) = (hit.start(), hit.end());
            // What begins near the end of the window may go on behind it.
            let late = floor(input.text, end - MATCH_MAX.min(end));
            if end < input.bytes.len() && start >= late && late > from {
                from = late;
                continue;
            }
            from = stop.max(start + 1);
            if self.near.is_empty() || named || self.is_near(input, start, stop) {
                found += 1;
                if found > MATCHES_MAX {
                    hits.overflow = true;
                    return;
                }
                hits.push(start, stop, kind);
            }
        }
    }

    /// True when the whole of a number matches.
    pub fn is_number(&self, digits: &str, name: &str) -> bool {
        (self.near.is_empty() || self.is_named(name))
            && (self.regex.find(digits)).is_some_and(|m| m.start() == 0 && m.end() == digits.len())
    }

    fn is_named(&self, name: &str) -> bool {
        let words: Vec<&str> = self.near.iter().map(String::as_str).collect();
        !name.is_empty() && has_word(name, &words)
    }

    fn is_near(&self, input: &Input<'_>, start: usize, stop: usize) -> bool {
        let from = floor(input.text, start.saturating_sub(NEAR));
        let to = floor(input.text, stop.saturating_add(NEAR));
        let around = [&input.text[from..start], &input.text[stop..to]];
        let around = around.map(str::to_lowercase);
        self.near.iter().any(|word| {
            around.iter().any(|text| {
                text.match_indices(word.as_str()).any(|(at, found)| {
                    let edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
                    edge(text[..at].chars().next_back())
                        && edge(text[at + found.len()..].chars().next())
                })
            })
        })
    }
}

fn parse(pattern: &str) -> Result<Hir, String> {
    let mut parser = regex_syntax::ParserBuilder::new();
    parser.nest_limit(NEST_MAX);
    parser.build().parse(pattern).map_err(|error| match error {
        regex_syntax::Error::Parse(error) => {
            let at = error.span().start.offset;
            let kind = error.kind().to_string();
            format!("the pattern is not valid at offset {at}: {kind}")
        }
        regex_syntax::Error::Translate(error) => {
            let at = error.span().start.offset;
            format!("the pattern is not valid at offset {at}: {}", error.kind())
        }
        _ => "the pattern is not valid".to_owned(),
    })
}

/// How many characters a match may stand at, at most: what a search may have to follow at once.
fn places(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 0,
        HirKind::Literal(_) | HirKind::Class(_) => 1,
        HirKind::Capture(capture) => places(&capture.sub),
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min).max(1);
            places(&repetition.sub).saturating_mul(times as usize)
        }
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().map(places).fold(0, usize::saturating_add)
        }
    }
}

/// The last character boundary up to `at`.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
#[path = "patterns_tests.rs"]
mod tests;
