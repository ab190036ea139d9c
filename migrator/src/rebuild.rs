//! `pg_transcript rebuild`: what attached session stores have and the log does not is appended.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use sqlx::{PgConnection, Row};

use crate::backoff;
use crate::cli::{self, When};
use crate::drift::spinner;
use crate::error::Error;
use crate::interrupt::Interrupt;
use crate::refusal::Refusal;
use crate::session;

/// Between two lines where there is no terminal.
const INTERVAL: Duration = Duration::from_secs(5);
/// How often a part is tried while somebody else is in the way.
const ATTEMPTS: u32 = 6;

/// What was done, store by store.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    pub stores: Vec<Rebuilt>,
}

#[derive(Debug, Serialize)]
pub struct Rebuilt {
    store: String,
    /// Sessions that differed.
    sessions: usize,
    /// Rows that were sent.
    rows: i64,
    added: i64,
    replaced: i64,
    rejected: i64,
}

/// Runs the command. The report holds what was done, also when it stops early.
pub async fn run(args: &cli::Rebuild, report: &mut Report) -> Result<(), Error> {
    let mut connection = session::connect(&session::options(&args.connection)?).await?;
    let asking = || Error::request("looking for what is missing");
    let bar = spinner(args.progress);
    let plan = sqlx::query("SELECT * FROM transcript.rebuild_plan($1::text::regclass, $2)")
        .bind(&args.store)
        .bind(&args.session)
        .persistent(false)
        .fetch_all(&mut connection)
        .await
        .map_err(asking())?;
    bar.finish_and_clear();
    let interrupt = Interrupt::listen();
    for store in plan {
        let id: i32 = store.try_get("store_id").map_err(asking())?;
        let sessions: Vec<String> = store.try_get("sessions").map_err(asking())?;
        report.stores.push(Rebuilt {
            store: store.try_get("store").map_err(asking())?,
            sessions: sessions.len(),
            rows: 0,
            added: 0,
            replaced: 0,
            rejected: 0,
        });
        let Some(rebuilt) = report.stores.last_mut() else {
            continue;
        };
        if args.dry_run {
            continue;
        }
        let before = rejected(&mut connection, id).await?;
        let bar = bar_over(args.progress, sessions.len());
        let mut printed = Instant::now();
        for part in sessions.chunks(args.batch as usize) {
            append(&mut connection, id, part, args.replace, rebuilt).await?;
            bar.inc(part.len() as u64);
            bar.set_message(format!("{} events added", rebuilt.added));
            if bar.is_hidden() && args.progress == When::Always && printed.elapsed() >= INTERVAL {
                let (done, all) = (bar.position(), sessions.len());
                eprintln!(
                    "{}: {done} of {all} sessions, {} events added",
                    rebuilt.store, rebuilt.added
                );
                printed = Instant::now();
            }
            if interrupt.asked() {
                return Err(Error::Interrupted);
            }
        }
        bar.finish_and_clear();
        rebuilt.rejected = rejected(&mut connection, id).await? - before;
    }
    Ok(())
}

/// Dead letters of a store.
async fn rejected(connection: &mut PgConnection, store: i32) -> Result<i64, Error> {
    let row = sqlx::query("SELECT transcript.store_failures($1)")
        .bind(store)
        .persistent(false)
        .fetch_one(connection)
        .await
        .map_err(Error::request("counting dead letters"))?;
    Ok(row.get(0))
}

async fn append(
    connection: &mut PgConnection,
    store: i32,
    sessions: &[String],
    replace: bool,
    rebuilt: &mut Rebuilt,
) -> Result<(), Error> {
    let mut attempt = 1;
    loop {
        let answer = sqlx::query("SELECT * FROM transcript.rebuild_part($1, $2, $3)")
            .bind(store)
            .bind(sessions)
            .bind(replace)
            .persistent(false)
            .fetch_one(&mut *connection)
            .await;
        let error = match answer {
            Ok(row) => {
                rebuilt.rows += row.get::<i64, _>("rows");
                rebuilt.added += row.get::<i64, _>("added");
                rebuilt.replaced += row.get::<i64, _>("replaced");
                return Ok(());
            }
            Err(error) => error,
        };
        let refusal = Refusal::from(error);
        if attempt == ATTEMPTS || !refusal.is_contention() {
            return Err(Error::Request {
                asking: "appending what is missing",
                refusal: Box::new(refusal),
            });
        }
        tokio::time::sleep(backoff::pause(attempt)).await;
        attempt += 1;
    }
}

fn bar_over(when: When, sessions: usize) -> ProgressBar {
    let target = if std::io::stderr().is_terminal() && when != When::Never {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(Some(sessions as u64), target);
    let template = "{bar:24} {pos}/{len} sessions, {msg} {elapsed} (eta {eta})";
    bar.set_style(ProgressStyle::with_template(template).expect("a valid template"));
    if !bar.is_hidden() {
        bar.enable_steady_tick(Duration::from_millis(200));
    }
    bar
}

impl Report {
    pub fn exit_code(&self) -> u8 {
        let left = self.stores.iter().any(|store| store.rejected > 0);
        if left { 7 } else { 0 }
    }

    pub fn print(&self) {
        println!(
            "{:<32} {:>9} {:>9} {:>9} {:>9} {:>9}",
            "store", "sessions", "rows", "added", "replaced", "rejected"
        );
        for store in &self.stores {
            println!(
                "{:<32} {:>9} {:>9} {:>9} {:>9} {:>9}",
                store.store,
                store.sessions,
                store.rows,
                store.added,
                store.replaced,
                store.rejected
            );
        }
    }
}
