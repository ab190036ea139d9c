//! The sweep of one tenant: a batch, a transaction, until there is nothing left or the user stops it.

use std::time::Duration;

use sqlx::{PgConnection, Row};

use super::bar::Bar;
use super::receipt::{Receipt, Report};
use crate::backoff;
use crate::cli;
use crate::error::Error;
use crate::interrupt::Interrupt;
use crate::refusal::Refusal;

/// How often a batch is tried while somebody else is in the way.
const ATTEMPTS: u32 = 6;
/// Between two looks at whether older transactions have ended.
const PATIENCE: Duration = Duration::from_millis(200);

pub async fn tenant(
    connection: &mut PgConnection,
    args: &cli::Redact,
    tenant: &str,
    interrupt: &Interrupt,
    report: &mut Report,
) -> Result<(), Error> {
    let bar = Bar::new(args.progress, conversations(connection, tenant).await?);
    loop {
        let (id, state) = batch(connection, args, tenant).await?;
        let Some(id) = id else {
            report.busy.push(tenant.to_owned());
            return Ok(());
        };
        let receipt = Receipt::read(connection, id).await?;
        bar.show(&receipt);
        if state == "done" || interrupt.asked() {
            report.receipts.push(receipt);
            return Ok(());
        }
        if state == "waiting" {
            bar.say("waiting for transactions that began before the policy changed");
            tokio::time::sleep(PATIENCE).await;
        }
    }
}

/// Makes one batch; no receipt when another session sweeps this tenant.
async fn batch(
    connection: &mut PgConnection,
    args: &cli::Redact,
    tenant: &str,
) -> Result<(Option<i64>, String), Error> {
    let mut attempt = 1;
    loop {
        let answer = sqlx::query("SELECT * FROM transcript.reredact_batch($1, $2, $3, $4)")
            .bind(tenant)
            .bind(args.batch)
            .bind(args.include_held)
            .bind(args.every_row)
            // Prepared for once: a transaction pooler may give the next transaction to another session.
            .persistent(false)
            .fetch_one(&mut *connection)
            .await;
        let error = match answer {
            Ok(row) => return Ok((row.get("receipt_id"), row.get("state"))),
            Err(error) => error,
        };
        let refusal = Refusal::from(error);
        if attempt == ATTEMPTS || !refusal.is_contention() {
            return Err(Error::Request {
                asking: "sweeping a batch",
                refusal: Box::new(refusal),
            });
        }
        tokio::time::sleep(backoff::pause(attempt)).await;
        attempt += 1;
    }
}

async fn conversations(connection: &mut PgConnection, tenant: &str) -> Result<u64, Error> {
    let row = sqlx::query("SELECT count(*) FROM transcript.conversations WHERE tenant_id = $1")
        .bind(tenant)
        .persistent(false)
        .fetch_one(connection)
        .await
        .map_err(Error::request("counting conversations"))?;
    Ok(row.get::<i64, _>(0).unsigned_abs())
}
