//! `pg_transcript import`: conversations from JSON Lines into the store.

mod batch;
mod conversation;
mod input;
mod keep;
mod line;
mod progress;
mod reader;
mod store;
mod tables;
mod totals;
mod verdict;

use std::path::Path;

use crate::cli;
use crate::error::Error;
use crate::session;

use crate::interrupt::Interrupt;
use batch::Limits;
use input::Input;
use keep::KEPT_BYTES;
use line::{Importer, Settings};
use progress::Progress;
use reader::Event;
use store::{Owner, Store};

pub use totals::Totals;

/// Runs the command. The totals hold what was done, also when it stops early.
pub async fn run(args: &cli::Import, totals: &mut Totals) -> Result<(), Error> {
    let inputs = inputs(args);
    // All of them, before the first is stored: a misspelt name should not surface after an hour.
    let total = match args.from_tables {
        Some(_) => None,
        None => total_size(&inputs)?,
    };
    let not_empty = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let owner = Owner {
        tenant: not_empty(&args.tenant),
        user: not_empty(&args.user),
    };
    let store = Store::open(session::options(&args.connection)?, owner, args.on_conflict).await?;

    let interrupt = Interrupt::listen();
    let progress = Progress::new(args.progress, total);
    let mut events = match args.from_tables {
        Some(tables) => tables::start(tables, &args.table, &source(args)?, progress.bar()).await?,
        None => reader::start(inputs, args.max_line_bytes, KEPT_BYTES, progress.bar()),
    };
    let settings = Settings {
        format: args.format.clone(),
        // Rows of tables say themselves what number they have.
        is_numbered: args.from_tables.is_none(),
        limits: Limits {
            items: args.batch_items as usize,
            bytes: args.batch_bytes,
        },
    };
    let mut importer = Importer::new(store, settings, progress, interrupt.clone(), totals);
    let result = loop {
        let event = tokio::select! {
            biased;
            () = interrupt.wait() => break Err(Error::Interrupted),
            event = events.recv() => event,
        };
        let result = match event {
            Some(Event::Line { path, number, line }) => importer.line(&path, number, line).await,
            Some(Event::Failed { path, reason }) => Err(Error::Input { path, reason }),
            None => break Ok(()),
        };
        if result.is_err() {
            break result;
        }
    };
    importer.finish();
    result
}

/// Where the tables are: in the database that is imported into, unless another is named.
fn source(args: &cli::Import) -> Result<sqlx::postgres::PgConnectOptions, Error> {
    let named = args.source.clone().or_else(|| args.connection.url.clone());
    session::options(&cli::Connection { url: named })
}

fn inputs(args: &cli::Import) -> Vec<Input> {
    if args.files.is_empty() {
        return vec![Input::Stdin];
    }
    args.files
        .iter()
        .map(|path| Input::of(Path::new(path)))
        .collect()
}

/// None as soon as one size is unknown.
fn total_size(inputs: &[Input]) -> Result<Option<u64>, Error> {
    let mut total = Some(0);
    for input in inputs {
        let size = input.size().map_err(|reason| Error::Input {
            path: input.path(),
            reason,
        })?;
        total = total.zip(size).map(|(a, b)| a + b);
    }
    Ok(total)
}
