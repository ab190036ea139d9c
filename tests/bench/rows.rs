//! The rows that are measured.

use std::path::Path;
use tests::{Session, corpus};

/// Makes the tables: `clean`, `hits`, `toasted`, `large`, and `real` (with `real_text`).
pub async fn make(session: &mut Session) {
    for table in ["clean", "hits", "toasted", "large", "real"] {
        session
            .run(&format!(
                "create table {table} (p jsonb); alter table {table} alter column p set compression lz4"
            ))
            .await;
    }
    let prose = "(select string_agg((array['the parcel','is on its way','and arrives','on Tuesday;','customs said:','no duty, 3 items','weight 1.2 kg','see line'])[1 + (i * 7 + n) % 8] || ' ' || (i * n) % 97, ' ' order by i)";
    let item = |content: &str| {
        format!(
            "jsonb_build_object('type', 'message', 'role', 'assistant', 'id', 'msg_' || md5(n::text), 'status', 'completed',
               'content', jsonb_build_array(jsonb_build_object('type', 'output_text', 'annotations', '[]'::jsonb, 'text', {content})))"
        )
    };
    let clean = format!("{prose} from generate_series(1, 260) i)");
    let hits = format!(
        "{clean} || ' ada' || n || '@example.com 4111 1111 1111 1111 ghp_' || md5(n::text) || 'abcd'"
    );
    let long = |times: u32| format!("{prose} from generate_series(1, {times}) i)");
    for (table, content, rows) in [
        ("clean", &clean, 3000),
        ("hits", &hits, 3000),
        ("toasted", &long(4000), 200),
        ("large", &long(64_000), 12),
    ] {
        session
            .run(&format!(
                "insert into {table} select {} from generate_series(1, {rows}) n",
                item(content)
            ))
            .await;
    }
    real(session).await;
    session
        .run("create table real_text as select p::text as p from real; analyze; checkpoint")
        .await;
}

/// Real payloads: Claude Code lines where they lie, else what the demo recorded.
async fn real(session: &mut Session) {
    let file = match corpus::transcripts() {
        Some(folder) => folder.join("claude-code-jsonl.jsonl.zst"),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../demo/transcripts.jsonl.zst"),
    };
    println!(
        "real payloads: {}",
        file.file_name().unwrap_or_default().to_string_lossy()
    );
    for line in corpus::lines(&file) {
        sqlx::query(
            "insert into real select jsonb_array_elements(transcript.parse($1) -> 'items')",
        )
        .bind(&line)
        .execute(&mut session.connection)
        .await
        .expect("a conversation is read");
    }
}
