//! Every item of a file, compared with what comes back.

use crate::import::import;
use sqlx::Row;
use tests::{Database, Session, corpus};

#[derive(Debug, Default)]
struct Changed {
    redacted: i64,
    capped: i64,
    over_blob_cap: i64,
}

/// Compares what a conversation gives back with the items that went into it, in order.
async fn compare(app: &mut Session, conversation: &str, items: &[String]) -> Changed {
    // The server's own jsonb in memory has the size that capping counts; record_image_ne compares bytes.
    let sql = "
        with given as (
          select n, parsed, redacted, transcript.digest(redacted) as digest, pg_column_size(redacted::text::jsonb) as size
          from (
            select n, parsed, transcript.redact(parsed, transcript.builtin_policy('standard')) as redacted
            from (select n, transcript.parse(item) as parsed from unnest($2::text[]) with ordinality as i (item, n) offset 0) p
            offset 0
          ) r
        ),
        inflated as (
          select t.*, row_number() over (order by seq) as n from transcript.timeline($1, inflate => true) t
        ),
        compared as (
          select coalesce(g.n, i.n) as n, i.redactions, i.capped, g.size > 1048576 as over_blob_cap,
            case
              when g.n is null then 'was never sent'
              when i.n is null then 'is missing'
              when i.seq <> i.n then 'has the wrong seq'
              when i.digest <> g.digest then 'has another digest'
              when i.payload_bytes <> g.size then 'has another size'
              -- An image alone makes an event large, but not its row.
              when i.capped <> (g.size > 32768) and i.parts = 0 or i.capped and g.size <= 32768 then 'is capped and should not be, or the reverse'
              when o.capped <> i.capped or o.parts <> i.parts or o.seq <> i.seq then 'depends on inflate'
              when i.redactions = 0 and record_image_ne(row(g.parsed), row(g.redacted)) then 'was redacted without a count'
              when i.redactions > 0 and g.parsed = g.redacted then 'counts redactions of nothing'
              when g.size <= 1048576 and i.payload <> g.redacted then 'came back changed'
              when g.size <= 1048576 and i.redactions = 0 and (i.payload <> g.parsed or i.payload::text <> g.parsed::text)
                then 'came back changed without a redaction'
              when not i.capped and (i.parts > 0) <> record_image_ne(row(o.payload), row(i.payload)) then 'depends on inflate'
              when i.capped and pg_column_size(o.payload) > 32768 then 'is over the inline cap'
              when g.size > 1048576 and pg_column_size(i.payload) > 1048576 then 'is over the blob cap'
              when i.capped and not marks_fit(o.payload, g.size, g.digest) then 'has a wrong mark inline'
              when g.size > 1048576 and not marks_fit(i.payload, g.size, g.digest) then 'has a wrong mark in its blob'
              -- What is cut is the large part: the small members, which say what it is, are all there.
              when g.size > 1048576 and exists (
                select from jsonb_each(g.redacted) m
                where length(m.value::text) < 1000 and i.payload -> m.key is distinct from m.value) then 'lost a small member'
            end as problem
          from given g
          full join inflated i using (n)
          left join transcript.timeline($1) o on o.seq = i.seq
        )
        select coalesce(array_agg(n || ' ' || problem order by n) filter (where problem is not null), '{}'),
          count(*) filter (where redactions > 0), count(*) filter (where capped), count(*) filter (where over_blob_cap)
        from compared"
        .replace("marks_fit(", "pg_temp.marks_fit(");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(conversation)
        .bind(items)
        .fetch_one(&mut app.connection)
        .await
        .unwrap_or_else(|error| panic!("{conversation}: {error}"));
    let problems: Vec<String> = row.get(0);
    assert!(problems.is_empty(), "{conversation}: {problems:?}");
    Changed {
        redacted: row.get(1),
        capped: row.get(2),
        over_blob_cap: row.get(3),
    }
}

async fn round_trip(format: &str) {
    let Some(folder) = corpus::transcripts() else {
        return;
    };
    let file = corpus::file_of(&folder, format);
    let conversations = corpus::conversations(&file);
    let count: u64 = conversations.iter().map(|c| c.items.len() as u64).sum();
    assert!(conversations.iter().all(|c| c.format == format));
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    // Below the largest of the items, so that both sides of the limit are seen.
    dba.run("update transcript.settings set blob_bytes = 1048576")
        .await;
    assert_eq!(
        import(&db, &file, format),
        [count, count, 0, 0, 0, 0],
        "attempted, stored, duplicate, …"
    );
    assert_eq!(
        import(&db, &file, format),
        [count, 0, count, 0, 0, 0],
        "again"
    );

    dba.run(
        "grant temporary on database current_database to test_app"
            .replace("current_database", &db.name)
            .as_str(),
    )
    .await;
    let mut app = db.app("acme").await;
    app.run(
        "create function pg_temp.marks_fit(payload jsonb, size int, digest bytea) returns boolean language sql as
         $$ select jsonb_path_exists(payload, 'strict $.**.\"$capped\" ? (@.bytes == $bytes && @.sha256 == $sha256)',
              jsonb_build_object('bytes', size, 'sha256', encode(digest, 'hex'))) $$",
    )
    .await;
    let mut total = Changed::default();
    for conversation in &conversations {
        let items: Vec<String> = if format == corpus::ROWS {
            conversation
                .items
                .iter()
                .map(|row| corpus::message_data(row))
                .collect()
        } else {
            conversation.items.clone()
        };
        let changed = compare(&mut app, &conversation.id, &items).await;
        total.redacted += changed.redacted;
        total.capped += changed.capped;
        total.over_blob_cap += changed.over_blob_cap;
    }
    println!(
        "{format}: {count} items in {} conversations: {total:?}",
        conversations.len()
    );
    assert_eq!(
        dba.number("select count(*) from transcript.events").await as u64,
        count
    );
    assert_eq!(
        dba.number("select count(*) from transcript.rejected").await,
        0
    );
    // One audit row for each event that something was redacted in; a blob for each capped payload.
    let audited = "select count(distinct (conversation_id, seq)) from transcript.audit_log where action = 'redact' and seq is not null";
    assert_eq!(dba.number(audited).await, total.redacted);
    let blobless = "select count(*) from transcript.events e where blob_at is not null and not exists (
        select from transcript.blobs b where (b.conversation_id, b.digest, b.recorded_at) = (e.conversation_id, e.digest, e.blob_at))";
    assert_eq!(dba.number(blobless).await, 0);
    if format == corpus::ROWS {
        assert!(
            total.capped > 0 && total.over_blob_cap > 0,
            "the file has both: {total:?}"
        );
    }
}

#[tokio::test]
async fn rows_of_the_sdk_come_back_as_they_went_in() {
    round_trip(corpus::ROWS).await;
}

#[tokio::test]
async fn chat_messages_come_back_as_they_went_in() {
    round_trip("openai-chat-messages").await;
}

#[tokio::test]
async fn stream_events_come_back_as_they_went_in() {
    round_trip("openai-agents-stream-events").await;
}
