//! What fuzzing keeps, and what it once found, checked in every run.

#[path = "../fuzz/properties/mod.rs"]
mod properties;

use std::path::Path;

/// Runs `property` on every file of a corpus.
fn each_of(corpus: &str, property: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(corpus);
    let files = std::fs::read_dir(&folder).expect("the corpus is there");
    let mut count = 0;
    for file in files {
        let path = file.expect("a readable folder").path();
        let data = std::fs::read(&path).expect("a readable file");
        let outcome = std::panic::catch_unwind(|| property(&data));
        assert!(outcome.is_ok(), "{}", path.display());
        count += 1;
    }
    assert!(count >= 20, "{corpus} has {count} files");
}

#[test]
fn jsonb() {
    each_of("jsonb", properties::jsonb);
}

#[test]
fn parse() {
    each_of("parse", properties::parse);
}

#[test]
fn redact() {
    each_of("redact", properties::redact);
}

#[test]
fn cap() {
    each_of("cap", properties::cap);
}

#[test]
fn project() {
    each_of("project", properties::project);
}
