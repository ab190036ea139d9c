//! Files whose work is gone: dropping the extension, for one, drops the triggers that a file made.

use sqlx::{AssertSqlSafe, PgConnection};

use crate::embedded::Tree;
use crate::error::Error;
use crate::ledger::{self, Record};

/// Reads the ledger, and asks the applied repeatable files that have a question
/// (`-- reapply when: …`) whether what they made is gone.
pub async fn read(connection: &mut PgConnection, tree: &Tree) -> Result<Record, Error> {
    let mut record = ledger::read(connection).await?;
    for file in &tree.repeatable {
        let Some(question) = file.reapply_when() else {
            continue;
        };
        if !record.files.contains_key(&file.path) {
            continue;
        }
        // Part of this binary, not input.
        let undone: bool = sqlx::query_scalar(AssertSqlSafe(question))
            .fetch_one(&mut *connection)
            .await
            .map_err(Error::request(
                "asking whether a file must be applied again",
            ))?;
        if undone {
            record.undone.insert(file.path.clone());
        }
    }
    Ok(record)
}
