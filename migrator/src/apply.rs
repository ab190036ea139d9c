//! Applies one file together with its ledger rows: refinery's driver for a sqlx connection.

use std::fmt;
use std::time::Instant;

use refinery_core::error::Kind;
use refinery_core::traits::r#async::{AsyncQuery, AsyncTransaction};
use refinery_core::{AsyncMigrate, Migration, Runner, Target};
use sqlx::types::time::OffsetDateTime;
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};

use crate::embedded::{SqlFile, Versioned};
use crate::ledger;
use crate::refusal::{Refusal, line_at};
use crate::session::Timeouts;
use crate::steps;

/// In place of refinery's CREATE TABLE.
const LEDGER_STANDS: &str = "-- the ledger stands";

/// A file that failed.
#[derive(Debug, Clone)]
pub struct Failure {
    pub refusal: Refusal,
    /// Line of the file.
    pub line: Option<usize>,
    /// For a no-transaction file: statements applied, of how many.
    pub steps: Option<(usize, usize)>,
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Refusal::from(error).into()
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self {
            refusal,
            line: None,
            steps: None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.refusal.fmt(f)
    }
}

impl std::error::Error for Failure {}

/// One file on its way into one database.
pub struct Applier<'a> {
    connection: &'a mut PgConnection,
    job: Option<Job<'a>>,
}

/// The file and how far it is.
pub struct Job<'a> {
    pub file: &'a SqlFile,
    pub timeouts: Timeouts,
    /// Statements of a no-transaction file that are done; kept across retries.
    pub done: usize,
    started: Instant,
}

impl Job<'_> {
    /// Since the file was begun.
    pub fn millis(&self) -> i64 {
        i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX)
    }
}

impl<'a> Applier<'a> {
    /// For reading the history only.
    pub fn reader(connection: &'a mut PgConnection) -> Self {
        Self {
            connection,
            job: None,
        }
    }

    /// For applying `file`, whose first `done` statements were applied by an earlier run.
    pub fn new(
        connection: &'a mut PgConnection,
        file: &'a SqlFile,
        timeouts: Timeouts,
        done: usize,
    ) -> Self {
        let job = Job {
            file,
            timeouts,
            done,
            started: Instant::now(),
        };
        Self {
            connection,
            job: Some(job),
        }
    }

    /// Applies a file of `sql/migrations`, the next one after those in the history.
    pub async fn versioned(&mut self, all: &[Versioned], next: &Versioned) -> Result<(), Failure> {
        let migrations: Vec<Migration> = all.iter().map(|v| v.migration.clone()).collect();
        let mut runner = Runner::new(&migrations).set_target(Target::Version(next.version()));
        runner.set_migration_table_name(ledger::HISTORY);
        match runner.run_async(self).await {
            Ok(_) => Ok(()),
            Err(error) => Err(failure_in(&error)),
        }
    }

    /// Applies a file of the other folders, which refinery knows nothing of.
    pub async fn repeatable(&mut self, file: &SqlFile) -> Result<(), Failure> {
        let text = file.text.as_str();
        self.execute([text].into_iter()).await.map(drop)
    }
}

/// Our failure as refinery wrapped it.
fn failure_in(error: &refinery_core::Error) -> Failure {
    let ours = match error.kind() {
        Kind::Connection(_, source) => source.downcast_ref::<Failure>().cloned(),
        _ => None,
    };
    ours.unwrap_or_else(|| Refusal::ours(error.to_string()).into())
}

impl AsyncTransaction for Applier<'_> {
    type Error = Failure;

    /// `queries` are a file's text and then refinery's history row, if the file has one.
    async fn execute<'a, T: Iterator<Item = &'a str> + Send + 'a>(
        &'a mut self,
        queries: T,
    ) -> Result<usize, Failure> {
        let queries: Vec<&str> = queries.collect();
        let (Some(job), Some((text, rows))) = (self.job.as_mut(), queries.split_first()) else {
            return Ok(0);
        };
        if *text == LEDGER_STANDS {
            return Ok(0);
        }
        if job.file.no_transaction() {
            let result = steps::run(self.connection, job, rows).await;
            // Whatever the file set for the session ends with the file.
            let restored = steps::restore(self.connection, job.timeouts).await;
            result?;
            restored?;
        } else {
            whole(self.connection, job, rows).await?;
        }
        Ok(queries.len())
    }
}

impl AsyncQuery<Vec<Migration>> for Applier<'_> {
    async fn query<'a>(&'a mut self, query: &'a str) -> Result<Vec<Migration>, Failure> {
        let rows = sqlx::query(AssertSqlSafe(query.to_owned()))
            .persistent(false)
            .fetch_all(&mut *self.connection)
            .await?;
        let read = |row: &sqlx::postgres::PgRow| -> sqlx::Result<Migration> {
            let applied_on: OffsetDateTime = row.try_get("applied_on")?;
            let checksum: String = row.try_get("checksum")?;
            let checksum = checksum
                .parse()
                .map_err(|e| sqlx::Error::Decode(Box::new(e)))?;
            let version = row.try_get("version")?;
            Ok(Migration::applied(
                version,
                row.try_get("name")?,
                applied_on,
                checksum,
            ))
        };
        Ok(rows.iter().map(read).collect::<sqlx::Result<_>>()?)
    }
}

impl AsyncMigrate for Applier<'_> {
    /// The ledger made the table, with its comment; CREATE TABLE IF NOT EXISTS would ask for rights
    /// on the schema even so.
    fn assert_migrations_table_query(_: &str) -> String {
        LEDGER_STANDS.to_owned()
    }

    /// refinery keeps the time as text; the server parses it for us.
    fn get_applied_migrations_query(table: &str) -> String {
        format!(
            "SELECT version, name, applied_on::timestamptz AS applied_on, checksum \
             FROM {table} ORDER BY version"
        )
    }
}

/// The file and its ledger rows in one transaction.
async fn whole(connection: &mut PgConnection, job: &Job<'_>, rows: &[&str]) -> Result<(), Failure> {
    let file = job.file;
    let mut transaction = connection.begin().await?;
    let result = async {
        sqlx::raw_sql(AssertSqlSafe(file.text.as_str()))
            .execute(&mut *transaction)
            .await
            .map_err(|error| {
                let refusal = Refusal::from(error);
                let line = refusal
                    .position
                    .map(|position| line_at(&file.text, position));
                Failure {
                    refusal,
                    line,
                    steps: None,
                }
            })?;
        // The file may have become the owner; the ledger is the migrator's.
        sqlx::raw_sql("RESET ROLE")
            .execute(&mut *transaction)
            .await?;
        ledger::note(&mut transaction, file, None, job.millis(), rows).await?;
        Ok(())
    }
    .await;
    match result {
        Ok(()) => Ok(transaction.commit().await?),
        Err(failure) => {
            // At once, not when the connection is next used: a pause before a retry may follow,
            // and the locks must not outlast it. If this fails the connection is gone anyway.
            let _ = transaction.rollback().await;
            Err(failure)
        }
    }
}
