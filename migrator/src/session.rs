//! One dedicated connection: where it goes, its name, its timeouts.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection};

use crate::cli;
use crate::error::Error;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// Reads `--url` or DATABASE_URL, else the PG* variables.
pub fn options(connection: &cli::Connection) -> Result<PgConnectOptions, Error> {
    let options = match connection.url.as_deref().filter(|url| !url.is_empty()) {
        // sqlx would take `me:password@host/db` for a URL with the scheme `me`.
        Some(url) if !url.starts_with("postgres://") && !url.starts_with("postgresql://") => {
            return Err(Error::Url("it does not begin with postgres://".to_owned()));
        }
        Some(url) => PgConnectOptions::from_str(&with_host(url))
            .map_err(|error| Error::Url(error.to_string()))?,
        None => PgConnectOptions::new(),
    };
    // Statement logs would carry row content.
    Ok(options
        .application_name("pg_transcript")
        .disable_statement_logging())
}

/// Opens the connection.
pub async fn connect(options: &PgConnectOptions) -> Result<PgConnection, Error> {
    let failed = |reason: String| Error::Connect {
        target: target(options),
        reason,
    };
    match tokio::time::timeout(CONNECT_TIMEOUT, options.connect()).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(error)) => Err(failed(error.to_string())),
        Err(_) => Err(failed(format!(
            "no answer within {}s",
            CONNECT_TIMEOUT.as_secs()
        ))),
    }
}

/// The psql command that reaches the same database, without naming a role or a password.
pub fn psql(options: &PgConnectOptions, database: &str) -> String {
    let quoted = database.replace('\'', r"'\''");
    format!(
        "psql -h {} -p {} -d '{quoted}'",
        host(options),
        options.get_port()
    )
}

/// How long the statements of a migration may wait and run.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// Longest wait for a table lock: everybody else queues behind it meanwhile.
    pub lock: Duration,
    /// Longest run of a statement that holds locks in a transaction.
    pub statement: Duration,
}

impl Timeouts {
    /// For a statement outside a transaction: it may run as long as it needs.
    pub fn unhurried(self) -> Self {
        Self {
            statement: Duration::ZERO,
            ..self
        }
    }

    /// For a CONCURRENTLY statement, which blocks nobody while it waits, and leaves an invalid index
    /// or a half-detached partition behind when it is cut short.
    pub fn concurrent() -> Self {
        Self {
            lock: Duration::ZERO,
            statement: Duration::ZERO,
        }
    }

    /// Sets them for the session.
    pub async fn apply(self, connection: &mut PgConnection) -> sqlx::Result<()> {
        let settings = format!(
            "SET lock_timeout = {}; SET statement_timeout = {}; \
             SET idle_in_transaction_session_timeout = '5min'",
            self.lock.as_millis(),
            self.statement.as_millis()
        );
        sqlx::raw_sql(AssertSqlSafe(settings))
            .execute(connection)
            .await?;
        Ok(())
    }
}

fn host(options: &PgConnectOptions) -> String {
    match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => options.get_host().to_owned(),
    }
}

fn target(options: &PgConnectOptions) -> String {
    let database = options.get_database().unwrap_or(options.get_username());
    format!(
        "database {database:?} at {} port {} as {:?}",
        host(options),
        options.get_port(),
        options.get_username()
    )
}

/// libpq allows `user@/db?host=/socket/dir`; the URL parser refuses a user without a host.
fn with_host(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let host_missing = authority.ends_with('@') || authority.contains("@:");
    if !host_missing {
        return url.to_owned();
    }
    let user_end = authority.rfind('@').map_or(0, |at| at + 1);
    format!(
        "{scheme}://{}localhost{}",
        &rest[..user_end],
        &rest[user_end..]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> PgConnectOptions {
        options(&cli::Connection {
            url: Some(url.to_owned()),
        })
        .expect(url)
    }

    #[test]
    fn socket_urls_with_and_without_user() {
        for url in [
            "postgres://me@/db?host=/run/pg&port=5555",
            "postgres://me@localhost/db?host=/run/pg&port=5555",
            "postgresql://me@%2Frun%2Fpg:5555/db",
            "postgres://me@:5555/db?host=/run/pg",
            "postgres:///db?host=/run/pg&port=5555&user=me",
        ] {
            let options = read(url);
            assert_eq!(host(&options), "/run/pg", "{url}");
            assert_eq!(options.get_port(), 5555, "{url}");
            assert_eq!(options.get_username(), "me", "{url}");
            assert_eq!(options.get_database(), Some("db"), "{url}");
            assert_eq!(options.get_application_name(), Some("pg_transcript"));
        }
    }

    #[test]
    fn no_message_repeats_a_password() {
        let shown = target(&read("postgres://me:geheim@db.example:6543/app"));
        assert_eq!(shown, "database \"app\" at db.example port 6543 as \"me\"");
        for bad in [
            "postgres://me:geheim@:x/db",
            "me:geheim@db",
            "postgres://me:geheim@[::/db",
        ] {
            let error = options(&cli::Connection {
                url: Some(bad.to_owned()),
            })
            .unwrap_err();
            assert!(!error.to_string().contains("geheim"), "{error}");
        }
    }

    #[test]
    fn psql_quotes_the_database() {
        let options = read("postgres://me@/db?host=/run/pg&port=5555");
        assert_eq!(
            psql(&options, "it's"),
            r"psql -h /run/pg -p 5555 -d 'it'\''s'"
        );
    }
}
