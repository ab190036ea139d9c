//! What would make refinery stop, or worse, not stop: found before anything is applied, all at once.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use crate::embedded::Tree;
use crate::error::Error;
use crate::ledger::{BINARY_VERSION, Record};
use crate::plan::{self, State};

/// A contradiction between the ledger and the files of this binary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "finding", rename_all = "snake_case")]
pub enum Finding {
    Misnamed { path: String },
    DuplicateVersion { version: i32, paths: Vec<String> },
    Edited { path: String },
    EditedWhileUnfinished { path: String },
    Missing { version: i32, name: String },
    OutOfOrder { path: String, newest_applied: i32 },
    NewerMigration { version: i32, name: String },
    NewerFile { path: String, binary: String },
}

impl Finding {
    fn says_database_is_newer(&self) -> bool {
        matches!(self, Self::NewerMigration { .. } | Self::NewerFile { .. })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Misnamed { path } => {
                write!(f, "{path}: is not named V<number>__<name>.sql")
            }
            Self::DuplicateVersion { version, paths } => {
                write!(f, "{}: share version {version}", paths.join(", "))
            }
            Self::Edited { path } => write!(f, "{path}: was edited after it was applied"),
            Self::EditedWhileUnfinished { path } => {
                write!(f, "{path}: statements that are already applied were edited")
            }
            Self::Missing { version, name } => {
                write!(
                    f,
                    "V{version:04}__{name}: is applied, but this binary has no such file"
                )
            }
            Self::OutOfOrder {
                path,
                newest_applied,
            } => {
                write!(
                    f,
                    "{path}: is not applied, but V{newest_applied:04} after it is"
                )
            }
            Self::NewerMigration { version, name } => {
                write!(f, "V{version:04}__{name}: was applied by a newer binary")
            }
            Self::NewerFile { path, binary } => write!(
                f,
                "{path}: was applied by pg_transcript {binary}, this is {BINARY_VERSION}"
            ),
        }
    }
}

/// All contradictions, in the order of the files.
pub fn findings(tree: &Tree, record: &Record) -> Vec<Finding> {
    let mut found: Vec<Finding> = tree
        .misnamed
        .iter()
        .map(|path| Finding::Misnamed { path: path.clone() })
        .collect();

    for same in tree.versioned.chunk_by(|a, b| a.version() == b.version()) {
        if same.len() > 1 {
            let paths = same.iter().map(|v| v.file.path.clone()).collect();
            found.push(Finding::DuplicateVersion {
                version: same[0].version(),
                paths,
            });
        }
    }

    let applied: BTreeSet<i32> = record.history.iter().map(|m| m.version()).collect();
    for standing in plan::standings(tree, record) {
        let Some(versioned) = standing.versioned else {
            continue;
        };
        let path = || standing.file.path.clone();
        let is_applied = applied.contains(&versioned.version());
        match standing.state {
            State::Changed if is_applied => found.push(Finding::Edited { path: path() }),
            State::Changed => found.push(Finding::EditedWhileUnfinished { path: path() }),
            _ => {}
        }
        if !is_applied && versioned.version() < record.newest() {
            found.push(Finding::OutOfOrder {
                path: path(),
                newest_applied: record.newest(),
            });
        }
    }

    for migration in &record.history {
        let version = migration.version();
        if tree.versioned.iter().any(|v| v.version() == version) {
            continue;
        }
        let name = migration.name().to_owned();
        found.push(if version > tree.newest() {
            Finding::NewerMigration { version, name }
        } else {
            Finding::Missing { version, name }
        });
    }
    found.extend(newer_repeatables(tree, record));
    found
}

/// Stops on any finding; a newer database explains the others, so it comes first.
pub fn verify(tree: &Tree, record: &Record) -> Result<(), Error> {
    let found = findings(tree, record);
    if found.is_empty() {
        Ok(())
    } else if found.iter().any(Finding::says_database_is_newer) {
        Err(Error::DatabaseNewer(found))
    } else {
        Err(Error::Validation(found))
    }
}

/// Functions and policies have no number: without this an older binary would put its own, older
/// text of them over the newer one and call it a change.
fn newer_repeatables(tree: &Tree, record: &Record) -> Vec<Finding> {
    let ours = release(BINARY_VERSION);
    record
        .files
        .iter()
        .filter(|(path, row)| {
            let same =
                |file: &crate::embedded::SqlFile| file.path == **path && file.sha256 == row.sha256;
            !path.starts_with("migrations/")
                && release(&row.version) > ours
                && !tree.repeatable.iter().any(same)
        })
        .map(|(path, row)| Finding::NewerFile {
            path: path.clone(),
            binary: row.version.clone(),
        })
        .collect()
}

/// Major, minor and patch; pre-release tags do not count.
fn release(version: &str) -> [u32; 3] {
    let mut numbers = version
        .split(['.', '-', '+'])
        .map(|part| part.parse().unwrap_or(0));
    std::array::from_fn(|_| numbers.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::FileRow;

    const TWO: &[(&str, &str)] = &[
        ("migrations/V0001__one.sql", "select 1"),
        ("migrations/V0002__two.sql", "select 2"),
    ];

    fn applied(files: &[(&str, &str)]) -> Record {
        let mut record = Record::default();
        for versioned in Tree::of(files).versioned {
            let mut migration = versioned.migration;
            migration.set_applied();
            record.history.push(migration);
        }
        record
    }

    #[test]
    fn agreement_has_no_findings() {
        assert_eq!(findings(&Tree::of(TWO), &applied(TWO)), []);
        assert_eq!(findings(&Tree::of(TWO), &Record::default()), []);
        assert_eq!(findings(&Tree::of(TWO), &applied(&TWO[..1])), []);
    }

    #[test]
    fn all_contradictions_are_listed_at_once() {
        let tree = Tree::of(&[
            ("migrations/V1__one.sql", "select 'edited'"),
            ("migrations/V3__late.sql", "select 3"),
            ("migrations/V4__a.sql", "select 4"),
            ("migrations/V5__x.sql", "select 5"),
            ("migrations/V5__y.sql", "select 5"),
        ]);
        let record = applied(&[
            ("migrations/V1__one.sql", "select 1"),
            ("migrations/V2__gone.sql", "select 2"),
            ("migrations/V4__a.sql", "select 4"),
        ]);
        let text: Vec<String> = findings(&tree, &record)
            .iter()
            .map(Finding::to_string)
            .collect();
        assert_eq!(
            text,
            [
                "migrations/V5__x.sql, migrations/V5__y.sql: share version 5",
                "migrations/V1__one.sql: was edited after it was applied",
                "migrations/V3__late.sql: is not applied, but V0004 after it is",
                "V0002__gone: is applied, but this binary has no such file",
            ]
        );
        assert_eq!(verify(&tree, &record).unwrap_err().exit_code(), 3);
    }

    #[test]
    fn a_newer_database_comes_first() {
        let error = verify(&Tree::of(&TWO[..1]), &applied(TWO)).unwrap_err();
        assert_eq!(error.exit_code(), 10);

        let tree = Tree::of(&[("functions/a.sql", "old")]);
        let mut record = Record::default();
        let row = FileRow {
            sha256: "new".into(),
            applied_at: String::new(),
            duration_ms: 1,
            version: "999.0.0".into(),
            done_steps: None,
        };
        record.files.insert("functions/a.sql".into(), row.clone());
        assert_eq!(verify(&tree, &record).unwrap_err().exit_code(), 10);

        let older = FileRow {
            version: "0.0.1".into(),
            ..row
        };
        record.files.insert("functions/a.sql".into(), older);
        assert!(verify(&tree, &record).is_ok());
    }
}
