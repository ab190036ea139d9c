//! The old row versions of a sweep: VACUUM takes them away, once nobody can see them any more.

use sqlx::{AssertSqlSafe, PgConnection, Row};

use super::receipt::Report;
use crate::error::Error;

pub async fn run(connection: &mut PgConnection, report: &mut Report) -> Result<(), Error> {
    let asking = "vacuuming what was swept";
    for receipt in &mut report.receipts {
        if receipt.status != "done" || receipt.vacuumed {
            continue;
        }
        let row = sqlx::query(
            "SELECT transcript.transactions_before(r.ended_at) = 0
             FROM transcript.redaction_receipts r WHERE r.receipt_id = $1",
        )
        .bind(receipt.receipt_id)
        .fetch_one(&mut *connection)
        .await
        .map_err(Error::request(asking))?;
        if !row.get::<bool, _>(0) {
            continue;
        }
        for table in &receipt.tables {
            // Of a leaf that a purge has dropped nothing is left.
            let quoted = format!("\"{}\"", table.replace('"', "\"\""));
            let exists = sqlx::query("SELECT to_regclass('transcript.' || $1) IS NOT NULL")
                .bind(&quoted)
                .fetch_one(&mut *connection)
                .await
                .map_err(Error::request(asking))?;
            if exists.get::<bool, _>(0) {
                sqlx::raw_sql(AssertSqlSafe(format!("VACUUM transcript.{quoted}")))
                    .execute(&mut *connection)
                    .await
                    .map_err(Error::request(asking))?;
            }
        }
        // Without the right to it, VACUUM only warns: the server says whether it was done.
        let row = sqlx::query("SELECT transcript.reredact_vacuumed($1, $2)")
            .bind(&receipt.tenant)
            .bind(receipt.receipt_id)
            .fetch_one(&mut *connection)
            .await
            .map_err(Error::request(asking))?;
        receipt.vacuumed = row.get(0);
    }
    report.vacuum_wanted = true;
    Ok(())
}
