//! Real transcripts: everything goes in once, and comes back as it went in but for what redaction and
//! capping say they changed.

use serde_json::Value;
use sqlx::Row;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tests::{Database, Session, corpus};

const ROWS: &str = "openai-agents-sqlalchemy-rows";

fn path_of(folder: &Path, format: &str) -> PathBuf {
    folder.join(format!("{format}.jsonl.zst"))
}

/// Imports a file: attempted, stored, duplicate, conflict, rejected, rejected lines.
fn import(db: &Database, file: &Path, format: &str) -> [u64; 6] {
    let file = file.to_str().expect("UTF-8");
    let out = db.migrator(&["import", "--json", "--tenant", "acme", file]);
    assert!(
        out.status.success(),
        "{format}: {}",
        String::from_utf8_lossy(&out.stderr)
    );
    let totals: Value = serde_json::from_slice(&out.stdout).expect("JSON");
    assert_eq!(totals["formats"][format], totals["total"], "{totals}");
    [
        "attempted",
        "stored",
        "duplicate",
        "conflict",
        "rejected",
        "rejected_lines",
    ]
    .map(|name| {
        totals["total"][name]
            .as_u64()
            .unwrap_or_else(|| panic!("{name}: {totals}"))
    })
}

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
              when i.capped <> (g.size > 32768) then 'is capped and should not be, or the reverse'
              when o.capped <> i.capped or o.seq <> i.seq then 'depends on inflate'
              when i.redactions = 0 and record_image_ne(row(g.parsed), row(g.redacted)) then 'was redacted without a count'
              when i.redactions > 0 and g.parsed = g.redacted then 'counts redactions of nothing'
              when g.size <= 1048576 and i.payload <> g.redacted then 'came back changed'
              when g.size <= 1048576 and i.redactions = 0 and (i.payload <> g.parsed or i.payload::text <> g.parsed::text)
                then 'came back changed without a redaction'
              when not i.capped and record_image_ne(row(o.payload), row(i.payload)) then 'depends on inflate'
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
    let file = path_of(&folder, format);
    let conversations = corpus::conversations(&file);
    let count: u64 = conversations.iter().map(|c| c.items.len() as u64).sum();
    assert!(conversations.iter().all(|c| c.format == format));
    let db = Database::migrated().await;
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

    let mut dba = db.superuser().await;
    dba.run(
        "grant temporary on database current_database to test_app"
            .replace("current_database", &db.name)
            .as_str(),
    )
    .await;
    let mut app = db.app("acme").await;
    app.run(
        "create function pg_temp.marks_fit(payload jsonb, size int, digest bytea) returns boolean language sql as
         $$ select jsonb_path_query_first(payload, 'strict $.**.\"$capped\"') = jsonb_build_object('bytes', size, 'sha256', encode(digest, 'hex')) $$",
    )
    .await;
    let mut total = Changed::default();
    for conversation in &conversations {
        let items: Vec<String> = if format == ROWS {
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
    if format == ROWS {
        assert!(
            total.capped > 0 && total.over_blob_cap > 0,
            "the file has both: {total:?}"
        );
    }
}

#[tokio::test]
async fn rows_of_the_sdk_come_back_as_they_went_in() {
    round_trip(ROWS).await;
}

#[tokio::test]
async fn chat_messages_come_back_as_they_went_in() {
    round_trip("openai-chat-messages").await;
}

#[tokio::test]
async fn stream_events_come_back_as_they_went_in() {
    round_trip("openai-agents-stream-events").await;
}

/// What JSON in `::jsonb` cannot say survives the way through the importer, in readable form.
#[tokio::test]
async fn nul_and_lone_surrogates_of_the_corpus_are_marked() {
    let Some(folder) = corpus::transcripts() else {
        return;
    };
    for (format, escape, mark) in [
        ("openai-agents-stream-events", r"\u0000", "⟦u0000⟧"),
        ("openai-agents-stream-events", r"\ud8", "⟦ud8"),
        (ROWS, r"\u0000", "⟦u0000⟧"),
    ] {
        let db = Database::migrated().await;
        let file = path_of(&folder, format);
        import(&db, &file, format);
        let items = corpus::conversations(&file)
            .into_iter()
            .flat_map(|c| c.items);
        let texts = items.map(|item| {
            if format == ROWS {
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

/// The SDK's own tables beside ours: the application appends its sessions in SQL, with a writer's rights.
#[tokio::test]
async fn an_sdk_database_is_appended_in_sql() {
    let Some(folder) = corpus::transcripts() else {
        return;
    };
    let db = Database::migrated().await;
    restore(&db, &folder.join("agents_sdk_dev.sql.zst"));
    let mut dba = db.superuser().await;
    dba.run("grant select on public.agent_sessions, public.agent_messages to test_writer")
        .await;
    let messages = dba
        .number("select count(*) from public.agent_messages")
        .await;
    assert!(messages > 500, "{messages} rows");

    let mut writer = db.login("test_writer").await;
    writer.set_tenant("acme").await;
    let sessions: Vec<String> = writer
        .rows("select session_id::text from public.agent_sessions order by 1")
        .await
        .iter()
        .map(|row| row.get(0))
        .collect();
    let append = "
        select status, count(*), bool_and(v.seq = v.index + 1)
        from transcript.append((
          select jsonb_build_object('conversation', session_id, 'items', jsonb_agg(to_jsonb(m) order by created_at, id))
          from public.agent_messages m where session_id = $1 group by session_id), 'openai-agents') v
        group by status";
    for expected in ["stored", "duplicate"] {
        let mut covered = 0;
        for session in &sessions {
            let rows = sqlx::query(append)
                .bind(session)
                .fetch_all(&mut writer.connection)
                .await;
            let rows = rows.unwrap_or_else(|error| panic!("{session}: {error}"));
            for row in rows {
                assert_eq!(row.get::<String, _>(0), expected, "{session}");
                assert!(row.get::<bool, _>(2), "{session}: in order");
                covered += row.get::<i64, _>(1);
            }
        }
        assert_eq!(covered, messages, "{expected}");
    }
    assert_eq!(
        dba.number("select count(*) from transcript.events").await,
        messages
    );
    // In the order of the SDK, too.
    let disordered = "
        select count(*) from (
          select c.external_id, array_agg(e.sequence order by e.seq) as ids
          from transcript.events e join transcript.conversations c using (conversation_id) group by 1) t
        full join (
          select session_id, array_agg(id::bigint order by created_at, id) as ids from public.agent_messages group by 1) s
        on s.session_id = t.external_id
        where t.ids is distinct from s.ids";
    assert_eq!(dba.number(disordered).await, 0);

    // The same rows out of a file have the same keys and digests.
    let rows = messages as u64;
    assert_eq!(
        import(&db, &path_of(&folder, ROWS), ROWS),
        [rows, 0, rows, 0, 0, 0]
    );
}

/// Restores a dump with psql.
fn restore(db: &Database, dump: &Path) {
    let mut sql = Vec::new();
    std::io::Read::read_to_end(&mut corpus::read(dump), &mut sql).expect("zstd");
    let mut psql = Command::new(psql_path())
        .args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", &db.url])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("psql runs");
    psql.stdin
        .take()
        .expect("a pipe")
        .write_all(&sql)
        .expect("psql reads");
    assert!(psql.wait().expect("psql ends").success());
}

/// The psql of the server that `setup` uses, else the one on the PATH.
fn psql_path() -> PathBuf {
    let debian = PathBuf::from("/usr/lib/postgresql/15/bin/psql");
    if debian.exists() {
        debian
    } else {
        PathBuf::from("psql")
    }
}
