//! `pg_transcript status`: reads, and writes nothing.

use serde::Serialize;
use sqlx::{PgConnection, Row};

use crate::cli;
use crate::embedded::Tree;
use crate::error::Error;
use crate::ledger::{BINARY_VERSION, Record};
use crate::plan::{self, State};
use crate::preflight::{self, Finding};
use crate::reapply;
use crate::session;

/// The exit code that says there is something to migrate.
const PENDING: u8 = 2;

/// The database beside this binary, as `--json` prints it.
#[derive(Debug, Serialize)]
pub struct Report {
    pub binary: &'static str,
    pub server: String,
    pub extension: Extension,
    pub files: Vec<File>,
    pub summary: Summary,
    /// What would stop migrate.
    pub findings: Vec<Finding>,
}

/// Versions of the extension.
#[derive(Debug, Serialize)]
pub struct Extension {
    pub installed: Option<String>,
    pub available: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct File {
    pub path: String,
    pub state: State,
    pub applied_at: Option<String>,
    pub duration_ms: Option<i64>,
    /// Set while a no-transaction file is unfinished.
    pub done_steps: Option<usize>,
}

/// How many files are in each state.
#[derive(Debug, Serialize)]
pub struct Summary {
    pub applied: usize,
    pub pending: usize,
    pub changed: usize,
    pub undone: usize,
    pub missing: usize,
}

/// Reads the status and the exit code that tells of it.
pub async fn run(args: &cli::Status) -> Result<(Report, u8), Error> {
    let options = session::options(&args.connection)?;
    let mut connection = session::connect(&options).await?;
    let tree = Tree::embedded();
    let (server, extension) = versions(&mut connection)
        .await
        .map_err(Error::request("asking for the server's versions"))?;
    let record = reapply::read(&mut connection, &tree).await?;

    let files = files(&tree, &record);
    let count = |state| files.iter().filter(|file| file.state == state).count();
    let summary = Summary {
        applied: count(State::Applied),
        pending: count(State::Pending),
        changed: count(State::Changed),
        undone: count(State::Undone),
        missing: count(State::Missing),
    };
    let code = match preflight::verify(&tree, &record) {
        Err(error) => error.exit_code(),
        Ok(()) if summary.pending + summary.changed + summary.undone > 0 => PENDING,
        Ok(()) => 0,
    };
    let findings = preflight::findings(&tree, &record);
    let report = Report {
        binary: BINARY_VERSION,
        server,
        extension,
        files,
        summary,
        findings,
    };
    // Pending changes are no fault: a pipeline asks for that code. Anything else is one.
    let code = if code == PENDING && !args.exit_code {
        0
    } else {
        code
    };
    Ok((report, code))
}

/// The report for people.
pub fn print(report: &Report) {
    let or_none = |version: &Option<String>| version.clone().unwrap_or_else(|| "none".to_owned());
    println!("binary     {}", report.binary);
    println!("server     {}", report.server);
    println!(
        "extension  {} installed, {} available",
        or_none(&report.extension.installed),
        or_none(&report.extension.available)
    );
    println!();
    for file in &report.files {
        let state = format!("{:?}", file.state).to_lowercase();
        let when = file.applied_at.as_deref().unwrap_or_default();
        let took = file
            .duration_ms
            .map(|ms| format!("{ms} ms"))
            .unwrap_or_default();
        let steps = file
            .done_steps
            .map(|n| format!("  {n} statements done"))
            .unwrap_or_default();
        let line = format!("{state:<8} {:<44} {when:<20} {took:>9}{steps}", file.path);
        println!("{}", line.trim_end());
    }
    for finding in &report.findings {
        println!("wrong: {finding}");
    }
    let Summary {
        applied,
        pending,
        changed,
        undone,
        missing,
    } = &report.summary;
    println!(
        "{applied} applied, {pending} pending, {changed} changed, {undone} undone, {missing} missing"
    );
}

fn files(tree: &Tree, record: &Record) -> Vec<File> {
    let file = |path: &str, state| {
        let row = record.files.get(path);
        File {
            path: path.to_owned(),
            state,
            applied_at: row.map(|row| row.applied_at.clone()),
            duration_ms: row.map(|row| row.duration_ms),
            done_steps: row.and_then(|row| row.done_steps),
        }
    };
    let mut files: Vec<File> = plan::standings(tree, record)
        .iter()
        .map(|standing| file(&standing.file.path, standing.state))
        .collect();
    let known: Vec<&String> = tree.files().map(|file| &file.path).collect();
    let missing = record.files.keys().filter(|path| !known.contains(path));
    files.extend(missing.map(|path| file(path, State::Missing)));
    files
}

async fn versions(connection: &mut PgConnection) -> sqlx::Result<(String, Extension)> {
    let row = sqlx::query(
        "SELECT current_setting('server_version'),
                (SELECT extversion FROM pg_extension WHERE extname = 'pg_transcript'),
                (SELECT default_version FROM pg_available_extensions WHERE name = 'pg_transcript')",
    )
    .fetch_one(connection)
    .await?;
    Ok((
        row.get(0),
        Extension {
            installed: row.get(1),
            available: row.get(2),
        },
    ))
}
