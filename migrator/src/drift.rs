//! `pg_transcript drift`: whether attached session stores hold what the log holds.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::cli::{self, When};
use crate::error::Error;
use crate::session;

/// What the check found.
#[derive(Debug, Serialize)]
pub struct Report {
    stores: Vec<Check>,
    drift: Vec<Drift>,
}

/// The check of one store.
#[derive(Debug, Serialize)]
struct Check {
    store: String,
    is_full: bool,
    sessions_checked: i64,
    sessions_drifted: i64,
}

/// The items of one session and kind that differ.
#[derive(Debug, Serialize)]
struct Drift {
    store: String,
    session: String,
    kind: String,
    missing: i64,
    extra: i64,
    altered: i64,
    reordered: i64,
    duplicated: i64,
}

pub async fn run(args: &cli::Drift) -> Result<Report, Error> {
    let mut connection = session::connect(&session::options(&args.connection)?).await?;
    let bar = spinner(args.progress);
    let asking = || Error::request("comparing session stores with the log");
    let rows = sqlx::query("SELECT * FROM transcript.drift($1::text::regclass, $2, $3)")
        .bind(&args.store)
        .bind(&args.session)
        .bind(args.full)
        .persistent(false)
        .fetch_all(&mut connection)
        .await
        .map_err(asking())?;
    let drift = rows.iter().map(found).collect::<sqlx::Result<_>>();
    let rows = sqlx::query(
        "SELECT s.name, c.is_full, c.sessions_checked, c.sessions_drifted
         FROM transcript.drift_checks c JOIN transcript.attached_stores s USING (store_id)
         WHERE $1 IS NULL OR s.messages = $1::text::regclass ORDER BY 1",
    )
    .bind(&args.store)
    .persistent(false)
    .fetch_all(&mut connection)
    .await
    .map_err(asking())?;
    let stores = rows.iter().map(check).collect::<sqlx::Result<_>>();
    bar.finish_and_clear();
    Ok(Report {
        stores: stores.map_err(asking())?,
        drift: drift.map_err(asking())?,
    })
}

fn check(row: &PgRow) -> sqlx::Result<Check> {
    Ok(Check {
        store: row.try_get("name")?,
        is_full: row.try_get("is_full")?,
        sessions_checked: row.try_get("sessions_checked")?,
        sessions_drifted: row.try_get("sessions_drifted")?,
    })
}

fn found(row: &PgRow) -> sqlx::Result<Drift> {
    Ok(Drift {
        store: row.try_get("store")?,
        session: row.try_get("session_id")?,
        kind: row.try_get("kind")?,
        missing: row.try_get("missing")?,
        extra: row.try_get("extra")?,
        altered: row.try_get("altered")?,
        reordered: row.try_get("reordered")?,
        duplicated: row.try_get("duplicated")?,
    })
}

/// One statement does it all: only that it goes on can be shown.
pub fn spinner(when: When) -> ProgressBar {
    let target = if std::io::stderr().is_terminal() && when != When::Never {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(None, target);
    let template = "{spinner} comparing {elapsed}";
    bar.set_style(ProgressStyle::with_template(template).expect("a valid template"));
    if !bar.is_hidden() {
        bar.enable_steady_tick(Duration::from_millis(200));
    }
    bar
}

impl Report {
    pub fn exit_code(&self) -> u8 {
        if self.drift.is_empty() { 0 } else { 7 }
    }

    pub fn print(&self) {
        for check in &self.stores {
            println!(
                "{}: {} sessions compared{}, {} with drift",
                check.store,
                check.sessions_checked,
                if check.is_full {
                    ""
                } else {
                    " of those written to"
                },
                check.sessions_drifted
            );
        }
        if self.drift.is_empty() {
            return;
        }
        println!(
            "{:<24} {:<32} {:<14} {:>8} {:>8} {:>8} {:>9} {:>10}",
            "store", "session", "kind", "missing", "extra", "altered", "reordered", "duplicated"
        );
        for drift in &self.drift {
            println!(
                "{:<24} {:<32} {:<14} {:>8} {:>8} {:>8} {:>9} {:>10}",
                drift.store,
                drift.session,
                drift.kind,
                drift.missing,
                drift.extra,
                drift.altered,
                drift.reordered,
                drift.duplicated
            );
        }
    }
}
