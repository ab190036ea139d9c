//! Files that begin with `-- no-transaction`: one statement per round trip, resumable.
//!
//! A message of several statements is one implicit transaction, in which CREATE INDEX CONCURRENTLY
//! and its like refuse to run.

use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::apply::{Failure, Job};
use crate::invalid_index;
use crate::ledger;
use crate::lexer::{self, Statement};
use crate::refusal::line_at;
use crate::session::Timeouts;

/// Runs the statements one at a time, each noted when done, and the ledger rows with the last.
pub async fn run(
    connection: &mut PgConnection,
    job: &mut Job<'_>,
    rows: &[&str],
) -> Result<(), Failure> {
    let file = job.file;
    let steps = lexer::statements(&file.text);
    for (index, step) in steps.iter().enumerate() {
        // A SET of the part that is done still governs the statements that are not.
        if index < job.done && !sets_session(step) {
            continue;
        }
        run_step(connection, job.timeouts, step)
            .await
            .map_err(|error| {
                let failure = failure(job, steps.len(), error);
                let before = file.text[..step.start].matches('\n').count();
                let line = before + line_at(step.text, failure.refusal.position.unwrap_or(1));
                Failure {
                    line: Some(line),
                    ..failure
                }
            })?;
        if index >= job.done {
            job.done = index + 1;
            if job.done < steps.len() {
                note(connection, job, Some(job.done), &[])
                    .await
                    .map_err(|error| failure(job, steps.len(), error))?;
            }
        }
    }
    note(connection, job, None, rows)
        .await
        .map_err(|error| failure(job, steps.len(), error))
}

fn failure(job: &Job<'_>, of: usize, error: sqlx::Error) -> Failure {
    Failure {
        steps: Some((job.done, of)),
        ..error.into()
    }
}

async fn run_step(
    connection: &mut PgConnection,
    timeouts: Timeouts,
    step: &Statement<'_>,
) -> sqlx::Result<()> {
    if lexer::words(step.text).any(|word| word == "CONCURRENTLY") {
        Timeouts::concurrent().apply(connection).await?;
        invalid_index::drop_leftover(connection, step.text).await?;
    } else {
        timeouts.unhurried().apply(connection).await?;
    }
    sqlx::raw_sql(AssertSqlSafe(step.text))
        .execute(connection)
        .await?;
    Ok(())
}

/// Ledger rows between or after steps, as the role that logged in, which may not be the role the
/// file has set for its statements.
async fn note(
    connection: &mut PgConnection,
    job: &Job<'_>,
    done_steps: Option<usize>,
    rows: &[&str],
) -> sqlx::Result<()> {
    let mut transaction = connection.begin().await?;
    sqlx::raw_sql("SET LOCAL ROLE NONE")
        .execute(&mut *transaction)
        .await?;
    ledger::note(&mut transaction, job.file, done_steps, job.millis(), rows).await?;
    transaction.commit().await
}

/// Ends what the file's statements set for the session.
pub async fn restore(connection: &mut PgConnection, timeouts: Timeouts) -> sqlx::Result<()> {
    sqlx::raw_sql("RESET ROLE; RESET search_path")
        .execute(&mut *connection)
        .await?;
    timeouts.apply(connection).await
}

fn sets_session(step: &Statement<'_>) -> bool {
    lexer::words(step.text)
        .next()
        .is_some_and(|word| word == "SET" || word == "RESET")
}
