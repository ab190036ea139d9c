//! The rows that are measured: payloads as agents make them, of texts that agents really wrote.

use crate::texts::{self, Reader};
use serde_json::{Value, json};
use tests::{Session, corpus};

const STANDARD: &str = "transcript.builtin_policy('standard')";

/// Makes the tables: `clean`, `hits`, `toasted`, `large`, and `real` (with `real_text`).
pub async fn make(session: &mut Session) {
    for table in ["clean", "hits", "toasted", "large", "real"] {
        session
            .run(&format!(
                "create table {table} (p jsonb); alter table {table} alter column p set compression lz4"
            ))
            .await;
    }
    let texts = texts::clean(session).await;
    let mut reader = Reader::new(&texts);
    let clean = (0..3100).map(|n| small(n, &mut reader, false)).collect();
    insert(session, "clean", clean).await;
    let hits = (0..3000).map(|n| small(n * 4 + 3, &mut reader, true));
    insert(session, "hits", hits.collect()).await;
    let toasted = (0..200).map(|n| message(n, &reader.piece(64_000)));
    insert(session, "toasted", toasted.collect()).await;
    let large = (0..12).map(|n| large(n, &mut reader)).collect();
    insert(session, "large", large).await;
    real(session).await;

    // Where two clean texts meet, they can make a hit of their own.
    let found = format!(
        "(select count(*) from regexp_matches(transcript.redact(p, {STANDARD})::text, '\\[redacted:', 'g'))"
    );
    session
        .run(&format!(
            "delete from clean where transcript.redact(p, {STANDARD}) is distinct from p;
             delete from hits where {found} > 3;
             create table real_text as select p::text as p from real"
        ))
        .await;
    for statement in ["vacuum full", "analyze", "checkpoint"] {
        session.run(statement).await;
    }
    let missed = session
        .number(&format!("select count(*) from hits where {found} < 3"))
        .await;
    assert_eq!(
        missed, 0,
        "payloads of table hits with less than three hits"
    );
    for table in ["clean", "hits", "real", "toasted", "large"] {
        let said = session
            .text(&format!(
                "select format('%s rows, %s MB as text, %s bytes each, %s MB stored',
                   count(*), sum(octet_length(p::text)) / 1000000, avg(octet_length(p::text))::int,
                   pg_total_relation_size('{table}') / 1000000) from {table}"
            ))
            .await;
        println!("{table:<8} {said}");
    }
}

async fn insert(session: &mut Session, table: &str, payloads: Vec<Value>) {
    for part in payloads.chunks(500) {
        let part: Vec<String> = part.iter().map(Value::to_string).collect();
        sqlx::query(sqlx::AssertSqlSafe(format!(
            "insert into {table} select p::jsonb from unnest($1::text[]) p"
        )))
        .bind(part)
        .execute(&mut session.connection)
        .await
        .expect("payloads are stored");
    }
}

/// About 4 KB: a message, a call, its output, or (every fourth) all of them in one item.
fn small(n: usize, reader: &mut Reader<'_>, planted: bool) -> Value {
    match n % 4 {
        0 => message(n, &reader.piece(3900)),
        1 => json!({"type": "function_call", "id": format!("fc_{n:08x}"), "status": "completed",
            "call_id": format!("call_{n:08x}"), "name": "write_file",
            "arguments": json!({"path": format!("src/part_{n}.py"), "content": reader.piece(3400)}).to_string()}),
        2 => json!({"type": "function_call_output", "call_id": format!("call_{n:08x}"),
            "output": reader.piece(3900)}),
        _ => turn(n, reader, planted),
    }
}

fn message(n: usize, text: &str) -> Value {
    json!({"type": "message", "id": format!("msg_{n:08x}"), "role": "assistant", "status": "completed",
        "content": [{"type": "output_text", "annotations": [], "text": text}]})
}

/// A message with a call and the call's output; planted, each of the three has something to hide.
fn turn(n: usize, reader: &mut Reader<'_>, planted: bool) -> Value {
    let mut said = reader.piece(1500);
    let mut content = reader.piece(700);
    let mut output = reader.piece(1300);
    if planted {
        plant(
            &mut said,
            &format!("ask maria.k{n}@northwind-traders.com first,"),
        );
        plant(&mut content, &format!("charged to {} today;", card(n)));
        plant(
            &mut output,
            &format!("remote says ghp_{} expired.", base62(n, 36)),
        );
    }
    json!({"type": "message", "id": format!("msg_{n:08x}"), "role": "assistant", "status": "completed",
        "content": [{"type": "output_text", "annotations": [], "text": said}],
        "tool_calls": [{"id": format!("call_{n:08x}"), "type": "function", "function": {"name": "edit",
            "arguments": json!({"path": format!("src/part_{n}.py"), "content": content}).to_string()}}],
        "outputs": [{"type": "function_call_output", "call_id": format!("call_{n:08x}"), "output": output}]})
}

/// About 1 MB: one long output, or a conversation of many messages.
fn large(n: usize, reader: &mut Reader<'_>) -> Value {
    match n % 2 {
        0 => json!({"type": "function_call_output", "call_id": format!("call_{n:08x}"),
            "output": reader.piece(1_000_000)}),
        _ => {
            json!({"type": "model_call", "input": (0..400).map(|i| message(i, &reader.piece(2400))).collect::<Vec<_>>()})
        }
    }
}

/// Puts words of its own line into the middle of a text.
fn plant(text: &mut String, words: &str) {
    let middle = text.floor_char_boundary(text.len() / 2);
    let at = text[middle..]
        .find(char::is_whitespace)
        .map_or(text.len(), |i| middle + i);
    text.insert_str(at, &format!("\n{words}\n"));
}

/// A card number with its check digit.
fn card(n: usize) -> String {
    let digits = format!("4{:014}", n * 79_193_171_237 % 100_000_000_000_000);
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(i, b)| {
            let doubled = u32::from(b - b'0') * if i % 2 == 0 { 2 } else { 1 };
            doubled / 10 + doubled % 10
        })
        .sum();
    let whole = format!("{digits}{}", (10 - sum % 10) % 10);
    [&whole[..4], &whole[4..8], &whole[8..12], &whole[12..]].join(" ")
}

/// Letters and digits as a random generator would give them, the same for the same `n`.
fn base62(n: usize, length: usize) -> String {
    const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut state = n as u64 ^ 0x9E37_79B9_7F4A_7C15;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(LETTERS[(state % 62) as usize])
    };
    (0..length).map(|_| next()).collect()
}

/// Real payloads: Claude Code lines where they lie, else what the demo recorded.
async fn real(session: &mut Session) {
    let file = match corpus::transcripts() {
        Some(folder) => corpus::file_of(&folder, "claude-code-jsonl"),
        None => texts::recorded(),
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
