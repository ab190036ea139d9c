//! What an import says it did.

use serde_json::Value;
use std::path::Path;
use std::process::Output;
use tests::{Database, code, stderr};

/// What became of the items of a file: stored, duplicate, merged, rejected. Nothing else happened.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub stored: u64,
    pub duplicate: u64,
    pub merged: u64,
    pub rejected: u64,
}

/// Imports a file for a tenant.
pub fn import(db: &Database, tenant: &str, file: &Path, more: &[&str]) -> Counts {
    let file = file.to_str().expect("UTF-8");
    let mut arguments = vec!["import", "--json", "--tenant", tenant];
    arguments.extend(more);
    arguments.push(file);
    counts(&db.migrator(&arguments))
}

/// Reads the report. Its accounts must be exact.
pub fn counts(output: &Output) -> Counts {
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", stderr(output)));
    let total = |name: &str| {
        report["total"][name]
            .as_u64()
            .unwrap_or_else(|| panic!("{name}: {report}"))
    };
    let counts = Counts {
        stored: total("stored"),
        duplicate: total("duplicate"),
        merged: total("merged"),
        rejected: total("rejected"),
    };
    let accepted = counts.stored + counts.duplicate + counts.merged;
    assert_eq!(total("attempted"), accepted + counts.rejected, "{report}");
    assert_eq!(
        (total("conflict"), total("rejected_lines")),
        (0, 0),
        "{report}"
    );
    assert_eq!(
        code(output),
        if counts.rejected == 0 { 0 } else { 7 },
        "{report}"
    );
    counts
}
