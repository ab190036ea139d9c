//! What a sweep would do; changes nothing.

use sqlx::{PgConnection, Row};

use super::receipt::{Planned, Report, TenantPlan, counts, number};
use crate::cli;
use crate::error::Error;

pub async fn tenant(
    connection: &mut PgConnection,
    args: &cli::Redact,
    tenant: &str,
    report: &mut Report,
) -> Result<(), Error> {
    let asking = || Error::request("planning a sweep");
    let rows = sqlx::query(
        "SELECT relation::text, looked, changed, held, findings::text
         FROM transcript.reredact_plan($1, $2, $3)",
    )
    .bind(tenant)
    .bind(args.include_held)
    .bind(args.every_row)
    .persistent(false)
    .fetch_all(connection)
    .await
    .map_err(asking())?;
    let planned = |row: &sqlx::postgres::PgRow| {
        Ok(Planned {
            relation: row.try_get("relation")?,
            looked: number(row, "looked")?,
            changed: number(row, "changed")?,
            held: number(row, "held")?,
            findings: counts(row, "findings")?,
        })
    };
    let tables = rows
        .iter()
        .map(planned)
        .collect::<sqlx::Result<_>>()
        .map_err(asking())?;
    report.plans.push(TenantPlan {
        tenant: tenant.to_owned(),
        tables,
    });
    Ok(())
}
