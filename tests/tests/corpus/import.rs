//! A transcript file through the importer.

use serde_json::Value;
use std::path::Path;
use tests::Database;

/// Imports a file: attempted, stored, duplicate, conflict, rejected, rejected lines.
pub fn import(db: &Database, file: &Path, format: &str) -> [u64; 6] {
    let file = file.to_str().expect("UTF-8");
    let out = db.migrator(&["import", "--json", "--tenant", "acme", file]);
    assert!(
        out.status.success(),
        "{format}: {}",
        String::from_utf8_lossy(&out.stderr)
    );
    let totals: Value = serde_json::from_slice(&out.stdout).expect("JSON");
    assert_eq!(totals["formats"][format], totals["total"], "{totals}");
    [
        "attempted",
        "stored",
        "duplicate",
        "conflict",
        "rejected",
        "rejected_lines",
    ]
    .map(|name| {
        totals["total"][name]
            .as_u64()
            .unwrap_or_else(|| panic!("{name}: {totals}"))
    })
}
