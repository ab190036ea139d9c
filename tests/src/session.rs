//! One connection, with the few verbs that tests need.

use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Executor, PgConnection, Row};

/// What `append` says of one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub index: i32,
    pub status: String,
    pub seq: Option<i64>,
    pub reason: Option<String>,
}

pub struct Session {
    pub connection: PgConnection,
}

impl Session {
    pub fn new(connection: PgConnection) -> Session {
        Session { connection }
    }

    /// Runs SQL that must succeed.
    pub async fn run(&mut self, sql: &str) {
        self.try_run(sql)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    pub async fn try_run(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        self.connection
            .execute(AssertSqlSafe(sql.to_owned()))
            .await
            .map(|_| ())
    }

    /// The SQLSTATE, message and hint of SQL that must fail.
    pub async fn error(&mut self, sql: &str) -> (String, String, String) {
        let error = self.try_run(sql).await.expect_err(sql);
        let database = error
            .as_database_error()
            .unwrap_or_else(|| panic!("{sql}: {error}"));
        let postgres = database.downcast_ref::<sqlx::postgres::PgDatabaseError>();
        (
            postgres.code().to_owned(),
            postgres.message().to_owned(),
            postgres.hint().unwrap_or_default().to_owned(),
        )
    }

    pub async fn rows(&mut self, sql: &str) -> Vec<PgRow> {
        sqlx::query(AssertSqlSafe(sql.to_owned()))
            .fetch_all(&mut self.connection)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// The first column of every row, as text.
    pub async fn texts(&mut self, sql: &str) -> Vec<String> {
        let sql = format!("select q.*::text from ({sql}) as q");
        self.rows(&sql)
            .await
            .iter()
            .map(|row| row.get::<Option<String>, _>(0).unwrap_or_default())
            .collect()
    }

    /// One number.
    pub async fn number(&mut self, sql: &str) -> i64 {
        let sql = format!("select ({sql})::bigint");
        self.rows(&sql).await[0]
            .get::<Option<i64>, _>(0)
            .unwrap_or_else(|| panic!("{sql}: null"))
    }

    /// One text; empty for null.
    pub async fn text(&mut self, sql: &str) -> String {
        let sql = format!("select ({sql})::text");
        self.rows(&sql).await[0]
            .get::<Option<String>, _>(0)
            .unwrap_or_default()
    }

    pub async fn set_tenant(&mut self, tenant: &str) {
        sqlx::query("select set_config('transcript.tenant', $1, false)")
            .bind(tenant)
            .execute(&mut self.connection)
            .await
            .expect("a setting is set");
    }

    /// Appends a batch given as JSON text.
    pub async fn append(&mut self, batch: &str, format: &str) -> Vec<Verdict> {
        self.try_append(batch, format)
            .await
            .unwrap_or_else(|error| panic!("append: {error}"))
    }

    pub async fn try_append(
        &mut self,
        batch: &str,
        format: &str,
    ) -> Result<Vec<Verdict>, sqlx::Error> {
        let rows = sqlx::query(
            "select index, status, seq, reason from transcript.append(transcript.parse($1), $2)",
        )
        .bind(batch)
        .bind(format)
        .fetch_all(&mut self.connection)
        .await?;
        Ok(rows
            .iter()
            .map(|row| Verdict {
                index: row.get(0),
                status: row.get(1),
                seq: row.get(2),
                reason: row.get(3),
            })
            .collect())
    }
}

/// The SQLSTATE of an error; empty when it is not the server's.
pub fn sqlstate(error: &sqlx::Error) -> String {
    error
        .as_database_error()
        .and_then(|e| e.code())
        .map(|c| c.into_owned())
        .unwrap_or_default()
}
