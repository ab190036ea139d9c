//! Lines made of other systems' own tables: one query each, as `tables/*.sql` has them.

use std::path::PathBuf;
use std::sync::Arc;

use futures_util::TryStreamExt;
use indicatif::ProgressBar;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, PgConnection, Row};
use tokio::sync::mpsc::{self, Receiver, Sender};

use super::input::Line;
use super::reader::Event;
use crate::cli::Tables;
use crate::error::Error;
use crate::refusal::Refusal;
use crate::session;

/// Lines read ahead: each may be long.
const AHEAD: usize = 2;
/// Stands in a query for a table whose name its users choose.
const NAMED: &str = "{table}";

impl Tables {
    /// What messages and dead letters call them.
    fn name(self) -> &'static str {
        match self {
            Self::RunEvents => "<tables of run-events>",
            Self::RunUsage => "<tables of run-usage>",
            Self::LedgerEvents => "<tables of ledger-events>",
            Self::AgentMessages => "<tables of agent-messages>",
            Self::ReplayIo => "<tables of replay-io>",
            Self::AgentsSdk => "<tables of agents-sdk>",
            Self::ChatMessages => "<tables of chat-messages>",
            Self::ConversationEvents => "<tables of conversation-events>",
            Self::MessageParts => "<tables of message-parts>",
        }
    }

    /// Gives lines as files have them, in the order in which conversations went.
    fn query(self) -> &'static str {
        match self {
            Self::RunEvents => include_str!("tables/run-events.sql"),
            Self::RunUsage => include_str!("tables/run-usage.sql"),
            Self::LedgerEvents => include_str!("tables/ledger-events.sql"),
            Self::AgentMessages => include_str!("tables/agent-messages.sql"),
            Self::ReplayIo => include_str!("tables/replay-io.sql"),
            Self::AgentsSdk => include_str!("tables/agents-sdk.sql"),
            Self::ChatMessages => include_str!("tables/chat-messages.sql"),
            Self::ConversationEvents => include_str!("tables/conversation-events.sql"),
            Self::MessageParts => include_str!("tables/message-parts.sql"),
        }
    }
}

/// Starts reading; the channel closes after the last line. `table`: the one that a framework's user names.
pub async fn start(
    tables: Tables,
    table: &str,
    source: &PgConnectOptions,
    bar: ProgressBar,
) -> Result<Receiver<Event>, Error> {
    let table = table.to_owned();
    let connection = session::connect(source).await?;
    let (sender, receiver) = mpsc::channel(AHEAD);
    tokio::spawn(async move {
        let path = PathBuf::from(tables.name());
        if let Err(error) = read(connection, tables, &table, &path, &sender, &bar).await {
            let reason = std::io::Error::other(Refusal::from(error).to_string());
            // If nobody listens any more there is nothing left to report to.
            let _ = sender.send(Event::Failed { path, reason }).await;
        }
    });
    Ok(receiver)
}

async fn read(
    mut connection: PgConnection,
    tables: Tables,
    table: &str,
    path: &std::path::Path,
    sender: &Sender<Event>,
    bar: &ProgressBar,
) -> sqlx::Result<()> {
    let path = Arc::new(path.to_owned());
    let mut query = tables.query().to_owned();
    if query.contains(NAMED) {
        // As the server quotes it: it stands in the query itself.
        let named = sqlx::query("SELECT $1::text::regclass::text")
            .bind(table)
            .persistent(false)
            .fetch_one(&mut connection)
            .await?;
        query = query.replace(NAMED, named.try_get(0)?);
    }
    let mut rows = sqlx::query(AssertSqlSafe(query))
        .persistent(false)
        .fetch(&mut connection);
    let mut number = 0;
    while let Some(row) = rows.try_next().await? {
        number += 1;
        let line = row.try_get::<String, _>(0)?.into_bytes();
        bar.inc(line.len() as u64);
        let line = Line::Whole(line);
        let path = Arc::clone(&path);
        if sender
            .send(Event::Line { path, number, line })
            .await
            .is_err()
        {
            return Ok(());
        }
    }
    Ok(())
}
