//! The command line. These comments are the manual that `--help` prints.

mod exit_codes;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::quantity;

/// Install, upgrade and fill the PostgreSQL transcript store.
#[derive(Debug, Parser)]
#[command(name = "pg_transcript", version, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Bring the database's schema to what this binary carries.
    ///
    /// Runs one at a time per database, each file with its ledger row in one transaction, so it can
    /// be stopped and repeated at any point. Files whose first line is `-- no-transaction` run one
    /// statement at a time and resume at the first unfinished one; a statement the machine died in
    /// runs again, so write each to bear that (IF NOT EXISTS). Invalid indexes that a broken
    /// CREATE INDEX CONCURRENTLY left behind are dropped and built anew.
    #[command(after_help = exit_codes::MIGRATE)]
    Migrate(Migrate),
    /// Compare the database with the files this binary carries; writes nothing.
    #[command(after_help = exit_codes::STATUS)]
    Status(Status),
    /// Store transcripts from JSON Lines files: plain, gzip or zstd.
    ///
    /// One conversation per line: {"source"?, "format", "conversation_id", "meta"?, "items": […]}.
    /// Storing is idempotent: what was stored before counts as duplicate, so an interrupted import
    /// is simply run again. Lines that cannot be stored are reported, kept in the database's table
    /// of rejected input, and do not stop the rest.
    #[command(after_help = exit_codes::IMPORT)]
    Import(Import),
    /// Apply today's redaction policies to history that was stored under older ones.
    ///
    /// Without --execute it says what would change and changes nothing. With it, history is swept in
    /// batches of one transaction each, while agents go on writing; it can be stopped at any point,
    /// and goes on there when it is run again. Conversations on hold are left as they are. Every
    /// sweep leaves a receipt in transcript.redaction_receipts. Needs role transcript_redactor.
    #[command(after_help = exit_codes::REDACT)]
    Redact(Redact),
    /// Compare attached session stores with the log: what is missing, extra, altered, reordered or
    /// duplicated, per session and kind.
    ///
    /// Compares sessions that were written to since the last check, or with --full all of them. What
    /// retention purged and what was taken back on record is no drift. The result stays in
    /// transcript.drift, a summary per store in transcript.drift_checks. Run it as a member of
    /// transcript_owner.
    #[command(after_help = exit_codes::DRIFT)]
    Drift(Drift),
    /// Append what attached session stores have and the log does not.
    ///
    /// Rows that were there before the table was attached, and rows whose event was lost. What is in
    /// the log keeps its place. Each part is a transaction of its own: it can be stopped at any point,
    /// and goes on with the rest when it is run again. Run it as a member of transcript_owner.
    #[command(after_help = exit_codes::REBUILD)]
    Rebuild(Rebuild),
}

#[derive(Debug, Args)]
pub struct Connection {
    /// Database to work on, postgres://user@host:5432/db or postgres://user@/db?host=/socket/dir.
    /// Without it, the PGHOST, PGPORT, PGUSER, PGDATABASE, PGPASSWORD … variables hold.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub url: Option<String>,
}

#[derive(Debug, Args)]
pub struct Migrate {
    #[command(flatten)]
    pub connection: Connection,
    /// List what would be applied; write nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Print one JSON document on stdout.
    #[arg(long)]
    pub json: bool,
    /// How long to wait for another migration of this database to finish (90s, 5m).
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = quantity::duration)]
    pub lock_wait: Duration,
    /// How long one statement may queue for a table lock, and others behind it, before it steps
    /// back and tries again (up to 10 times); 0 waits without end.
    #[arg(long, value_name = "DURATION", default_value = "3s", value_parser = quantity::duration)]
    pub lock_timeout: Duration,
    /// How long one statement may run inside a transaction; 0 is without end. Statements of a
    /// no-transaction file are never cut short.
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = quantity::duration)]
    pub statement_timeout: Duration,
}

#[derive(Debug, Args)]
pub struct Status {
    #[command(flatten)]
    pub connection: Connection,
    /// Print one JSON document on stdout.
    #[arg(long)]
    pub json: bool,
    /// Exit with 2 when anything is pending.
    #[arg(long)]
    pub exit_code: bool,
}

#[derive(Debug, Args)]
pub struct Import {
    /// Files to read; `-` or none reads standard input. Compression is recognised by content.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub connection: Connection,
    /// Read another system's own tables instead of files, as its schema and search_path have them.
    #[arg(long, value_enum, value_name = "TABLES", conflicts_with = "files")]
    pub from_tables: Option<Tables>,
    /// Database with these tables; without it, the one that is imported into.
    #[arg(
        long,
        value_name = "URL",
        requires = "from_tables",
        env = "PG_TRANSCRIPT_SOURCE",
        hide_env_values = true
    )]
    pub source: Option<String>,
    /// Table of the sessions of agents-sdk, where it is not agent_messages.
    #[arg(
        long,
        value_name = "TABLE",
        requires = "from_tables",
        default_value = "agent_messages"
    )]
    pub table: String,
    /// Tenant the conversations belong to; not needed where the role or database has a
    /// transcript.tenant setting.
    #[arg(long, env = "PG_TRANSCRIPT_TENANT")]
    pub tenant: Option<String>,
    /// User, within the tenant, the conversations belong to.
    #[arg(long)]
    pub user: Option<String>,
    /// Format of the lines that do not name their own.
    #[arg(long)]
    pub format: Option<String>,
    /// What becomes of an item that comes again with another payload: a conflict that is reported, a
    /// duplicate, or the new state of the event, whose earlier states go to the audit log.
    #[arg(long, value_enum, default_value_t = OnConflict::Report)]
    pub on_conflict: OnConflict,
    /// Print the totals as one JSON document on stdout.
    #[arg(long)]
    pub json: bool,
    /// Items stored per transaction, at most.
    #[arg(long, value_name = "N", default_value = "500", value_parser = clap::value_parser!(u32).range(1..))]
    pub batch_items: u32,
    /// Bytes of items stored per transaction; a single larger item goes alone.
    #[arg(long, value_name = "SIZE", default_value = "4MiB", value_parser = quantity::size)]
    pub batch_bytes: usize,
    /// Longest line that is read whole; a longer one is rejected.
    #[arg(long, value_name = "SIZE", default_value = "256MiB", value_parser = quantity::size)]
    pub max_line_bytes: usize,
    /// Show progress on stderr; auto does so on a terminal.
    #[arg(long, value_enum, default_value_t = When::Auto)]
    pub progress: When,
}

#[derive(Debug, Args)]
pub struct Redact {
    #[command(flatten)]
    pub connection: Connection,
    /// Sweep what is stored already.
    #[arg(long, required = true)]
    pub backfill: bool,
    /// Tenant whose history it is; without it, all tenants that have any.
    #[arg(long, env = "PG_TRANSCRIPT_TENANT")]
    pub tenant: Option<String>,
    /// Change what the plan says.
    #[arg(long)]
    pub execute: bool,
    /// Rows looked at per transaction, at most; a transaction also ends after 200 ms.
    #[arg(long, value_name = "N", default_value = "1000", value_parser = clap::value_parser!(i32).range(1..=100_000))]
    pub batch: i32,
    /// Sweep conversations on hold, too.
    #[arg(long)]
    pub include_held: bool,
    /// Look also at rows that say they are stored under today's policy: after an update of the
    /// extension, whose detectors may know more.
    #[arg(long)]
    pub every_row: bool,
    /// VACUUM what was swept, so that no old row version stays. Needs the rights of the tables' owner.
    #[arg(long, requires = "execute")]
    pub vacuum: bool,
    /// Print the plan or the receipts as one JSON document on stdout.
    #[arg(long)]
    pub json: bool,
    /// Show progress on stderr, where that is a terminal.
    #[arg(long, value_enum, default_value_t = When::Auto)]
    pub progress: When,
}

#[derive(Debug, Args)]
pub struct Drift {
    #[command(flatten)]
    pub connection: Connection,
    /// Table of the session store; without it, all that are attached.
    #[arg(long, value_name = "TABLE")]
    pub store: Option<String>,
    /// One session of the store.
    #[arg(long, requires = "store", conflicts_with = "full")]
    pub session: Option<String>,
    /// Compare every session, not only those that could have changed since the last check.
    #[arg(long)]
    pub full: bool,
    /// Print one JSON document on stdout.
    #[arg(long)]
    pub json: bool,
    /// Show progress on stderr, where that is a terminal.
    #[arg(long, value_enum, default_value_t = When::Auto)]
    pub progress: When,
}

#[derive(Debug, Args)]
pub struct Rebuild {
    #[command(flatten)]
    pub connection: Connection,
    /// Table of the session store; without it, all that are attached.
    #[arg(long, value_name = "TABLE")]
    pub store: Option<String>,
    /// One session of the store.
    #[arg(long, requires = "store")]
    pub session: Option<String>,
    /// Also write what the rows say over events that say something else; the events' states go to the
    /// audit log.
    #[arg(long)]
    pub replace: bool,
    /// Say which sessions differ; write nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Sessions per transaction, at most.
    #[arg(long, value_name = "N", default_value = "50", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub batch: u32,
    /// Print one JSON document on stdout.
    #[arg(long)]
    pub json: bool,
    /// Show progress on stderr; auto does so on a terminal.
    #[arg(long, value_enum, default_value_t = When::Auto)]
    pub progress: When,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum When {
    Always,
    Auto,
    Never,
}

/// Tables that other systems keep their history in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Tables {
    /// agent_run_events: a product's log of run events.
    RunEvents,
    /// agent_run_usage, beside agent_run_events: what its responses used.
    RunUsage,
    /// conversation_ledger_events: a product's ledger of what its streams sent.
    LedgerEvents,
    /// agent_messages with a position in a conversation: a product's messages beside its run events.
    AgentMessages,
    /// agent_model_io, agent_tool_io and agent_io_blobs: ledgers of model and tool calls.
    ReplayIo,
    /// agent_messages, or --table: the Agents SDK's sessions.
    AgentsSdk,
    /// conversations and messages with role and content: a product's own chat.
    ChatMessages,
    /// conversation_events: an agent orchestrator's events.
    ConversationEvents,
    /// messages and parts: conversation tracing.
    MessageParts,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnConflict {
    Report,
    Ignore,
    Merge,
}

impl OnConflict {
    /// As `transcript.append` calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Ignore => "ignore",
            Self::Merge => "merge",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
