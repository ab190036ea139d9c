//! `pg_transcript redact`: history under a policy that got stricter.

mod bar;
mod plan;
mod receipt;
mod sweep;
mod vacuum;

use sqlx::{PgConnection, Row};

use crate::cli;
use crate::error::Error;
use crate::interrupt::Interrupt;
use crate::session;

pub use receipt::Report;

/// Runs the command. The report holds what was done, also when it stops early.
pub async fn run(args: &cli::Redact, report: &mut Report) -> Result<(), Error> {
    let mut connection = session::connect(&session::options(&args.connection)?).await?;
    let tenants = match args.tenant.as_deref().filter(|tenant| !tenant.is_empty()) {
        Some(tenant) => vec![tenant.to_owned()],
        None => tenants(&mut connection).await?,
    };
    report.executed = args.execute;
    let interrupt = Interrupt::listen();
    for tenant in tenants {
        let swept = if args.execute {
            sweep::tenant(&mut connection, args, &tenant, &interrupt, report).await
        } else {
            plan::tenant(&mut connection, args, &tenant, report).await
        };
        swept?;
        if interrupt.asked() {
            return Err(Error::Interrupted);
        }
    }
    if args.vacuum {
        vacuum::run(&mut connection, report).await?;
    }
    Ok(())
}

async fn tenants(connection: &mut PgConnection) -> Result<Vec<String>, Error> {
    let rows = sqlx::query("SELECT t FROM transcript.swept_tenants() t")
        .persistent(false)
        .fetch_all(connection)
        .await
        .map_err(Error::request("asking whose history there is"))?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
