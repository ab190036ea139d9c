//! What became of everything that was read.

use std::collections::BTreeMap;

use serde::Serialize;

/// The exit code that says some lines or items are not stored.
const NOT_ALL_STORED: u8 = 7;

/// Narrowest column of numbers in the table.
const COLUMN: usize = 10;

/// Counts of one format.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Lines whose every batch was accepted; a conversation on two lines counts twice.
    pub conversations: u64,
    /// Items the server gave a verdict on: the sum of the next five.
    pub attempted: u64,
    pub stored: u64,
    pub duplicate: u64,
    /// Took the place of an earlier state of the same thing.
    pub merged: u64,
    pub conflict: u64,
    pub rejected: u64,
    /// Lines that could not be read or were refused, from the refused batch on.
    pub rejected_lines: u64,
}

impl Counts {
    /// Takes over what another count found.
    pub fn add(&mut self, other: Self) {
        self.conversations += other.conversations;
        self.attempted += other.attempted;
        self.stored += other.stored;
        self.duplicate += other.duplicate;
        self.merged += other.merged;
        self.conflict += other.conflict;
        self.rejected += other.rejected;
        self.rejected_lines += other.rejected_lines;
    }

    /// Whether the verdicts cover the items.
    pub fn adds_up(&self) -> bool {
        let accepted = self.stored + self.duplicate + self.merged;
        self.attempted == accepted + self.conflict + self.rejected
    }
}

/// Counts by format, as `--json` prints them.
#[derive(Debug, Default, Serialize)]
pub struct Totals {
    pub formats: BTreeMap<String, Counts>,
    pub total: Counts,
}

impl Totals {
    /// Counts something read in `format`.
    pub fn add(&mut self, format: &str, counts: Counts) {
        self.formats
            .entry(format.to_owned())
            .or_default()
            .add(counts);
        self.total.add(counts);
    }

    /// Nothing has been counted.
    pub fn is_empty(&self) -> bool {
        self.formats.is_empty()
    }

    /// 0 if everything is stored.
    pub fn exit_code(&self) -> u8 {
        let Counts {
            conflict,
            rejected,
            rejected_lines,
            ..
        } = self.total;
        if conflict + rejected + rejected_lines == 0 {
            0
        } else {
            NOT_ALL_STORED
        }
    }

    /// A table for people.
    pub fn print(&self) {
        print!("{}", self.table());
    }

    fn table(&self) -> String {
        let heads = [
            "conversations",
            "attempted",
            "stored",
            "duplicate",
            "merged",
            "conflict",
            "rejected",
            "rejected lines",
        ];
        let rows: Vec<(&str, &Counts)> = self
            .formats
            .iter()
            .map(|(format, counts)| (format.as_str(), counts))
            .chain([("total", &self.total)])
            .collect();
        let widest = rows
            .iter()
            .map(|(format, _)| format.chars().count())
            .max()
            .unwrap_or(0);
        let mut table = format!("{:<widest$}", "format");
        for head in heads {
            table += &format!("  {head:>COLUMN$}");
        }
        table.push('\n');
        for (format, counts) in rows {
            table += &format!("{format:<widest$}");
            let numbers = [
                counts.conversations,
                counts.attempted,
                counts.stored,
                counts.duplicate,
                counts.merged,
                counts.conflict,
                counts.rejected,
                counts.rejected_lines,
            ];
            for (head, number) in heads.iter().zip(numbers) {
                let width = head.len().max(COLUMN);
                table += &format!("  {number:>width$}");
            }
            table.push('\n');
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_sum_and_decide_the_exit_code() {
        let mut totals = Totals::default();
        assert!(totals.is_empty());
        let good = Counts {
            conversations: 1,
            attempted: 3,
            stored: 2,
            duplicate: 1,
            ..Counts::default()
        };
        assert!(good.adds_up());
        totals.add("a", good);
        totals.add("b", good);
        assert_eq!((totals.total.attempted, totals.exit_code()), (6, 0));
        totals.add(
            "b",
            Counts {
                rejected_lines: 1,
                ..Counts::default()
            },
        );
        assert_eq!(totals.exit_code(), 7);
        assert!(
            !Counts {
                attempted: 1,
                ..Counts::default()
            }
            .adds_up()
        );
    }

    #[test]
    fn the_table_is_aligned() {
        let mut totals = Totals::default();
        totals.add(
            "a-rather-long-format",
            Counts {
                attempted: 1_234_567_890,
                ..Counts::default()
            },
        );
        let table = totals.table();
        let widths: Vec<usize> = table.lines().map(str::len).collect();
        assert_eq!(widths, [widths[0]; 3], "{table}");
    }
}
