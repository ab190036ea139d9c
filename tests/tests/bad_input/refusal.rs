//! What every refusal must be: with a hint, without content, and nothing half done.

use sqlx::postgres::PgDatabaseError;
use tests::Session;

pub const CANARY: &str = "kanarienvogel";
pub const APPEND: &str = "select * from transcript.append(transcript.parse($1))";

/// Runs SQL with a bound text that must fail; the error has a hint and no content.
pub async fn refused(session: &mut Session, sql: &str, bound: &str) -> (String, String, String) {
    let query = sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).bind(bound);
    let shown: String = bound.chars().take(100).collect();
    let outcome = query.fetch_all(&mut session.connection).await;
    let error = outcome
        .err()
        .unwrap_or_else(|| panic!("{sql} took {shown}"));
    let database = error
        .as_database_error()
        .unwrap_or_else(|| panic!("{sql}: {error}"));
    let error = database.downcast_ref::<PgDatabaseError>();
    assert!(
        !format!("{error:?}").contains(CANARY),
        "{shown}: content in {error:?}"
    );
    let hint = error.hint().unwrap_or_default().to_owned();
    assert!(!hint.is_empty(), "{shown}: no hint in {error:?}");
    assert!(error.message().len() < 300, "{error:?}");
    (error.code().to_owned(), error.message().to_owned(), hint)
}

/// Rows of every table that a caller writes.
pub async fn counts(dba: &mut Session) -> String {
    let tables = [
        "conversations",
        "runs",
        "events",
        "blobs",
        "rejected",
        "audit_log",
    ];
    let counts = tables.map(|table| format!("(select count(*) from transcript.{table})"));
    dba.text(&format!(
        "concat_ws(' ', {}, (select sum(next_seq) from transcript.conversations))",
        counts.join(", ")
    ))
    .await
}
