//! Indexes that a broken CREATE INDEX CONCURRENTLY left behind.
//!
//! `IF NOT EXISTS` takes such an index for done and skips it, although no query will ever use it.

use sqlx::{AssertSqlSafe, PgConnection};

use crate::lexer::{self, Kind, Token};

/// Before a CREATE INDEX CONCURRENTLY, drops the invalid index of the same name on the same table.
pub async fn drop_leftover(connection: &mut PgConnection, statement: &str) -> sqlx::Result<()> {
    let Some((index, table)) = created_index(statement) else {
        return Ok(());
    };
    let leftover: Option<String> = sqlx::query_scalar(
        "SELECT format('DROP INDEX CONCURRENTLY %s', i.indexrelid::regclass)
         FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
         WHERE i.indrelid = to_regclass($1) AND c.relname = $2 AND NOT i.indisvalid",
    )
    .bind(table)
    .bind(index)
    .fetch_optional(&mut *connection)
    .await?;
    if let Some(drop) = leftover {
        sqlx::raw_sql(AssertSqlSafe(drop))
            .execute(connection)
            .await?;
    }
    Ok(())
}

/// The name of the index that a CREATE INDEX CONCURRENTLY makes, and its table as written.
fn created_index(statement: &str) -> Option<(String, &str)> {
    let mut tokens = lexer::tokens(statement).peekable();
    let mut skip = |word: &str| {
        tokens
            .next_if(|token| token.kind == Kind::Word && token.text.eq_ignore_ascii_case(word))
            .is_some()
    };
    if !skip("create") {
        return None;
    }
    skip("unique");
    if !(skip("index") && skip("concurrently")) {
        return None;
    }
    if skip("if") && !(skip("not") && skip("exists")) {
        return None;
    }
    let name = tokens.next().and_then(name)?;
    tokens.next_if(|token| token.text.eq_ignore_ascii_case("on"))?;
    tokens.next_if(|token| token.kind == Kind::Word && token.text.eq_ignore_ascii_case("only"));
    let first = tokens.next()?;
    let mut end = first.start + first.text.len();
    while tokens.next_if(|token| token.text == ".").is_some() {
        let part = tokens.next()?;
        end = part.start + part.text.len();
    }
    Some((name, &statement[first.start..end]))
}

/// A name as the catalog holds it.
fn name(token: Token<'_>) -> Option<String> {
    match token.kind {
        Kind::Word => Some(token.text.to_lowercase()),
        Kind::QuotedName => {
            let inner = token.text.strip_prefix('"')?.strip_suffix('"')?;
            Some(inner.replace("\"\"", "\""))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_index_and_table() {
        let found = |sql| created_index(sql).map(|(index, table)| (index, table.to_owned()));
        let pair = |index: &str, table: &str| Some((index.to_owned(), table.to_owned()));
        assert_eq!(
            found(
                "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS Events_Key ON transcript.events (a)"
            ),
            pair("events_key", "transcript.events")
        );
        assert_eq!(
            found("create index concurrently \"My \"\"Ix\" on only \"S\" . t using gin (b)"),
            pair("My \"Ix", "\"S\" . t")
        );
        assert_eq!(found("create index concurrently on t (a)"), None);
        assert_eq!(found("create index a on t (a)"), None);
        assert_eq!(found("drop index concurrently a"), None);
    }
}
