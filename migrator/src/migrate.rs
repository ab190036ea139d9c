//! `pg_transcript migrate`.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use sqlx::PgConnection;
use sqlx::postgres::PgConnectOptions;

use crate::apply::{Applier, Failure};
use crate::backoff;
use crate::cli;
use crate::dba;
use crate::embedded::Tree;
use crate::error::Error;
use crate::ledger;
use crate::lock;
use crate::plan::{self, Standing, State};
use crate::preflight;
use crate::reapply;
use crate::refusal::Refusal;
use crate::session::{self, Timeouts};

/// How often one file is tried while other sessions are in its way.
const ATTEMPTS: u32 = 10;

/// What was done, as `--json` prints it.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    pub dry_run: bool,
    pub applied: Vec<Applied>,
    /// Files that are left to apply.
    pub pending: usize,
    /// The same, by name: what a dry run would have applied.
    pub would_apply: Vec<WouldApply>,
}

#[derive(Debug, Serialize)]
pub struct Applied {
    pub path: String,
    pub duration_ms: i64,
}

#[derive(Debug, Serialize)]
pub struct WouldApply {
    pub path: String,
    pub state: State,
}

/// Runs the command. The report holds what was applied, also when it fails later on.
pub async fn run(args: &cli::Migrate, report: &mut Report) -> Result<(), Error> {
    report.dry_run = args.dry_run;
    let tree = Tree::embedded();
    let options = session::options(&args.connection)?;
    let mut connection = session::connect(&options).await?;
    if args.dry_run {
        return dry_run(&mut connection, &tree, report).await;
    }

    lock::require_direct(&mut connection).await?;
    let timeouts = Timeouts {
        lock: args.lock_timeout,
        statement: args.statement_timeout,
    };
    timeouts
        .apply(&mut connection)
        .await
        .map_err(Error::request("setting the session's timeouts"))?;
    lock::acquire(&mut connection, args.lock_wait).await?;
    apply_all(&mut connection, &options, &tree, timeouts, report).await?;
    // After a failure the session ends, and the lock with it.
    lock::release(&mut connection).await
}

/// The report for people.
pub fn print(report: &Report) {
    for file in &report.applied {
        println!("applied  {:<44} {:>8} ms", file.path, file.duration_ms);
    }
    if report.dry_run {
        for file in &report.would_apply {
            println!("pending  {}", file.path);
        }
    }
    match (report.applied.len(), report.pending) {
        (0, 0) => println!("nothing to do"),
        (applied, pending) => println!("{applied} applied, {pending} pending"),
    }
}

async fn dry_run(
    connection: &mut PgConnection,
    tree: &Tree,
    report: &mut Report,
) -> Result<(), Error> {
    let record = reapply::read(connection, tree).await?;
    preflight::verify(tree, &record)?;
    for standing in plan::to_apply(tree, &record) {
        let path = standing.file.path.clone();
        report.would_apply.push(WouldApply {
            path,
            state: standing.state,
        });
    }
    report.pending = report.would_apply.len();
    Ok(())
}

async fn apply_all(
    connection: &mut PgConnection,
    options: &PgConnectOptions,
    tree: &Tree,
    timeouts: Timeouts,
    report: &mut Report,
) -> Result<(), Error> {
    if let Err(refusal) = ledger::create(connection).await {
        let refusal = Box::new(refusal);
        let pending = plan::to_apply(tree, &ledger::Record::default());
        return Err(
            match remedy(connection, options, &pending, &refusal).await {
                Some(remedy) => Error::NeedsDba {
                    path: None,
                    refusal,
                    remedy,
                },
                None => Error::Request {
                    asking: "creating the migration ledger",
                    refusal,
                },
            },
        );
    }
    let record = reapply::read(connection, tree).await?;
    preflight::verify(tree, &record)?;

    let pending = plan::to_apply(tree, &record);
    report.pending = pending.len();
    let bar = bar(pending.len());
    for (index, standing) in pending.iter().enumerate() {
        bar.set_message(standing.file.path.clone());
        match apply(connection, tree, standing, timeouts, &bar).await {
            Ok(duration_ms) => {
                report.applied.push(Applied {
                    path: standing.file.path.clone(),
                    duration_ms,
                });
                report.pending -= 1;
                bar.inc(1);
            }
            Err(failure) => {
                bar.finish_and_clear();
                return Err(explain(connection, options, &pending[index..], failure).await);
            }
        }
    }
    bar.finish_and_clear();
    Ok(())
}

/// One file, again and again while another session is in its way.
async fn apply(
    connection: &mut PgConnection,
    tree: &Tree,
    standing: &Standing<'_>,
    timeouts: Timeouts,
    bar: &ProgressBar,
) -> Result<i64, Failure> {
    let started = Instant::now();
    let mut applier = Applier::new(connection, standing.file, timeouts, standing.done_steps);
    let mut attempt = 1;
    loop {
        let result = match standing.versioned {
            Some(next) => applier.versioned(&tree.versioned, next).await,
            None => applier.repeatable(standing.file).await,
        };
        match result {
            Ok(()) => return Ok(i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX)),
            Err(failure) if failure.refusal.is_contention() && attempt < ATTEMPTS => {
                let pause = backoff::pause(attempt);
                bar.suspend(|| {
                    eprintln!(
                        "{}: {}; trying again in {} ms ({attempt} of {ATTEMPTS})",
                        standing.file.path,
                        failure.refusal,
                        pause.as_millis()
                    );
                });
                tokio::time::sleep(pause).await;
                attempt += 1;
            }
            Err(failure) => return Err(failure),
        }
    }
}

/// The error for a failed file, the first of `pending`.
async fn explain(
    connection: &mut PgConnection,
    options: &PgConnectOptions,
    pending: &[Standing<'_>],
    failure: Failure,
) -> Error {
    let path = pending[0].file.path.clone();
    let Failure {
        refusal,
        line,
        steps,
    } = failure;
    let refusal = Box::new(refusal);
    if refusal.is_disconnect() {
        return Error::Disconnected { path, refusal };
    }
    if let Some(remedy) = remedy(connection, options, pending, &refusal).await {
        return Error::NeedsDba {
            path: Some(path),
            refusal,
            remedy,
        };
    }
    match steps {
        // Even the first statement may leave something behind: an invalid index, for one.
        Some((done, of)) => Error::PartlyApplied {
            path,
            line,
            done,
            of,
            refusal,
        },
        None => Error::FileFailed {
            path,
            line,
            refusal,
        },
    }
}

async fn remedy(
    connection: &mut PgConnection,
    options: &PgConnectOptions,
    pending: &[Standing<'_>],
    refusal: &Refusal,
) -> Option<String> {
    if !dba::may_be_missing_rights(refusal) {
        return None;
    }
    // If even asking fails, the refusal itself is the better message.
    dba::remedy(connection, options, pending)
        .await
        .ok()
        .flatten()
}

/// A bar that appears on a terminal once the work has taken a second.
fn bar(files: usize) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(files as u64), ProgressDrawTarget::hidden());
    if files == 0 || !std::io::stderr().is_terminal() {
        return bar;
    }
    let style = ProgressStyle::with_template("{bar:24} {pos}/{len} {msg} {elapsed}");
    bar.set_style(style.expect("a valid template"));
    let shown = bar.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        if !shown.is_finished() {
            shown.set_draw_target(ProgressDrawTarget::stderr());
            shown.enable_steady_tick(Duration::from_millis(200));
        }
    });
    bar
}
