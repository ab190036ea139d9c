//! The `sql/` tree compiled into this binary.

use refinery_core::{Migration, SchemaVersion};
use sha2::{Digest, Sha256};

use crate::lexer;

const TREE: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/sql_tree.rs"));

/// One SQL file: its path below `sql/`, its text with LF line ends, and the SHA-256 of that text.
#[derive(Debug, Clone)]
pub struct SqlFile {
    pub path: String,
    pub text: String,
    pub sha256: String,
}

impl SqlFile {
    /// Line ends are normalised once, here: a checkout on Windows is the same file.
    pub fn new(path: &str, text: &str) -> Self {
        let text = text.replace("\r\n", "\n");
        let sha256 = sha256(&text);
        Self {
            path: path.to_owned(),
            text,
            sha256,
        }
    }

    /// Whether the first line asks for one statement at a time, outside a transaction.
    pub fn no_transaction(&self) -> bool {
        self.text.lines().next().is_some_and(|line| {
            line.strip_prefix("--")
                .is_some_and(|words| words.trim() == "no-transaction")
        })
    }

    /// The query of a first line `-- reapply when: …`: what the file made may be gone although the file
    /// has not changed (an extension that was dropped takes its triggers along).
    pub fn reapply_when(&self) -> Option<&str> {
        let first = self.text.lines().next()?;
        first
            .strip_prefix("--")?
            .trim_start()
            .strip_prefix("reapply when:")
            .map(str::trim)
    }

    /// The SHA-256 of the first `count` statements: what a half-done file is recognised by.
    pub fn sha256_of_steps(&self, count: usize) -> String {
        let steps = lexer::statements(&self.text);
        let done: Vec<&str> = steps.iter().take(count).map(|step| step.text).collect();
        sha256(&done.join(";\n"))
    }
}

/// A file of `sql/migrations`: applied once, in the order of its number.
#[derive(Debug, Clone)]
pub struct Versioned {
    pub file: SqlFile,
    pub migration: Migration,
}

impl Versioned {
    /// The number in the file's name.
    pub fn version(&self) -> SchemaVersion {
        self.migration.version()
    }
}

/// Every file this binary would apply.
#[derive(Debug, Default)]
pub struct Tree {
    /// `sql/migrations`, by version.
    pub versioned: Vec<Versioned>,
    /// `sql/functions`, `sql/policies`, `sql/jobs`: applied again whenever their text changes.
    pub repeatable: Vec<SqlFile>,
    /// Paths in `sql/migrations` that are not named `V<number>__<name>.sql`.
    pub misnamed: Vec<String>,
}

impl Tree {
    /// The tree this binary was built with.
    pub fn embedded() -> Self {
        Self::of(TREE)
    }

    /// Sorts (path below `sql/`, text) pairs into a tree.
    pub fn of(files: &[(&str, &str)]) -> Self {
        let mut tree = Self::default();
        for (path, text) in files {
            let file = SqlFile::new(path, text);
            let Some(name) = path.strip_prefix("migrations/") else {
                tree.repeatable.push(file);
                continue;
            };
            let stem = name.strip_suffix(".sql").unwrap_or(name);
            // refinery would take U files, out of order: ours are all numbered and in order.
            match Migration::unapplied(stem, &file.text) {
                Ok(migration) if stem.starts_with('V') => {
                    tree.versioned.push(Versioned { file, migration });
                }
                _ => tree.misnamed.push(file.path),
            }
        }
        tree.versioned.sort_by_key(Versioned::version);
        tree
    }

    /// The highest version, 0 for none.
    pub fn newest(&self) -> SchemaVersion {
        self.versioned.last().map_or(0, Versioned::version)
    }

    /// All files in the order of application.
    pub fn files(&self) -> impl Iterator<Item = &SqlFile> {
        self.versioned
            .iter()
            .map(|v| &v.file)
            .chain(&self.repeatable)
    }
}

fn sha256(text: &str) -> String {
    Sha256::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_do_not_change_a_file() {
        let unix = SqlFile::new("functions/a.sql", "select 1;\nselect 2;\n");
        let windows = SqlFile::new("functions/a.sql", "select 1;\r\nselect 2;\r\n");
        assert_eq!(unix.sha256, windows.sha256);
        assert_eq!(unix.text, windows.text);
        assert_eq!(
            sha256(""),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }

    #[test]
    fn versions_sort_as_numbers_and_odd_names_are_set_aside() {
        let tree = Tree::of(&[
            ("migrations/V10__ten.sql", ""),
            ("migrations/V9__nine.sql", ""),
            ("migrations/U1__late.sql", ""),
            ("migrations/readme.sql", ""),
            ("policies/events.sql", ""),
        ]);
        let versions: Vec<_> = tree.versioned.iter().map(Versioned::version).collect();
        assert_eq!(versions, [9, 10]);
        assert_eq!(tree.newest(), 10);
        assert_eq!(
            tree.misnamed,
            ["migrations/U1__late.sql", "migrations/readme.sql"]
        );
        assert_eq!(tree.repeatable.len(), 1);
    }

    #[test]
    fn only_the_first_line_turns_the_transaction_off() {
        assert!(SqlFile::new("a", "-- no-transaction\nselect 1").no_transaction());
        assert!(SqlFile::new("a", "--no-transaction\r\nselect 1").no_transaction());
        assert!(!SqlFile::new("a", "select 1;\n-- no-transaction\n").no_transaction());
        assert!(!SqlFile::new("a", "-- no-transaction needed here\n").no_transaction());
    }

    #[test]
    fn the_first_line_may_say_when_to_apply_again() {
        let file = SqlFile::new("a", "-- reapply when: select true\nselect 1;\n");
        assert_eq!(file.reapply_when(), Some("select true"));
        assert_eq!(SqlFile::new("a", "-- why\nselect 1").reapply_when(), None);
    }

    #[test]
    fn a_half_done_file_is_known_by_its_first_statements() {
        let before = SqlFile::new("a", "-- no-transaction\nselect 1;\nselect broken;\n");
        let mended = SqlFile::new("a", "-- no-transaction\nselect 1;\nselect 2;\n");
        assert_eq!(before.sha256_of_steps(1), mended.sha256_of_steps(1));
        assert_ne!(before.sha256_of_steps(2), mended.sha256_of_steps(2));
    }

    /// A COMMIT of its own would part a file from its ledger row.
    #[test]
    fn embedded_files_are_named_well_and_leave_the_transaction_alone() {
        let tree = Tree::embedded();
        assert!(tree.misnamed.is_empty(), "{:?}", tree.misnamed);
        for file in tree.files().filter(|file| !file.no_transaction()) {
            for statement in lexer::statements(&file.text) {
                let first = lexer::words(statement.text).next().unwrap_or_default();
                let forbidden = ["BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT"];
                assert!(
                    !forbidden.contains(&first.as_str()),
                    "{}: {first}",
                    file.path
                );
            }
        }
    }
}
