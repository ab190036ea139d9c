//! What was planned or done, for people and as JSON: counts, never values.

use std::collections::BTreeMap;

use serde::Serialize;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use crate::error::Error;

/// The exit code that says something was left as it was.
const NOT_ALL: u8 = 7;
/// Narrowest column of numbers in a table.
const COLUMN: usize = 10;

/// Counts by table or by rule.
pub type Counts = BTreeMap<String, u64>;

/// What the command did, as `--json` prints it.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// False: nothing was changed, and `plans` says what would be.
    pub executed: bool,
    pub plans: Vec<TenantPlan>,
    pub receipts: Vec<Receipt>,
    /// Tenants that another session is sweeping.
    pub busy: Vec<String>,
    #[serde(skip)]
    pub vacuum_wanted: bool,
}

#[derive(Debug, Serialize)]
pub struct TenantPlan {
    pub tenant: String,
    pub tables: Vec<Planned>,
}

/// One table or leaf of a plan.
#[derive(Debug, Serialize)]
pub struct Planned {
    pub relation: String,
    pub looked: u64,
    pub changed: u64,
    pub held: u64,
    pub findings: Counts,
}

/// A row of `redaction_receipts`.
#[derive(Debug, Serialize)]
pub struct Receipt {
    pub receipt_id: i64,
    pub tenant: String,
    pub status: String,
    pub from_version: Option<i32>,
    pub to_version: i32,
    pub looked: Counts,
    pub changed: Counts,
    pub findings: Counts,
    pub held: u64,
    /// Where old row versions are.
    pub tables: Vec<String>,
    pub vacuumed: bool,
}

impl Receipt {
    pub async fn read(connection: &mut PgConnection, id: i64) -> Result<Self, Error> {
        let asking = || Error::request("reading the receipt");
        let row = sqlx::query(
            "SELECT receipt_id, tenant_id, status, from_version, to_version, held, tables::text[],
               vacuumed_at IS NOT NULL AS vacuumed,
               looked::text, changed::text, findings::text
             FROM transcript.redaction_receipts WHERE receipt_id = $1",
        )
        .bind(id)
        .persistent(false)
        .fetch_one(connection)
        .await
        .map_err(asking())?;
        let receipt = || {
            Ok(Receipt {
                receipt_id: row.try_get("receipt_id")?,
                tenant: row.try_get("tenant_id")?,
                status: row.try_get("status")?,
                from_version: row.try_get("from_version")?,
                to_version: row.try_get("to_version")?,
                looked: counts(&row, "looked")?,
                changed: counts(&row, "changed")?,
                findings: counts(&row, "findings")?,
                held: number(&row, "held")?,
                tables: row.try_get("tables")?,
                vacuumed: row.try_get("vacuumed")?,
            })
        };
        receipt().map_err(asking())
    }
}

/// A column of counts.
pub fn counts(row: &PgRow, column: &str) -> sqlx::Result<Counts> {
    let text: &str = row.try_get(column)?;
    serde_json::from_str(text).map_err(|error| sqlx::Error::Decode(error.into()))
}

/// A column that holds a count.
pub fn number(row: &PgRow, column: &str) -> sqlx::Result<u64> {
    Ok(row.try_get::<i64, _>(column)?.unsigned_abs())
}

impl Report {
    pub fn is_empty(&self) -> bool {
        self.plans.is_empty() && self.receipts.is_empty() && self.busy.is_empty()
    }

    /// 0 if all that was asked for is done.
    pub fn exit_code(&self) -> u8 {
        let unfinished = |receipt: &Receipt| {
            receipt.status != "done"
                || receipt.held > 0
                || (self.vacuum_wanted && !receipt.vacuumed)
        };
        if self.busy.is_empty() && !self.receipts.iter().any(unfinished) {
            0
        } else {
            NOT_ALL
        }
    }

    /// Tables for people.
    pub fn print(&self) {
        for plan in &self.plans {
            println!(
                "tenant {}: nothing is changed without --execute",
                plan.tenant
            );
            print!("{}", plan.table());
            println!();
        }
        for receipt in &self.receipts {
            print!("{}", receipt.text());
            println!();
        }
        for tenant in &self.busy {
            println!("tenant {tenant}: another session is sweeping it");
        }
    }
}

impl TenantPlan {
    fn table(&self) -> String {
        let mut findings = Counts::new();
        for (rule, count) in self.tables.iter().flat_map(|table| &table.findings) {
            *findings.entry(rule.clone()).or_default() += count;
        }
        let rows = self.tables.iter().map(|table| {
            let numbers = [table.looked, table.changed, table.held];
            (table.relation.as_str(), numbers.to_vec())
        });
        table(&["rows", "to change", "on hold"], rows.collect()) + &by_rule("to hide", &findings)
    }
}

impl Receipt {
    fn text(&self) -> String {
        let from = match self.from_version {
            Some(from) if from != self.to_version => format!("{from} → "),
            _ => String::new(),
        };
        let mut text = format!(
            "tenant {}: policy {from}{}, receipt {}, {}\n",
            self.tenant, self.to_version, self.receipt_id, self.status
        );
        let names: std::collections::BTreeSet<&String> =
            self.looked.keys().chain(self.changed.keys()).collect();
        let rows = names.into_iter().map(|name| {
            let of = |counts: &Counts| counts.get(name).copied().unwrap_or(0);
            (name.as_str(), vec![of(&self.looked), of(&self.changed)])
        });
        text += &table(&["rows", "changed"], rows.collect());
        text += &by_rule("hidden", &self.findings);
        if self.held > 0 {
            text += &format!("left as they were because of a hold: {}\n", self.held);
        }
        if self.status == "done" && !self.vacuumed && !self.tables.is_empty() {
            text += &format!(
                "old row versions are still in {}: run again with --vacuum\n",
                self.tables.join(", ")
            );
        }
        text
    }
}

fn by_rule(what: &str, findings: &Counts) -> String {
    if findings.is_empty() {
        return String::new();
    }
    let list: Vec<String> = findings
        .iter()
        .map(|(rule, count)| format!("{rule} {count}"))
        .collect();
    format!("{what}: {}\n", list.join(", "))
}

fn table(heads: &[&str], rows: Vec<(&str, Vec<u64>)>) -> String {
    let widest = rows
        .iter()
        .map(|(name, _)| name.chars().count())
        .chain(["table".len()])
        .max()
        .unwrap_or(0);
    let mut text = format!("{:<widest$}", "table");
    for head in heads {
        text += &format!("  {head:>COLUMN$}");
    }
    text.push('\n');
    for (name, numbers) in rows {
        text += &format!("{name:<widest$}");
        for number in numbers {
            text += &format!("  {number:>COLUMN$}");
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receipt(status: &str, held: u64, vacuumed: bool) -> Receipt {
        Receipt {
            receipt_id: 3,
            tenant: "acme".to_owned(),
            status: status.to_owned(),
            from_version: Some(0),
            to_version: 1,
            looked: Counts::from([("events".to_owned(), 10)]),
            changed: Counts::from([("events".to_owned(), 2), ("blobs".to_owned(), 1)]),
            findings: Counts::from([("ip".to_owned(), 4)]),
            held,
            tables: vec!["events_20260101".to_owned()],
            vacuumed,
        }
    }

    #[test]
    fn what_was_left_decides_the_exit_code() {
        let code = |receipt: Receipt, vacuum_wanted| {
            let report = Report {
                receipts: vec![receipt],
                vacuum_wanted,
                ..Report::default()
            };
            report.exit_code()
        };
        assert_eq!(code(receipt("done", 0, false), false), 0);
        assert_eq!(code(receipt("done", 0, true), true), 0);
        assert_eq!(code(receipt("done", 0, false), true), NOT_ALL);
        assert_eq!(code(receipt("done", 1, false), false), NOT_ALL);
        assert_eq!(code(receipt("running", 0, false), false), NOT_ALL);
    }

    #[test]
    fn a_receipt_says_what_is_still_to_do() {
        let text = receipt("done", 2, false).text();
        for said in [
            "policy 0 → 1",
            "hidden: ip 4",
            "because of a hold: 2",
            "still in events_20260101",
        ] {
            assert!(text.contains(said), "{said}: {text}");
        }
        assert!(!receipt("done", 0, true).text().contains("still in"));
    }
}
