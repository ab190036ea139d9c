//! Lines made of other systems' own tables: one query each, as `tables/*.sql` has them.

use std::path::PathBuf;
use std::sync::Arc;

use futures_util::TryStreamExt;
use sqlx::postgres::PgConnectOptions;
use sqlx::{PgConnection, Row};
use tokio::sync::mpsc::{self, Receiver, Sender};

use super::input::Line;
use super::reader::Event;
use crate::cli::Tables;
use crate::error::Error;
use crate::session;

/// Lines read ahead: each may be long.
const AHEAD: usize = 2;

impl Tables {
    /// What messages and dead letters call them.
    fn name(self) -> &'static str {
        match self {
            Self::RunEvents => "<tables of run-events>",
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
            Self::ReplayIo => include_str!("tables/replay-io.sql"),
            Self::AgentsSdk => include_str!("tables/agents-sdk.sql"),
            Self::ChatMessages => include_str!("tables/chat-messages.sql"),
            Self::ConversationEvents => include_str!("tables/conversation-events.sql"),
            Self::MessageParts => include_str!("tables/message-parts.sql"),
        }
    }
}

/// Starts reading; the channel closes after the last line.
pub async fn start(tables: Tables, source: &PgConnectOptions) -> Result<Receiver<Event>, Error> {
    let connection = session::connect(source).await?;
    let (sender, receiver) = mpsc::channel(AHEAD);
    tokio::spawn(async move {
        let path = PathBuf::from(tables.name());
        if let Err(error) = read(connection, tables, &path, &sender).await {
            let reason = std::io::Error::other(error.to_string());
            // If nobody listens any more there is nothing left to report to.
            let _ = sender.send(Event::Failed { path, reason }).await;
        }
    });
    Ok(receiver)
}

async fn read(
    mut connection: PgConnection,
    tables: Tables,
    path: &std::path::Path,
    sender: &Sender<Event>,
) -> sqlx::Result<()> {
    let path = Arc::new(path.to_owned());
    let mut rows = sqlx::query(tables.query())
        .persistent(false)
        .fetch(&mut connection);
    let mut number = 0;
    while let Some(row) = rows.try_next().await? {
        number += 1;
        let line = Line::Whole(row.try_get::<String, _>(0)?.into_bytes());
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
