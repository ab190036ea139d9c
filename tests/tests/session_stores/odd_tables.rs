//! Tables that are not the SDK's: odd names, other columns, other formats; and those that are refused.

use crate::{Store, said};

#[tokio::test]
async fn odd_names_are_only_names() {
    let mut store = Store::made(
        r#"create schema "Odd $body$ schema";
           create table "Odd $body$ schema"."it's %1$s {item}" (
             "the ""number""" bigint not null, "session $$" uuid not null, "data %L" json, "when" timestamptz,
             unique ("session $$", "the ""number"""));
           grant usage on schema "Odd $body$ schema" to test_stranger;
           alter table "Odd $body$ schema"."it's %1$s {item}" owner to test_stranger;
           select transcript.attach('"Odd $body$ schema"."it''s %1$s {item}"', 'acme', 'openai-agents', 'session $$',
             'the "number"', 'data %L', 'when')"#,
    )
    .await;
    let session = |n: u8| format!("00000000-0000-0000-0000-00000000000{n}");
    for _ in 0..2 {
        store
            .framework
            .run(&format!(
                r#"begin;
                   insert into "Odd $body$ schema"."it's %1$s {{item}}"
                     select n, s::uuid, '{}', 'infinity' from generate_series(1, 3) n, unnest(array['{}', '{}']) s;
                   commit;
                   delete from "Odd $body$ schema"."it's %1$s {{item}}""#,
                said("x"),
                session(1),
                session(2)
            ))
            .await;
    }
    let log = store.log().await;
    // The second time they are what they were.
    let one = [
        "1 message x",
        "2 message x",
        "3 message x",
        "session_cleared [1..3]",
        "session_cleared [1..3]",
    ];
    assert_eq!(log, [one, one].concat());
    assert_eq!((store.lag().await, store.failures().await), (0, 0));
}

#[tokio::test]
async fn chat_messages_in_a_table_of_ones_own() {
    let mut store = Store::made(
        "create table chat (thread int not null, position int not null, message jsonb not null, primary key (thread, position));
         alter table chat owner to test_stranger;
         select transcript.attach('chat', 'acme', 'openai-chat-messages', 'thread', 'position', 'message', '', prefix => 'chat:')",
    )
    .await;
    store
        .framework
        .run(
            r#"insert into chat values (7, 0, '{"role":"user","content":"hi"}'),
               (7, 1, '{"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]}'),
               (8, 0, '{"role":"user","content":"hello"}'), (8, 1, '"no message"')"#,
        )
        .await;
    store
        .framework
        .run("delete from chat where thread = 7 and position = 1")
        .await;
    let threads = store
        .dba
        .texts("select concat_ws(' ', external_id, event_count) from transcript.conversations order by 1")
        .await;
    assert_eq!(threads, ["(\"chat:7 3\")", "(\"chat:8 1\")"]);
    assert_eq!((store.lag().await, store.failures().await), (1, 1));
}

#[tokio::test]
async fn what_cannot_be_attached_is_refused_and_named() {
    let mut store = Store::made(
        "create table good (id int primary key, session_id text not null, message_data text, created_at timestamp);
         create table parted (like good) partition by range (id);
         create table part partition of parted for values from (0) to (9);
         create table base (like good including all); create table child () inherits (base);
         create view seen as select * from good; create temp table temporary (like good including all);
         create table unkeyed (like good); create table twice (like good); create unique index on twice (id) where id > 5;
         create table wordy (id text primary key, session_id text not null, message_data text, created_at timestamp);
         create table loose (id int primary key, session_id text, message_data text, created_at timestamp);
         create table foreign_one (like good including all); alter table foreign_one owner to test_reader;
         grant transcript_owner to test_stranger",
    )
    .await;
    for (table, code, word) in [
        ("parted", "TR062", "public.parted"),
        ("part", "TR062", "public.part"),
        ("base", "TR062", "public.base"),
        ("child", "TR062", "public.child"),
        ("seen", "TR062", "public.seen"),
        ("temporary", "TR062", "temporary"),
        ("pg_class", "TR062", "pg_catalog.pg_class"),
        ("transcript.events", "TR062", "transcript.events"),
        ("unkeyed", "TR062", "unique index"),
        ("twice", "TR062", "unique index"),
        ("wordy", "TR061", "id"),
        ("loose", "TR061", "session_id"),
    ] {
        let (found, message, hint) = store
            .dba
            .error(&format!("select transcript.attach('{table}', 'acme')"))
            .await;
        assert_eq!(found, code, "{table}: {message}");
        assert!(
            message.contains(word) && !hint.is_empty(),
            "{message}: {hint}"
        );
    }
    for (call, code) in [
        ("'good', ''", "TR060"),
        ("null, 'acme'", "TR060"),
        ("'good', 'acme', 'no such format'", "TR011"),
        ("'good', 'acme', null", "TR011"),
        ("'good', 'acme', data_column => 'nothing'", "TR061"),
        ("'good', 'acme', time_column => 'message_data'", "TR061"),
        ("'good', 'acme', time_column => null", ""),
    ] {
        let result = store
            .dba
            .try_run(&format!("select transcript.attach({call})"))
            .await;
        let found = result
            .err()
            .map_or(String::new(), |error| tests::sqlstate(&error));
        assert_eq!(found, code, "{call}");
    }
    // A member of the owner who does not own the table; one who is no member.
    let (code, message, _) = store
        .framework
        .error("select transcript.attach('public.foreign_one', 'acme')")
        .await;
    assert_eq!(code, "TR063", "{message}");
    store
        .dba
        .run("revoke transcript_owner from test_stranger")
        .await;
    assert_eq!(
        store
            .framework
            .error("select transcript.attach('public.good', 'acme')")
            .await
            .0,
        "42501"
    );
}

#[tokio::test]
async fn row_level_security_of_the_table_does_not_hide_rows() {
    let mut store = Store::made(crate::TABLES).await;
    store
        .dba
        .run(
            "alter table agent_messages enable row level security; alter table agent_messages force row level security;
             create policy own on agent_messages to test_stranger using (true);
             select transcript.attach('agent_messages', 'acme')",
        )
        .await;
    store.write("s", &[&said("one"), &said("two")]).await;
    assert_eq!(store.log().await.len(), 2);
    assert_eq!(store.lag().await, 0);
    // Also where the policy was made after the table was attached.
    store
        .dba
        .run("drop policy transcript_reads on agent_messages")
        .await;
    store.write("s", &[&said("three"), &said("four")]).await;
    assert_eq!(store.log().await.len(), 4);
}
