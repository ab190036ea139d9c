//! What the database remembers of the files applied to it.
//!
//! `transcript.migrations` is refinery's own history table; `transcript.applied_files` adds what
//! refinery does not keep: the repeatable files, a line-end-proof hash, durations, half-done files.

use std::collections::{BTreeMap, BTreeSet};

use refinery_core::{AsyncMigrate, Migration};
use sqlx::{AssertSqlSafe, PgConnection, Row};

use crate::apply::Applier;
use crate::embedded::SqlFile;
use crate::error::Error;
use crate::refusal::Refusal;

/// refinery's history table.
pub const HISTORY: &str = "transcript.migrations";

/// The version of this binary, kept beside each file it applies.
pub const BINARY_VERSION: &str = env!("CARGO_PKG_VERSION");

const SCHEMA: &str = "CREATE SCHEMA IF NOT EXISTS transcript";

/// refinery's column names and types, word for word; the rest is ours.
const TABLES: &str = "
CREATE TABLE IF NOT EXISTS transcript.migrations (
    version int4 PRIMARY KEY,
    name varchar(255),
    applied_on varchar(255),
    checksum varchar(255)
);
COMMENT ON TABLE transcript.migrations IS
    'Files of sql/migrations applied to this database. Written by pg_transcript migrate through refinery; do not edit.';
CREATE TABLE IF NOT EXISTS transcript.applied_files (
    path text PRIMARY KEY,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL,
    duration_ms bigint NOT NULL,
    version text NOT NULL,
    done_steps int CHECK (done_steps > 0)
);
COMMENT ON TABLE transcript.applied_files IS
    'Every file below sql/ as it was last applied. Written by pg_transcript migrate; do not edit.';
COMMENT ON COLUMN transcript.applied_files.sha256 IS
    'SHA-256 of the text with LF line ends; while done_steps is set, of the statements done so far.';
COMMENT ON COLUMN transcript.applied_files.version IS
    'Version of the pg_transcript binary that applied the file.';
COMMENT ON COLUMN transcript.applied_files.done_steps IS
    'Set while a no-transaction file is unfinished: how many of its statements are done.';
";

/// A row of `transcript.applied_files`.
#[derive(Debug, Clone)]
pub struct FileRow {
    pub sha256: String,
    /// ISO 8601, UTC.
    pub applied_at: String,
    pub duration_ms: i64,
    /// Version of the binary that applied the file.
    pub version: String,
    /// Set while the file is unfinished.
    pub done_steps: Option<usize>,
}

/// The ledger as read; empty where there is none yet.
#[derive(Debug, Default)]
pub struct Record {
    /// By version.
    pub history: Vec<Migration>,
    /// By path below `sql/`.
    pub files: BTreeMap<String, FileRow>,
    /// Paths of repeatable files whose work is gone; see [`crate::reapply`].
    pub undone: BTreeSet<String>,
}

impl Record {
    /// The highest applied version, 0 for none.
    pub fn newest(&self) -> i32 {
        self.history.last().map_or(0, Migration::version)
    }
}

/// Reads the ledger without writing anything.
pub async fn read(connection: &mut PgConnection) -> Result<Record, Error> {
    let asking = "reading the migration ledger";
    if !tables_exist(connection)
        .await
        .map_err(Error::request(asking))?
    {
        return Ok(Record::default());
    }
    if is_hidden(connection)
        .await
        .map_err(Error::request(asking))?
    {
        return Err(Error::LedgerHidden);
    }
    let history = Applier::reader(connection)
        .get_applied_migrations(HISTORY)
        .await
        .map_err(|error| Error::Ledger(error.to_string()))?;
    let rows = sqlx::query(
        "SELECT path, sha256, duration_ms, version, done_steps,
                to_char(applied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') AS applied_at
         FROM transcript.applied_files",
    )
    .fetch_all(connection)
    .await
    .map_err(Error::request(asking))?;
    let files = rows.into_iter().map(|row| {
        let done_steps: Option<i32> = row.get("done_steps");
        let file = FileRow {
            sha256: row.get("sha256"),
            applied_at: row.get("applied_at"),
            duration_ms: row.get("duration_ms"),
            version: row.get("version"),
            done_steps: done_steps.and_then(|steps| usize::try_from(steps).ok()),
        };
        (row.get("path"), file)
    });
    Ok(Record {
        history,
        files: files.collect(),
        undone: BTreeSet::new(),
    })
}

/// Makes the ledger where it is missing. The schema may be there already, made by a DBA: asking for
/// it again would need a right on the database that this role may well lack.
pub async fn create(connection: &mut PgConnection) -> Result<(), Refusal> {
    let schema_exists: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'transcript')")
            .fetch_one(&mut *connection)
            .await?;
    if !schema_exists {
        sqlx::raw_sql(SCHEMA).execute(&mut *connection).await?;
    }
    if !tables_exist(connection).await? {
        // One message, hence one transaction.
        sqlx::raw_sql(TABLES).execute(connection).await?;
    }
    Ok(())
}

/// Notes a file as applied, or, with `done_steps`, as applied up to there.
pub async fn note(
    connection: &mut PgConnection,
    file: &SqlFile,
    done_steps: Option<usize>,
    duration_ms: i64,
    rows: &[&str],
) -> sqlx::Result<()> {
    for row in rows {
        sqlx::raw_sql(AssertSqlSafe(*row))
            .execute(&mut *connection)
            .await?;
    }
    let sha256 = match done_steps {
        Some(steps) => file.sha256_of_steps(steps),
        None => file.sha256.clone(),
    };
    sqlx::query(
        "INSERT INTO transcript.applied_files AS f
             (path, sha256, applied_at, duration_ms, version, done_steps)
         VALUES ($1, $2, clock_timestamp(), $3, $4, $5)
         ON CONFLICT (path) DO UPDATE
         SET (sha256, applied_at, duration_ms, version, done_steps)
           = (excluded.sha256, excluded.applied_at, excluded.duration_ms, excluded.version,
              excluded.done_steps)",
    )
    .bind(&file.path)
    .bind(sha256)
    .bind(duration_ms)
    .bind(BINARY_VERSION)
    .bind(done_steps.and_then(|steps| i32::try_from(steps).ok()))
    .execute(connection)
    .await?;
    Ok(())
}

async fn tables_exist(connection: &mut PgConnection) -> sqlx::Result<bool> {
    // Not to_regclass: it fails, instead of answering, for a role without USAGE on the schema.
    let count: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'transcript' AND c.relname IN ('migrations', 'applied_files')",
    )
    .fetch_one(connection)
    .await?;
    Ok(count == 2)
}

/// Row-level security would show this role an empty ledger, and it would apply everything again.
async fn is_hidden(connection: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "SELECT coalesce(bool_or(row_security_active(c.oid) AND NOT EXISTS (
             SELECT FROM pg_policy p, unnest(p.polroles) role
             WHERE p.polrelid = c.oid AND (role = 0 OR pg_has_role(role, 'USAGE')))), false)
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'transcript' AND c.relname IN ('migrations', 'applied_files')",
    )
    .fetch_one(connection)
    .await
}
