//! The two calls an import makes, each in a transaction, tried again when the server was busy or away.

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection, Row};

use crate::backoff;
use crate::cli::OnConflict;
use crate::error::Error;
use crate::refusal::Refusal;
use crate::session;

/// How often a call is made while the server is busy or away; with the pauses about half a minute.
const ATTEMPTS: u32 = 6;

/// Whose conversations these are.
#[derive(Debug, Clone)]
pub struct Owner {
    /// None where a transcript.tenant setting of the role or database holds.
    pub tenant: Option<String>,
    pub user: Option<String>,
}

/// The server's word on one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Place in the batch.
    pub index: i32,
    pub status: String,
    pub reason: Option<String>,
}

/// A line to keep although it cannot be stored.
#[derive(Debug)]
pub struct Rejected<'a> {
    pub source: &'a str,
    pub line: i64,
    pub format: Option<&'a str>,
    pub reason: &'a str,
    pub raw: &'a str,
}

/// The database being filled.
pub struct Store {
    options: PgConnectOptions,
    owner: Owner,
    on_conflict: OnConflict,
    connection: Option<PgConnection>,
}

impl Store {
    /// Connects, and makes sure that there is a tenant to write for.
    pub async fn open(
        options: PgConnectOptions,
        owner: Owner,
        on_conflict: OnConflict,
    ) -> Result<Self, Error> {
        let mut connection = session::connect(&options).await?;
        if owner.tenant.is_none() {
            // The simple protocol passes a transaction pooler in one piece.
            let row =
                sqlx::raw_sql("SELECT nullif(current_setting('transcript.tenant', true), '')")
                    .fetch_one(&mut connection)
                    .await
                    .map_err(Error::request("asking for the tenant in force"))?;
            let setting: Option<String> = row.get(0);
            if setting.is_none() {
                return Err(Error::NoTenant);
            }
        }
        Ok(Self {
            options,
            owner,
            on_conflict,
            connection: Some(connection),
        })
    }

    /// Stores one envelope. Safe to repeat: what was stored before is a duplicate.
    pub async fn append(&mut self, envelope: &str, format: &str) -> Result<Vec<Verdict>, Refusal> {
        let on_conflict = self.on_conflict.name();
        self.persist(async |connection, owner| {
            let mut transaction = begin(connection, owner).await?;
            let rows = sqlx::query(
                "SELECT index, status, reason FROM transcript.append(transcript.parse($1::text), $2, $3)",
            )
            .bind(envelope)
            .bind(format)
            .bind(on_conflict)
            // Prepared for once: a transaction pooler may give the next transaction to another
            // server session.
            .persistent(false)
            .fetch_all(&mut *transaction)
            .await?;
            transaction.commit().await?;
            rows.iter()
                .map(|row| {
                    Ok(Verdict {
                        index: row.try_get("index")?,
                        status: row.try_get("status")?,
                        reason: row.try_get("reason")?,
                    })
                })
                .collect()
        })
        .await
    }

    /// Keeps a line in the table of rejected input.
    pub async fn reject(&mut self, rejected: &Rejected<'_>) -> Result<(), Refusal> {
        self.persist(async |connection, owner| {
            let mut transaction = begin(connection, owner).await?;
            sqlx::query("SELECT transcript.reject($1, $2, $3, $4, $5)")
                .bind(rejected.source)
                .bind(rejected.line)
                .bind(rejected.format)
                .bind(rejected.reason)
                .bind(rejected.raw)
                .persistent(false)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await
        })
        .await
    }

    /// Makes the call until it succeeds, is refused for good, or has been made often enough.
    async fn persist<T>(
        &mut self,
        call: impl AsyncFn(&mut PgConnection, &Owner) -> sqlx::Result<T>,
    ) -> Result<T, Refusal> {
        let mut attempt = 1;
        loop {
            let refusal = match self.connected().await {
                Ok(()) => {
                    let connection = self.connection.as_mut().expect("connected just now");
                    match call(connection, &self.owner).await {
                        Ok(value) => return Ok(value),
                        Err(error) => Refusal::from(error),
                    }
                }
                Err(refusal) => refusal,
            };
            if refusal.is_disconnect() {
                self.connection = None;
            } else if !refusal.is_contention() {
                return Err(refusal);
            }
            if attempt == ATTEMPTS {
                return Err(refusal);
            }
            tokio::time::sleep(backoff::pause(attempt)).await;
            attempt += 1;
        }
    }

    async fn connected(&mut self) -> Result<(), Refusal> {
        if self.connection.is_none() {
            let connection = session::connect(&self.options)
                .await
                .map_err(|error| Refusal {
                    lost: true,
                    ..Refusal::ours(error.to_string())
                })?;
            self.connection = Some(connection);
        }
        Ok(())
    }
}

/// A transaction that acts for the owner; the settings end with it, also behind a pooler.
async fn begin<'c>(
    connection: &'c mut PgConnection,
    owner: &Owner,
) -> sqlx::Result<sqlx::Transaction<'c, sqlx::Postgres>> {
    let mut transaction = connection.begin().await?;
    let settings = [
        ("transcript.tenant", &owner.tenant),
        ("transcript.user_id", &owner.user),
    ];
    for (name, value) in settings {
        if let Some(value) = value {
            sqlx::query("SELECT set_config($1, $2, true)")
                .bind(name)
                .bind(value)
                .persistent(false)
                .execute(&mut *transaction)
                .await?;
        }
    }
    Ok(transaction)
}
