//! Other systems' tables go on growing: what was imported before is known by its own id, wherever it stands
//! by then, and what they left blank or named otherwise is no reason to refuse a row.

use crate::imported::Counts;
use crate::tables::{events, import, with};
use tests::{Session, code, stderr};

fn stored(stored: u64, duplicate: u64) -> Counts {
    Counts {
        stored,
        duplicate,
        ..Counts::default()
    }
}

const PARTS: &str = "
    create table messages (id serial primary key, session_id text, message_id text, role text, generated_at_unix_ms bigint, unique (session_id, message_id));
    create table parts (id serial primary key, type text, text text, message_id text, session_id text, generated_at_unix_ms bigint);
    insert into messages (session_id, message_id, role, generated_at_unix_ms) values ('oc_1', '7', 'user', 1000)";

#[tokio::test]
async fn a_late_part_moves_no_other() {
    let (db, mut dba) = with(PARTS).await;
    // Its number is that of the message above.
    dba.run(
        "insert into parts (id, type, text, message_id, session_id, generated_at_unix_ms) values
        (7, 'text', 'a', '7', 'oc_1', 1001), (8, 'text', 'b', '7', 'oc_1', 1001)",
    )
    .await;
    let tables = ["--from-tables", "message-parts"];
    assert_eq!(import(&db, &tables), stored(3, 0));
    dba.run("insert into parts (id, type, text, message_id, session_id, generated_at_unix_ms) values (9, 'text', 'late', '7', 'oc_1', 500)")
        .await;
    assert_eq!(import(&db, &tables), stored(1, 3));
    assert_eq!(
        events(
            &mut dba,
            "e.seq, e.item_id, e.parent_id, e.payload ->> 'text'"
        )
        .await,
        ["1 7", "2 7 7 a", "3 8 7 b", "4 9 7 late"]
    );
}

/// A session is read in pieces: no piece begins again.
#[tokio::test]
async fn thousands_of_parts_of_one_session_are_all_there() {
    let (db, mut dba) = with(PARTS).await;
    dba.run(
        "insert into parts (type, text, message_id, session_id, generated_at_unix_ms)
        select 'text', 'part ' || g, '7', 'oc_1', 1001 from generate_series(1, 2500) g",
    )
    .await;
    let tables = ["--from-tables", "message-parts"];
    assert_eq!(import(&db, &tables), stored(2501, 0));
    assert_eq!(import(&db, &tables), stored(0, 2501));
    let whole =
        "select count(distinct payload ->> 'text') from transcript.events where parent_id = '7'";
    assert_eq!(dba.number(whole).await, 2500);
}

/// The orchestrator's rows got their numbers with a later migration.
#[tokio::test]
async fn rows_that_were_numbered_since_are_the_same() {
    let (db, mut dba) = with(
        "create table conversation_events (id text primary key, agent_id text not null, event_type text not null,
           session_number bigint not null default 0, content text, metadata text, created_at text not null);
         insert into conversation_events values
           ('b', 'agent-1', 'output', 0, 'done', null, '2026-01-01T00:00:02Z'),
           ('a', 'agent-1', 'prompt_sent', 0, 'do it', null, '2026-01-01T00:00:01Z')",
    )
    .await;
    let tables = ["--from-tables", "conversation-events"];
    assert_eq!(import(&db, &tables), stored(2, 0));
    dba.run(
        "alter table conversation_events add seq bigint not null default 0;
        update conversation_events set seq = case id when 'a' then 1 else 2 end",
    )
    .await;
    // Their rows have one column more: that is a later state of them.
    let merged = import(&db, &[&tables[..], &["--on-conflict", "merge"]].concat());
    assert_eq!(
        merged,
        Counts {
            merged: 2,
            ..Counts::default()
        }
    );
    assert_eq!(
        events(&mut dba, "e.seq, e.sequence, e.item_id").await,
        ["1 1 a", "2 2 b"]
    );
}

async fn ledgers(rows: &str) -> (tests::Database, Session) {
    let columns = "event_id text not null unique, sequence int default 0, created_at timestamptz, session_id text, room text,
        trace_id text, request_id text, intent_id text, task_id text, source text, event_type text, status text, provider text,
        model text, error text, input_blob_id uuid, output_blob_id uuid";
    with(&format!(
        "create table agent_io_blobs (id uuid primary key, event_id text, kind text, payload text not null, size_bytes int,
           sha256 text, truncated bool);
         create table agent_model_io ({columns});
         create table agent_tool_io ({columns}, tool_name text, tool_call_id text);
         insert into agent_io_blobs values ('00000000-0000-0000-0000-00000000000b', 'e1', 'input', '{{\"cut', 900000, 'abc', true);
         {rows}"
    ))
    .await
}

#[tokio::test]
async fn ledgers_without_a_session_go_by_what_they_have() {
    let (db, mut dba) = ledgers(
        "insert into agent_model_io (event_id, created_at, session_id, room, trace_id, intent_id, task_id, event_type, status, model, input_blob_id) values
           ('e1', '2026-03-29 00:59:00+00', ' ', 'room-1', 't1', null, null, 'turn', 'completed', 'm', '00000000-0000-0000-0000-00000000000b'),
           ('e2', '2026-03-29 01:01:00+00', '', 'room-1', null, null, null, 'turn', 'completed', 'm', null),
           ('e3', '2026-03-29 01:01:00+00', null, ' ', ' ', 'intent-1', null, 'turn', 'error', 'm', null),
           ('e4', '2026-03-29 01:01:00+00', null, null, null, null, 'task-1', 'turn', 'error', 'm', null)",
    )
    .await;
    // Where clocks are put forward: as text, the second would come first.
    dba.run(&format!(
        "alter database {} set timezone = 'Europe/Berlin'",
        db.name
    ))
    .await;
    let tables = ["--from-tables", "replay-io"];
    assert_eq!(import(&db, &tables), stored(4, 0));
    assert_eq!(import(&db, &tables), stored(0, 4));
    assert_eq!(
        events(
            &mut dba,
            "c.external_id, e.seq, e.item_id, e.payload #>> '{input_blob_row,truncated}', e.payload #>> '{input_blob_row,size_bytes}'"
        )
        .await,
        [
            "intent-1 1 e3",
            "room-1 1 e1 true 900000",
            "room-1 2 e2",
            "task-1 1 e4"
        ]
    );
}

#[tokio::test]
async fn chats_keep_their_owner_and_get_no_numbers() {
    let (db, mut dba) = with(
        "create table conversations (id uuid primary key, user_id uuid, title varchar(200), is_deleted boolean default false);
         create table messages (id uuid primary key default gen_random_uuid(), conversation_id uuid, role text, content text, created_at timestamptz);
         insert into conversations values
           ('00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-0000000000aa', 'A parcel', true);
         insert into messages (conversation_id, role, content, created_at) values
           ('00000000-0000-0000-0000-000000000001', 'user', 'first', '2026-01-02')",
    )
    .await;
    let tables = ["--from-tables", "chat-messages"];
    assert_eq!(import(&db, &tables), stored(1, 0));
    dba.run(
        "insert into messages (conversation_id, role, content, created_at)
        values ('00000000-0000-0000-0000-000000000001', 'user', 'earlier', '2026-01-01')",
    )
    .await;
    assert_eq!(import(&db, &tables), stored(1, 1));
    assert_eq!(
        events(
            &mut dba,
            "e.seq, coalesce(e.sequence, -1), e.payload ->> 'content', c.metadata ->> 'is_deleted', right(c.user_id, 2)"
        )
        .await,
        ["1 -1 first true aa", "2 -1 earlier true aa"]
    );
}

#[tokio::test]
async fn what_stands_beside_run_events_comes_too() {
    let (db, mut dba) = with(
        "create table agent_run_events (id bigserial primary key, conversation_id uuid not null, sequence_no int not null,
           response_id varchar(128), run_item_type varchar(64) not null, created_at timestamptz not null default now());
         create table agent_run_usage (response_id varchar(128) unique, input_tokens int, output_tokens int,
           total_tokens int, cached_input_tokens int, reasoning_output_tokens int);
         create table conversation_ledger_events (id bigserial primary key, conversation_id uuid not null, kind text not null,
           stream_id text not null, event_id int not null, server_timestamp timestamptz, tool_call_id text, payload_json jsonb,
           unique (conversation_id, stream_id, event_id));
         create table agent_messages (id bigserial primary key, conversation_id uuid not null, position int not null, role text,
           content jsonb, unique (conversation_id, position));
         insert into agent_messages values (9, '00000000-0000-0000-0000-000000000001', 0, 'user', '[{\"type\": \"text\"}]');
         create table sdk_sessions.\"our 'messages'\" (id bigserial primary key, session_id text not null, message_data text not null);
         insert into agent_run_events (conversation_id, sequence_no, response_id, run_item_type) values
           ('00000000-0000-0000-0000-000000000001', 0, 'resp_1', 'assistant_message');
         insert into agent_run_usage values ('resp_1', 10, 20, 30, 4, 5), ('resp_of_nobody', 1, 1, 2, 0, 0);
         insert into conversation_ledger_events (conversation_id, kind, stream_id, event_id, payload_json) values
           ('00000000-0000-0000-0000-000000000001', 'message.delta', 's1', 1, '{\"text\": \"a\"}'),
           ('00000000-0000-0000-0000-000000000001', 'lifecycle', 's2', 1, '{}');
         insert into sdk_sessions.\"our 'messages'\" values (41, 's', '{\"role\": \"user\", \"content\": \"hi\"}')"
            .replacen("create table agent_run_events", "create schema sdk_sessions; create table agent_run_events", 1)
            .as_str(),
    )
    .await;
    assert_eq!(import(&db, &["--from-tables", "run-events"]), stored(1, 0));
    for (tables, count) in [
        ("run-usage", 1),
        ("ledger-events", 2),
        ("agent-messages", 1),
    ] {
        let tables = ["--from-tables", tables];
        assert_eq!(import(&db, &tables), stored(count, 0));
        assert_eq!(import(&db, &tables), stored(0, count));
    }
    let used = "select concat_ws(' ', external_id, input_tokens, output_tokens, usage -> 'cached_tokens', usage -> 'reasoning_tokens')
        from transcript.runs where usage is not null";
    assert_eq!(dba.text(&format!("({used})")).await, "resp_1 10 20 4 5");
    let sdk = ["--from-tables", "agents-sdk", "--table"];
    let named = [&sdk[..], &["sdk_sessions.\"our 'messages'\""]].concat();
    assert_eq!(import(&db, &named), stored(1, 0));
    assert_eq!(
        events(
            &mut dba,
            "c.external_id = 's', e.seq, e.sequence, e.kind, e.item_id"
        )
        .await,
        [
            "f 1 0 message 1",
            "f 2 model_call resp_1",
            "f 3 1 message.delta s1/1",
            "f 4 1 lifecycle s2/1",
            "f 5 0 message 9",
            "t 1 41 message"
        ]
    );
    let out = db.migrator(&[&["import", "--tenant", "acme"], &sdk[..], &["no_such"]].concat());
    assert_eq!(code(&out), 1);
    let said = stderr(&out);
    assert!(
        said.contains("\"no_such\" does not exist") && said.contains("42P01"),
        "{said}"
    );
}
