//! Own detectors: regular expressions of a policy, searched in linear time and bounded windows.

use super::detect::Input;
use super::keys::has_word;
use super::kind::Kind;
use super::spans::Hits;
use crate::interrupt;
use regex_automata::meta::Regex;
use regex_automata::{Input as Search, MatchKind};
use regex_syntax::hir::Hir;

/// Longest pattern, in bytes.
pub(super) const LENGTH_MAX: usize = 1_000;
/// Most patterns of a policy.
pub(super) const COUNT_MAX: usize = 50;
pub(super) const WORDS_MAX: usize = 20;
pub(super) const WORD_MAX: usize = 40;
/// Bytes that a compiled pattern may take, and its cache while it searches.
const SIZE_MAX: usize = 1 << 20;
const NEST_MAX: u32 = 50;
/// A search sees this much at a time, so that a pattern that looks far ahead for each of many short
/// matches stays linear in the text.
const WINDOW: usize = 64 << 10;
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
        let config = Regex::config()
            .match_kind(MatchKind::LeftmostFirst)
            .nfa_size_limit(Some(SIZE_MAX))
            .onepass_size_limit(Some(SIZE_MAX))
            .hybrid_cache_capacity(SIZE_MAX)
            .utf8_empty(true);
        let regex = Regex::builder().configure(config).build_from_hir(&hir);
        match regex {
            Ok(regex) => Ok(Pattern { regex, near }),
            Err(_) => Err("the pattern is too large once compiled".to_owned()),
        }
    }

    /// Every match in the text.
    pub fn scan(&self, kind: Kind, input: &Input<'_>, hits: &mut Hits) {
        let named = !self.near.is_empty() && self.is_named(input.name);
        let (mut from, mut found) = (0, 0);
        while from < input.bytes.len() {
            let end = floor(input.text, from.saturating_add(WINDOW));
            let hit = self.regex.find(Search::new(input.text).span(from..end));
            interrupt::check(hit.map_or(end, |hit| hit.end()) - from);
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

/// The last character boundary up to `at`.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::processor;
    use std::time::Duration;

    fn found(pattern: &str, near: &[&str], text: &str, name: &str) -> Vec<(usize, usize)> {
        let near = near.iter().map(|w| (*w).to_owned()).collect();
        let mut hits = Hits::default();
        Pattern::new(pattern, near)
            .unwrap()
            .scan(Kind::own(0), &Input::new(text, name), &mut hits);
        hits.iter().map(|hit| (hit.start, hit.end)).collect()
    }

    #[test]
    fn matches_are_found_alone_near_words_and_under_names() {
        assert_eq!(
            found(r"EMP-\d{5}", &[], "EMP-12345 and EMP-54321.", ""),
            [(0, 9), (14, 23)]
        );
        assert_eq!(
            found(r"\d{5}", &["badge"], "Badge no. 12345", ""),
            [(10, 15)]
        );
        assert_eq!(
            found(r"\d{5}", &["badge"], "12345 is my badge", ""),
            [(0, 5)]
        );
        assert_eq!(found(r"\d{5}", &["badge"], "12345 badges", ""), []);
        assert_eq!(
            found(
                r"\d{5}",
                &["badge"],
                &format!("badge {} 12345", "x".repeat(60)),
                ""
            ),
            []
        );
        assert_eq!(
            found(r"\d{5}", &["badge"], "12345", "employeeBadge"),
            [(0, 5)]
        );
        assert_eq!(found(r"(?i)ß+", &[], "xẞßx", ""), [(1, 6)]);
    }

    #[test]
    fn matches_are_found_in_every_window() {
        let mut text = String::new();
        let mut wanted = Vec::new();
        while text.len() < WINDOW * 3 {
            text.push_str("é filler ");
            if text.len().is_multiple_of(7) {
                wanted.push((text.len(), text.len() + 9));
                text.push_str("EMP-12345");
            }
        }
        wanted.truncate(MATCHES_MAX);
        let text = &text[..wanted.last().unwrap().1];
        assert_eq!(found(r"EMP-\d{5}", &[], text, ""), wanted);
    }

    #[test]
    fn hostile_patterns_are_errors_at_once() {
        let many = vec!["abcdefg"; 10_000].join("|");
        for pattern in [
            many.as_str(),
            "(a{1000}){1000}",
            "((a{100}){100}){100}",
            r"\w{500}",
            &"(".repeat(500),
            &format!("{}a{}", "(".repeat(200), ")".repeat(200)),
            "(",
            "[z-a]",
            r"(?<n>a)\1",
            "(?=a)b",
            "a*",
            "",
            "a|",
            r"\b",
            "^$",
            "[^\\s\\S]",
        ] {
            let start = processor::time();
            let error = Pattern::new(pattern, Vec::new()).err();
            let shown: String = pattern.chars().take(40).collect();
            assert!(error.is_some(), "{shown} is taken");
            let took = processor::time() - start;
            assert!(took < Duration::from_millis(500), "{shown} took {took:?}");
        }
    }

    #[test]
    fn hostile_texts_take_no_longer_than_their_length_says() {
        let text = "a".repeat(1_000_000);
        for pattern in [
            "(a*)*b",
            "(a|aa)+$",
            "a{1,200}b",
            ".*[^a-z]|[a-z]",
            "(.*)(.*)(.*)x",
            "[a-z]+@",
        ] {
            let start = processor::time();
            let pattern = Pattern::new(pattern, Vec::new()).unwrap();
            let mut hits = Hits::default();
            pattern.scan(Kind::own(0), &Input::new(&text, ""), &mut hits);
            let limit = if cfg!(debug_assertions) {
                30_000
            } else {
                2_000
            };
            let took = processor::time() - start;
            assert!(took < Duration::from_millis(limit), "{took:?}");
        }
    }
}
