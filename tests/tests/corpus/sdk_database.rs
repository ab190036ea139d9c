//! The SDK's own tables, restored from a dump.

use crate::import::import;
use sqlx::Row;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tests::{Database, corpus};

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
        import(&db, &corpus::file_of(&folder, corpus::ROWS), corpus::ROWS),
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
