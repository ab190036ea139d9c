//! Other systems' own tables: imported with their numbers and ids, and again without a double.

use crate::imported::{Counts, counts};
use tests::{Database, Session, code, stderr};

/// Imports the tables of a system twice; what each import said of its items.
fn imported(db: &Database, tables: &str) -> [(u64, u64, u64); 2] {
    [(); 2].map(|()| {
        let counts = import(db, &["--from-tables", tables]);
        (counts.stored, counts.duplicate, counts.rejected)
    })
}

/// Imports tables once; the accounts must be exact, and nothing in conflict.
pub fn import(db: &Database, arguments: &[&str]) -> Counts {
    let all = [&["import", "--tenant", "acme", "--json"], arguments].concat();
    counts(&db.migrator(&all))
}

pub async fn with(tables: &str) -> (Database, Session) {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    dba.run(tables).await;
    (db, dba)
}

pub async fn events(dba: &mut Session, columns: &str) -> Vec<String> {
    dba.texts(&format!(
        "select concat_ws(' ', {columns}) from transcript.events e join transcript.conversations c using (conversation_id)
         order by c.external_id, e.seq"
    ))
    .await
    .iter()
    .map(|line| line.trim_matches(['(', ')', '"']).to_owned())
    .collect()
}

#[tokio::test]
async fn run_events_keep_their_numbers_from_0() {
    let (db, mut dba) = with(
        "create table agent_run_events (
           id bigserial primary key, conversation_id uuid not null, sequence_no int not null, response_id varchar(128),
           run_item_type varchar(64) not null, run_item_name varchar(128), role varchar(16), agent varchar(64),
           tool_call_id varchar(128), tool_name varchar(128), model varchar(64), content_text text, reasoning_text text,
           call_arguments jsonb, call_output jsonb, attachments json, created_at timestamptz not null default now(),
           ingested_at timestamptz not null default now(), workflow_run_id varchar(64), unique (conversation_id, sequence_no));
         insert into agent_run_events (conversation_id, sequence_no, response_id, run_item_type, role, agent, tool_call_id, tool_name, content_text, call_arguments) values
           ('00000000-0000-0000-0000-000000000001', 1, 'resp_1', 'tool_call', null, 'triage', 'call_1', 'look', null, '{\"to\": \"bob@example.org\"}'),
           ('00000000-0000-0000-0000-000000000001', 0, null, 'user_message', null, null, null, null, 'hello', null),
           ('00000000-0000-0000-0000-000000000001', 2, 'resp_1', 'tool_result', null, 'triage', 'call_1', 'look', null, null),
           ('00000000-0000-0000-0000-000000000001', 3, 'resp_1', 'memory_checkpoint', null, null, null, null, null, null)",
    )
    .await;
    assert_eq!(imported(&db, "run-events"), [(4, 0, 0), (0, 4, 0)]);
    assert_eq!(
        events(&mut dba, "e.seq, e.sequence, e.item_id, e.kind, e.role, e.agent, e.tool_call_id, e.payload ->> 'content_text'").await,
        [
            "1 0 2 message user hello",
            "2 1 1 tool_call triage call_1",
            "3 2 3 tool_result triage call_1",
            "4 3 4 memory_checkpoint"
        ]
    );
    let run = dba
        .text("select string_agg(external_id, ' ') from transcript.runs")
        .await;
    assert_eq!(run, "resp_1");
    let hidden = dba
        .text("select payload #>> '{call_arguments,to}' from transcript.events where kind = 'tool_call'")
        .await;
    assert_eq!(hidden, "[redacted:email:15]");
}

#[tokio::test]
async fn ledgers_come_with_what_their_blobs_hold() {
    let columns = "id uuid primary key default gen_random_uuid(), event_id text not null unique, sequence int default 0,
        created_at timestamptz default now(), session_id text, room text, trace_id text, request_id text, intent_id text,
        task_id text, source text not null, event_type text not null, status text, provider text, model text,
        provider_source text, provider_path text, provider_request_id text, input_payload jsonb, output_payload jsonb,
        metadata jsonb, error text, latency_ms int, input_blob_id uuid, output_blob_id uuid";
    let (db, mut dba) = with(&format!(
        "create table agent_io_blobs (id uuid primary key default gen_random_uuid(), event_id text, kind text, payload text not null);
         create table agent_model_io ({columns}, system_prompt text, context_priming jsonb);
         create table agent_tool_io ({columns}, tool_name text not null, tool_call_id text);
         insert into agent_io_blobs values ('00000000-0000-0000-0000-00000000000b', 'e1', 'input', '{{\"long\": \"input\"}}');
         insert into agent_model_io (event_id, sequence, session_id, source, event_type, status, provider, model, latency_ms, input_blob_id)
           values ('e1', 0, 's', 'voice', 'model_call', 'completed', 'openai', 'gpt-5', 250, '00000000-0000-0000-0000-00000000000b');
         insert into agent_tool_io (event_id, sequence, session_id, source, event_type, status, tool_name, tool_call_id)
           values ('e2', 1, 's', 'voice', 'tool_call', 'started', 'look', 'call_1');
         insert into agent_tool_io (event_id, sequence, room, source, event_type, status, tool_name, tool_call_id)
           values ('e3', 1, 'r', 'voice', 'tool_call', 'started', 'look', 'call_2')"
    ))
    .await;
    assert_eq!(imported(&db, "replay-io"), [(3, 0, 0), (0, 3, 0)]);
    assert_eq!(
        events(&mut dba, "c.external_id, e.seq, e.sequence, e.model, e.tool_name, e.payload ->> 'event_id', e.payload ->> 'input_blob'").await,
        [
            "r 1 1 look e3",
            "s 1 0 gpt-5 e1 {\"\"long\"\": \"\"input\"\"}",
            "s 2 1 look e2"
        ]
    );
}

#[tokio::test]
async fn sessions_and_chats_are_items() {
    let (db, mut dba) = with(
        "create table agent_messages (id serial primary key, session_id text not null, message_data text not null, created_at timestamp default now());
         insert into agent_messages (session_id, message_data)
           select 'user_1_conv_' || g % 3, json_build_object('role', 'user', 'content', 'item ' || g)::text from generate_series(1, 3000) g;
         create table conversations (id uuid primary key, user_id int, title varchar(200), is_deleted boolean default false);
         create table messages (id uuid primary key default gen_random_uuid(), conversation_id uuid, role text, content text, created_at timestamptz);
         insert into conversations values ('00000000-0000-0000-0000-000000000001', 7, 'A parcel');
         insert into messages (conversation_id, role, content, created_at) values
           ('00000000-0000-0000-0000-000000000001', 'assistant', 'second', '2026-01-02'),
           ('00000000-0000-0000-0000-000000000001', 'user', 'first', '2026-01-01')",
    )
    .await;
    assert_eq!(imported(&db, "agents-sdk"), [(3000, 0, 0), (0, 3000, 0)]);
    let in_order = dba
        .number("select count(*) from (select e.seq, row_number() over (partition by e.conversation_id order by e.sequence) as place from transcript.events e) p where p.seq = p.place")
        .await;
    assert_eq!(in_order, 3000);
    dba.run("truncate transcript.events, transcript.conversations")
        .await;
    assert_eq!(imported(&db, "chat-messages"), [(2, 0, 0), (0, 2, 0)]);
    assert_eq!(
        events(
            &mut dba,
            "c.metadata ->> 'title', e.seq, e.role, e.payload ->> 'content'"
        )
        .await,
        ["A parcel 1 user first", "A parcel 2 assistant second"]
    );
}

#[tokio::test]
async fn an_orchestrators_events_keep_seq_and_id() {
    let (db, mut dba) = with(
        "create table conversation_events (id text primary key, agent_id text not null, event_type text not null,
           session_number bigint not null default 0, content text, metadata text, created_at text not null, seq bigint not null default 0);
         insert into conversation_events values
           ('b', 'agent-1', 'output', 0, 'done', null, '2026-01-01T00:00:02Z', 2),
           ('a', 'agent-1', 'prompt_sent', 0, 'do it', null, '2026-01-01T00:00:01Z', 1),
           ('c', 'agent-1', 'usage_update', 1, null, '{\"input_tokens\": 3}', '2026-01-01T00:00:03Z', 3)",
    )
    .await;
    assert_eq!(imported(&db, "conversation-events"), [(3, 0, 0), (0, 3, 0)]);
    assert_eq!(
        events(&mut dba, "e.seq, e.sequence, e.item_id, e.kind, e.role").await,
        [
            "1 1 a message user",
            "2 2 b message assistant",
            "3 3 c usage_update"
        ]
    );
}

#[tokio::test]
async fn messages_come_with_their_parts() {
    let (db, mut dba) = with(
        "create table messages (id serial primary key, session_id text, message_id text, role text, generated_at_unix_ms bigint, unique (session_id, message_id));
         create table parts (id serial primary key, type text, text text, message_id text, session_id text, generated_at_unix_ms bigint);
         insert into messages (session_id, message_id, role, generated_at_unix_ms) values ('oc_1', 'm1', 'user', 1000), ('oc_1', 'm2', 'assistant', 2000);
         insert into parts (type, text, message_id, session_id, generated_at_unix_ms) values
           ('text', 'hello', 'm1', 'oc_1', 900), ('reasoning', 'hm', 'm2', 'oc_1', 2000), ('patch', 'diff', 'm2', 'oc_1', 2001)",
    )
    .await;
    assert_eq!(imported(&db, "message-parts"), [(5, 0, 0), (0, 5, 0)]);
    assert_eq!(
        events(
            &mut dba,
            "e.seq, e.kind, e.payload ->> 'message_id', e.payload ->> 'text'"
        )
        .await
        .len(),
        5
    );
    let out = db.migrator(&["import", "--tenant", "acme", "--from-tables", "run-events"]);
    assert_eq!(code(&out), 1);
    assert!(
        stderr(&out).contains("agent_run_events"),
        "{}",
        stderr(&out)
    );
}
