//! An exporter whose server is killed: its cursor is all that it keeps.

use sqlx::Row;
use std::collections::BTreeSet;
use tests::Session;

#[derive(Default)]
pub struct Exporter {
    cursor: Option<String>,
    pub served: BTreeSet<(String, i64)>,
}

impl Exporter {
    /// Takes over what is served now; nothing is served twice.
    pub async fn catch_up(&mut self, app: &mut Session) {
        loop {
            let page = sqlx::query(
                "select cursor, conversation, seq from transcript.tail($1, 500) where change = 'stored'",
            )
            .bind(&self.cursor)
            .fetch_all(&mut app.connection)
            .await
            .expect("a page");
            for row in &page {
                self.cursor = row.get(0);
                let place = (row.get(1), row.get(2));
                assert!(!self.served.contains(&place), "{place:?} is served twice");
                self.served.insert(place);
            }
            if page.is_empty() {
                return;
            }
        }
    }
}
