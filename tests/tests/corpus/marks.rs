//! What jsonb cannot hold, as marks.

use crate::import::import;
use tests::{Database, corpus};

/// What JSON in `::jsonb` cannot say survives the way through the importer, in readable form.
#[tokio::test]
async fn nul_and_lone_surrogates_of_the_corpus_are_marked() {
    let Some(folder) = corpus::transcripts() else {
        return;
    };
    for (format, escape, mark) in [
        ("openai-agents-stream-events", r"\u0000", "⟦u0000⟧"),
        ("openai-agents-stream-events", r"\ud8", "⟦ud8"),
        (corpus::ROWS, r"\u0000", "⟦u0000⟧"),
    ] {
        let db = Database::migrated().await;
        let file = corpus::file_of(&folder, format);
        import(&db, &file, format);
        let items = corpus::conversations(&file)
            .into_iter()
            .flat_map(|c| c.items);
        let texts = items.map(|item| {
            if format == corpus::ROWS {
                corpus::message_data(&item)
            } else {
                item
            }
        });
        let (mut items_with, mut escapes) = (0, 0);
        for found in texts.map(|text| lone_escapes(&text, escape)) {
            items_with += i64::from(found > 0);
            escapes += found;
        }
        assert!(escapes > 0, "{format} has {escape}");
        let stored = format!(
            "select format('%s in %s', sum(n), count(*)) from (
               select (length(t) - length(replace(t, '{mark}', ''))) / length('{mark}') as n
               from transcript.events e, lateral (select payload::text) as p (t)) x
             where n > 0"
        );
        let stored = db.superuser().await.text(&stored).await;
        assert_eq!(
            stored,
            format!("{escapes} in {items_with}"),
            "{format} {escape}"
        );
    }
}

/// How often `escape` stands in JSON text as an escape, and not as the second half of a pair.
fn lone_escapes(json: &str, escape: &str) -> i64 {
    let bytes = json.as_bytes();
    let (mut at, mut found) = (0, 0);
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            at += 1;
        } else if bytes[at + 1] != b'u' {
            at += 2;
        } else {
            let high = matches!(
                &json[at + 2..at + 4],
                "d8" | "d9" | "da" | "db" | "D8" | "D9" | "DA" | "DB"
            );
            if high
                && json[at + 6..].starts_with("\\u")
                && "cdefCDEF".contains(&json[at + 9..at + 10])
            {
                at += 12;
                continue;
            }
            found += i64::from(json[at..].starts_with(escape));
            at += 6;
        }
    }
    found
}
