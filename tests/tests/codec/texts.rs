//! Texts in a temporary table, and the question which of them fail.

use crate::generated::generated_texts;
use crate::nasty::nasty_texts;
use crate::refused::{more_than_the_server_takes, numbers_beyond_numeric};
use tests::{Database, Session, corpus};

/// Every JSON text of the transcripts, with the items that rows keep as text.
pub fn corpus_texts() -> Vec<String> {
    let Some(folder) = corpus::transcripts() else {
        return Vec::new();
    };
    let mut texts = Vec::new();
    for format in [
        corpus::ROWS,
        "openai-chat-messages",
        "openai-agents-stream-events",
    ] {
        for conversation in corpus::conversations(&corpus::file_of(&folder, format)) {
            for item in conversation.items {
                if format == corpus::ROWS {
                    texts.push(corpus::message_data(&item));
                }
                texts.push(item);
            }
        }
    }
    texts
}

pub fn all_texts() -> Vec<String> {
    let mut texts = nasty_texts();
    texts.extend(
        more_than_the_server_takes()
            .into_iter()
            .map(|(text, _)| text),
    );
    texts.extend(numbers_beyond_numeric().into_iter().map(|(text, _)| text));
    texts.extend(generated_texts());
    texts.extend(corpus_texts());
    texts
}

/// Loads texts into the temporary table `item` (n, t).
async fn load(dba: &mut Session, texts: &[String]) {
    dba.run(
        "create temporary table item (n bigint generated always as identity, t text not null);
         -- The server's answer, or null where it refuses.
         create function pg_temp.served(t text) returns jsonb language plpgsql as
         $$ begin return t::jsonb; exception when others then return null; end $$;
         -- Two datums are the same bytes.
         create function pg_temp.same(a jsonb, b jsonb) returns boolean language sql as
         $$ select record_image_eq(row(a), row(b)) $$",
    )
    .await;
    for chunk in texts.chunks(500) {
        sqlx::query("insert into item (t) select unnest($1::text[])")
            .bind(chunk)
            .execute(&mut dba.connection)
            .await
            .expect("texts are loaded");
    }
    dba.run("analyze item").await;
}

pub async fn loaded(texts: &[String]) -> (Database, Session) {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    load(&mut dba, texts).await;
    (db, dba)
}

/// `problem` is SQL over `item` that names what is wrong, or gives null.
pub async fn assert_none(dba: &mut Session, from: &str, problem: &str) {
    let sql = format!(
        "select format('%s: %s: %s', n, problem, left(t, 100)) from (select n, t, {problem} as problem from {from}) x where problem is not null order by n limit 20"
    );
    let found = dba.texts(&sql).await;
    assert!(found.is_empty(), "{found:#?}");
}
