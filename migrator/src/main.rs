//! Installs, upgrades and fills the PostgreSQL transcript store.

mod apply;
mod backoff;
mod cli;
mod dba;
mod drift;
mod embedded;
mod error;
mod import;
mod interrupt;
mod invalid_index;
mod ledger;
mod lexer;
mod lock;
mod migrate;
mod plan;
mod preflight;
mod quantity;
mod reapply;
mod rebuild;
mod redact;
mod refusal;
mod roles;
mod session;
mod status;
mod steps;

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use serde::Serialize;

use crate::cli::{Cli, Command};
use crate::error::Error;

/// Of every `--json` document: raised when a field changes its meaning or goes away.
const SCHEMA_VERSION: u32 = 1;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    ExitCode::from(match cli.command {
        Command::Migrate(args) => {
            let mut report = migrate::Report::default();
            let result = migrate::run(&args, &mut report).await;
            match (args.json, &result) {
                (true, _) => print_json("migrate", Some(&report), result.as_ref().err()),
                (false, Ok(())) => migrate::print(&report),
                (false, Err(_)) if !report.applied.is_empty() => migrate::print(&report),
                (false, Err(_)) => {}
            }
            result.map_or_else(complain, |()| 0)
        }
        Command::Status(args) => match status::run(&args).await {
            Ok((report, code)) => {
                if args.json {
                    print_json("status", Some(&report), None);
                } else {
                    status::print(&report);
                }
                code
            }
            Err(error) => {
                if args.json {
                    print_json::<status::Report>("status", None, Some(&error));
                }
                complain(error)
            }
        },
        Command::Import(args) => {
            let mut totals = import::Totals::default();
            let result = import::run(&args, &mut totals).await;
            if args.json {
                print_json("import", Some(&totals), result.as_ref().err());
            } else if result.is_ok() || !totals.is_empty() {
                totals.print();
            }
            result.map_or_else(complain, |()| totals.exit_code())
        }
        Command::Redact(args) => {
            let mut report = redact::Report::default();
            let result = redact::run(&args, &mut report).await;
            if args.json {
                print_json("redact", Some(&report), result.as_ref().err());
            } else if result.is_ok() || !report.is_empty() {
                report.print();
            }
            result.map_or_else(complain, |()| report.exit_code())
        }
        Command::Drift(args) => match drift::run(&args).await {
            Ok(report) => {
                if args.json {
                    print_json("drift", Some(&report), None);
                } else {
                    report.print();
                }
                report.exit_code()
            }
            Err(error) => {
                if args.json {
                    print_json::<drift::Report>("drift", None, Some(&error));
                }
                complain(error)
            }
        },
        Command::Rebuild(args) => {
            let mut report = rebuild::Report::default();
            let result = rebuild::run(&args, &mut report).await;
            if args.json {
                print_json("rebuild", Some(&report), result.as_ref().err());
            } else if result.is_ok() || !report.stores.is_empty() {
                report.print();
            }
            result.map_or_else(complain, |()| report.exit_code())
        }
    })
}

/// One document on stdout, whatever happened.
fn print_json<T: Serialize>(command: &'static str, report: Option<&T>, error: Option<&Error>) {
    #[derive(Serialize)]
    struct Document<'a, T> {
        schema_version: u32,
        command: &'static str,
        #[serde(flatten)]
        report: Option<&'a T>,
        error: Option<Failed>,
    }
    #[derive(Serialize)]
    struct Failed {
        exit_code: u8,
        message: String,
        hint: Option<String>,
    }
    let error = error.map(|error| Failed {
        exit_code: error.exit_code(),
        message: error.to_string(),
        hint: error.hint(),
    });
    let document = Document {
        schema_version: SCHEMA_VERSION,
        command,
        report,
        error,
    };
    println!(
        "{}",
        serde_json::to_string(&document).expect("keys are strings")
    );
}

/// The failure on stderr; gives its exit code.
fn complain(error: Error) -> u8 {
    eprintln!("error: {error}");
    if let Some(hint) = error.hint() {
        eprintln!("hint: {hint}");
    }
    error.exit_code()
}

/// clap ends usage errors with 2, which here means that changes are pending.
fn usage(error: &clap::Error) -> ExitCode {
    let printed = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion if printed.is_ok() => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
