use super::super::found::Found;
use super::super::policy::Policy;
use super::super::subject::Subject;
use super::*;
use crate::json;
use crate::jsonb::Container;
use proptest::prelude::*;
use serde_json::Value;

fn policy(name: &str) -> Policy {
    let document = json::parse(Policy::builtin(name).unwrap()).unwrap();
    Policy::compile(Container::root(&document).unwrap()).unwrap()
}

/// The names and literals that a policy looks for, as they are written.
fn looked_for(scanner: &Scanner) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for builtin in ["secrets", "standard", "strict"] {
        let document: Value = serde_json::from_str(Policy::builtin(builtin).unwrap()).unwrap();
        let keys = document["keys"].as_array().into_iter().flatten();
        all.extend(keys.map(|key| key.as_str().unwrap().to_owned()));
    }
    let (literals, _) = literals::list(&scanner.keys, scanner.active);
    all.extend(literals.into_iter().map(|literal| literal.text));
    all
}

/// Whether what may be found at a byte is there.
fn is_there(scanner: &Scanner, bytes: &[u8], at: usize, found: Found) -> bool {
    match found {
        // Digits behind a name are no end of it.
        Found::Name => bytes[at].is_ascii_alphabetic() && scanner.keys.may_end(&bytes[..=at]),
        Found::Literal { number, before } => {
            (scanner.literals.place(bytes, number, before, at)).is_some()
        }
    }
}

/// Every end and start of a word is asked; how many of them are what is looked for, and that none is
/// one that the filter did not let pass.
fn count(scanner: &Scanner, text: &str) -> usize {
    let bytes = text.as_bytes();
    let class = |at: usize| {
        let byte = bytes.get(at).copied().unwrap_or(b' ');
        (byte.is_ascii_alphabetic(), byte.is_ascii_digit())
    };
    let is_word = |at: usize| class(at) != (false, false);
    let mut count = 0;
    let mut blocks = scanner.blocks(bytes);
    while let Some((from, block)) = blocks.next() {
        for bit in 0..classes::BLOCK.min(bytes.len() - from) {
            let at = from + bit;
            if !is_word(at) {
                continue;
            }
            if class(at) != class(at + 1) {
                let mut found = scanner.literals.at_end(bytes, from, &block, bit);
                if found.any(|found| is_there(scanner, bytes, at, found)) {
                    assert_eq!(block.ends() >> bit & 1, 1, "end at {at} of {text:?}");
                    count += 1;
                }
            }
            if at.checked_sub(1).is_none_or(|before| !is_word(before)) {
                let mut found = scanner.literals.at_start(bytes, at).iter();
                if found.any(|found| is_there(scanner, bytes, at, *found)) {
                    assert_eq!(block.starts() >> bit & 1, 1, "start at {at} of {text:?}");
                    count += 1;
                }
            }
        }
    }
    count
}

#[test]
fn every_name_and_literal_passes_at_every_place() {
    let policy = policy("strict");
    let plan = policy.plan(&Subject::default());
    let scanner = &plan.scanner;
    let all = looked_for(scanner);
    let joined = |text: &str| text.replace(' ', "");
    for text in &all {
        // Of names that differ in their words alone, the policy looks for one.
        let twice = all.iter().filter(|other| joined(other) == joined(text));
        let twice = twice.count() > 1;
        let is_foreign = text.chars().any(|c| c.is_alphabetic() && !c.is_ascii());
        for shift in [0, 1, 2, 7, 55, 62, 63, 64, 120] {
            for separator in [" ", "_", "-", "", " - "] {
                let written = text.replace(' ', separator);
                let padded = format!("{}{written}=x", ".".repeat(shift));
                // Written in another way, a literal is another text.
                let same = written == *text && !twice;
                // A token's prefix goes on.
                let goes_on = format!("{}{written}1x", ".".repeat(shift));
                let found = count(scanner, &padded) + count(scanner, &goes_on);
                assert!(found > 0 || is_foreign || !same, "{padded:?}");
                count(scanner, &padded.to_uppercase());
                count(scanner, &padded[..padded.len() - 2]);
            }
        }
    }
}

proptest! {
    #[test]
    fn the_filter_misses_nothing(seed in proptest::collection::vec((0usize..1000, 0usize..12), 1..40)) {
        thread_local! {
            static POLICY: Policy = policy("strict");
        }
        POLICY.with(|policy| {
            let plan = policy.plan(&Subject::default());
            let words = looked_for(&plan.scanner);
            let glue = ["", " ", "_", "-", ".", "=", ": ", "2", "x", "\u{e9}", "\n", "Key"];
            let mut text = String::new();
            for (word, between) in seed {
                let word = &words[word % words.len()];
                // Names without what is between their words, in capitals, or cut.
                match (word.len() + between) % 4 {
                    0 => text.push_str(&word.replace(' ', "")),
                    1 => text.push_str(&word.to_uppercase()),
                    2 => text.extend(word.chars().skip(1)),
                    _ => text.push_str(word),
                }
                text.push_str(glue[between]);
            }
            count(&plan.scanner, &text);
        });
    }
}
