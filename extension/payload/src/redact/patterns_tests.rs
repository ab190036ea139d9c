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
        "a[abc.]{900}[^abc.]",
        "[a-c.]{1,501}[^abc.]",
        "([abc.]{1,30}a){30}",
        "(a{1000}){0,1000000}",
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
fn long_lists_and_repetitions_are_taken() {
    let words = vec!["abcdefg"; 120].join("|");
    for pattern in [
        words.as_str(),
        "MII[A-Za-z0-9+/]{450,}={0,2}",
        r"EMP-\d{5}",
        r"\b\w{1,20}@corp\.example\b",
    ] {
        assert!(Pattern::new(pattern, Vec::new()).is_ok(), "{pattern}");
    }
}

/// As many ways to go on at every byte as a pattern may have, and none that leads to a match.
#[test]
fn the_heaviest_patterns_are_asked_to_stop_in_time() {
    let text = random_letters(WINDOW_MIN);
    for pattern in ["a[abc.]{490}[^abc.]", "[a-c.]{1,490}[^abc.]"] {
        let pattern = Pattern::new(pattern, Vec::new()).unwrap();
        assert_eq!(pattern.window, text.len());
        let start = processor::time();
        pattern.scan(Kind::own(0), &Input::new(&text, ""), &mut Hits::default());
        let took = processor::time() - start;
        let limit = if cfg!(debug_assertions) { 5_000 } else { 250 };
        assert!(took < Duration::from_millis(limit), "{took:?}");
    }
}

/// Its matches are not counted where no word is near, and each may be found by a look to the end of the
/// window for a longer one.
#[test]
fn a_pattern_with_words_looks_no_farther_than_it_must() {
    let window = |near: &[&str]| {
        let near = near.iter().map(|word| (*word).to_owned()).collect();
        Pattern::new("a[^b]*b|a", near).unwrap().window
    };
    assert_eq!((window(&[]), window(&["badge"])), (WINDOW, WINDOW_MIN));
}

/// `a`, `b`, `c` and dots in no order that repeats.
fn random_letters(count: usize) -> String {
    let mut state = 1_u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        char::from(b"abc."[(state >> 62) as usize])
    };
    (0..count).map(|_| next()).collect()
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
