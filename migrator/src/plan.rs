//! Where each file of the tree stands in a database.

use refinery_core::Migration;
use serde::Serialize;

use crate::embedded::{SqlFile, Tree, Versioned};
use crate::ledger::Record;

/// What the ledger says of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Applied as it is.
    Applied,
    /// Not applied, or not to its end.
    Pending,
    /// Applied with another text. A repeatable file will be applied again; a migration may not
    /// change.
    Changed,
    /// Applied as it is, but what it made is gone: it will be applied again.
    Undone,
    /// In the ledger, but not in this binary.
    Missing,
}

/// One file and its state.
#[derive(Debug)]
pub struct Standing<'a> {
    pub file: &'a SqlFile,
    /// Set for a file of `sql/migrations`.
    pub versioned: Option<&'a Versioned>,
    pub state: State,
    /// Statements of an unfinished no-transaction file that need not run again.
    pub done_steps: usize,
}

/// Every file of the tree, in the order of application.
pub fn standings<'a>(tree: &'a Tree, record: &Record) -> Vec<Standing<'a>> {
    let versioned = tree.versioned.iter().map(|versioned| {
        let history = record
            .history
            .iter()
            .find(|m| m.version() == versioned.version());
        standing(&versioned.file, Some(versioned), history, record)
    });
    let repeatable = tree
        .repeatable
        .iter()
        .map(|file| standing(file, None, None, record));
    versioned.chain(repeatable).collect()
}

/// The files that migrate would apply.
pub fn to_apply<'a>(tree: &'a Tree, record: &Record) -> Vec<Standing<'a>> {
    let mut standings = standings(tree, record);
    standings.retain(|standing| standing.state != State::Applied);
    standings
}

fn standing<'a>(
    file: &'a SqlFile,
    versioned: Option<&'a Versioned>,
    history: Option<&Migration>,
    record: &Record,
) -> Standing<'a> {
    let row = record.files.get(&file.path);
    let unfinished = row.and_then(|row| row.done_steps.map(|steps| (steps, &row.sha256)));
    let (state, done_steps) = match (unfinished, row, versioned.zip(history)) {
        (Some((steps, sha256)), ..) if file.sha256_of_steps(steps) == *sha256 => {
            (State::Pending, steps)
        }
        (Some(_), ..) => (State::Changed, 0),
        // Both hashes count: refinery would stop at its own.
        (None, row, Some((versioned, applied))) => {
            let same =
                *applied == versioned.migration && row.is_none_or(|row| row.sha256 == file.sha256);
            (if same { State::Applied } else { State::Changed }, 0)
        }
        (None, Some(row), None) if versioned.is_none() => (
            if row.sha256 != file.sha256 {
                State::Changed
            } else if record.undone.contains(&file.path) {
                State::Undone
            } else {
                State::Applied
            },
            0,
        ),
        _ => (State::Pending, 0),
    };
    Standing {
        file,
        versioned,
        state,
        done_steps,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::FileRow;

    fn row(sha256: String, done_steps: Option<usize>) -> FileRow {
        FileRow {
            sha256,
            applied_at: String::new(),
            duration_ms: 0,
            version: "0.1.0".to_owned(),
            done_steps,
        }
    }

    #[test]
    fn states_of_repeatable_files() {
        let tree = Tree::of(&[
            ("functions/a.sql", "1"),
            ("functions/b.sql", "2"),
            ("jobs/c.sql", "3"),
        ]);
        let mut record = Record::default();
        record.files.insert(
            "functions/a.sql".into(),
            row(tree.repeatable[0].sha256.clone(), None),
        );
        record
            .files
            .insert("functions/b.sql".into(), row("old".into(), None));
        let states: Vec<_> = standings(&tree, &record).iter().map(|s| s.state).collect();
        assert_eq!(states, [State::Applied, State::Changed, State::Pending]);
        assert_eq!(to_apply(&tree, &record).len(), 2);
        record.undone.insert("functions/a.sql".into());
        assert_eq!(standings(&tree, &record)[0].state, State::Undone);
        assert_eq!(to_apply(&tree, &record).len(), 3);
    }

    #[test]
    fn an_unfinished_file_resumes_only_if_what_is_done_still_reads_the_same() {
        let text = "-- no-transaction\nselect 1;\nselect 2;\nselect 3;\n";
        let tree = Tree::of(&[("migrations/V1__a.sql", text)]);
        let mut record = Record::default();
        let path = tree.versioned[0].file.path.clone();
        let sha256 = tree.versioned[0].file.sha256_of_steps(2);
        record.files.insert(path.clone(), row(sha256, Some(2)));
        let found = &standings(&tree, &record)[0];
        assert_eq!((found.state, found.done_steps), (State::Pending, 2));

        record.files.insert(path, row("another".into(), Some(2)));
        assert_eq!(standings(&tree, &record)[0].state, State::Changed);
    }

    #[test]
    fn refinery_s_own_checksum_counts_too() {
        let tree = Tree::of(&[("migrations/V1__a.sql", "select 1")]);
        let edited = Tree::of(&[("migrations/V1__a.sql", "select 2")]);
        let mut migration = tree.versioned[0].migration.clone();
        migration.set_applied();
        let record = Record {
            history: vec![migration],
            ..Record::default()
        };
        assert_eq!(standings(&tree, &record)[0].state, State::Applied);
        assert_eq!(standings(&edited, &record)[0].state, State::Changed);
    }
}
