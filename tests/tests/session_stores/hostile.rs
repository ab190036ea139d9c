//! Logins and settings that are in the way.

use crate::{Store, insert, said};

#[tokio::test]
async fn the_frameworks_login_needs_and_has_no_rights() {
    let mut store = Store::attached().await;
    store.write("s", &[&said("one")]).await;
    for sql in [
        "select * from transcript.session_stores",
        "select * from transcript.attached_stores",
        "select transcript.store_lag(1)",
        "select transcript.detach('agent_messages')",
    ] {
        assert_eq!(store.framework.error(sql).await.0, "42501", "{sql}");
    }
    let mut auditor = store.db.login("test_auditor").await;
    let state = "select count(*) from transcript.session_stores where lag = 0";
    assert_eq!(auditor.number(state).await, 0);
    auditor.set_tenant("rival").await;
    assert_eq!(auditor.number(state).await, 0);
    assert_eq!(
        auditor
            .number("select count(transcript.store_lag(1))")
            .await,
        0
    );
    auditor.set_tenant("acme").await;
    assert_eq!(auditor.number(state).await, 1);
}

#[tokio::test]
async fn a_search_path_of_the_callers_bends_nothing() {
    let mut store = Store::attached().await;
    store
        .dba
        .run("create schema trap authorization test_stranger")
        .await;
    store
        .framework
        .run(
            "create function trap.int8range(bigint, bigint, text) returns int8range language sql as $$ select null::int8range where 1 / 0 = 1 $$;
             create function trap.jsonb_agg(jsonb) returns jsonb language plpgsql as $$ begin raise 'trapped'; end $$;
             create function trap.split_part(text, text, int) returns text language plpgsql as $$ begin raise 'trapped'; end $$;
             create table trap.agent_messages (id int, session_id text, message_data text, created_at timestamp);
             set search_path = trap, pg_catalog, public",
        )
        .await;
    store
        .framework
        .run(&insert("s", &[&said("one")]).replace("into ", "into public."))
        .await;
    store
        .framework
        .run("delete from public.agent_messages")
        .await;
    assert_eq!(store.log().await, ["1 message one", "session_cleared [1]"]);
    assert_eq!(store.failures().await, 0);
}

#[tokio::test]
async fn settings_are_as_they_were_afterwards() {
    let mut store = Store::attached().await;
    let settings = "select concat_ws('|', current_setting('transcript.tenant', true), current_setting('transcript.user_id', true),
        current_setting('lock_timeout'), current_setting('enable_seqscan'), current_user)";
    store
        .framework
        .run(&format!(
            "begin; set constraints all immediate; set local transcript.tenant = 'mine'; set transcript.user_id = 'me';
             set local enable_seqscan = off; {}",
            insert("s", &[&said("one"), "not json"])
        ))
        .await;
    assert_eq!(
        store.framework.text(settings).await,
        "mine|me|0|off|test_stranger"
    );
    store.framework.run("commit").await;
    assert_eq!(
        store.framework.text(settings).await,
        "|me|0|on|test_stranger"
    );
    let tenants = "select count(distinct tenant_id) from transcript.events where user_id is null and tenant_id = 'acme'";
    assert_eq!(store.dba.number(tenants).await, 1);
}

#[tokio::test]
async fn a_setting_that_is_lost_or_stale_loses_no_row() {
    let mut store = Store::attached().await;
    store.write("s", &[&said("one")]).await;
    // What an earlier transaction took says nothing of this one, and nonsense is no answer.
    for value in ["1 {[1,1000)}", "nonsense", ""] {
        store
            .framework
            .run(&format!("set transcript.store_1_written = '{value}'"))
            .await;
        store.write("s", &[&said("next")]).await;
    }
    assert_eq!(store.log().await.len(), 4);
    assert_eq!((store.lag().await, store.failures().await), (0, 0));
}

#[tokio::test]
async fn the_same_session_in_two_stores_and_tenants() {
    let mut store = Store::attached().await;
    let second = crate::TABLES.replace("agent_", "second_");
    store.dba.run(&second).await;
    let (code, message, hint) = store
        .dba
        .error("select transcript.attach('second_messages', 'acme')")
        .await;
    assert_eq!(code, "TR065", "{message}");
    assert!(hint.contains("prefix"), "{hint}");
    store
        .dba
        .run("select transcript.attach('second_messages', 'acme', prefix => 'second/')")
        .await;
    let third = crate::TABLES.replace("agent_", "third_");
    store.dba.run(&third).await;
    store
        .dba
        .run("select transcript.attach('third_messages', 'rival')")
        .await;
    let one = insert("s", &[&said("in one")]);
    store
        .framework
        .run(&format!(
            "begin; {one}; {}; {}; commit",
            one.replace("agent_", "second_").replace("in one", "in two"),
            one.replace("agent_", "third_")
                .replace("in one", "in three"),
        ))
        .await;
    let found = store
        .dba
        .texts(
            "select concat_ws(' ', c.tenant_id, c.external_id, e.payload ->> 'content')
             from transcript.events e join transcript.conversations c using (conversation_id) order by 1",
        )
        .await;
    assert_eq!(
        found,
        [
            "(\"acme s in one\")",
            "(\"acme second/s in two\")",
            "(\"rival s in three\")"
        ]
    );
    assert_eq!((store.lag().await, store.failures().await), (0, 0));
}

#[tokio::test]
async fn rival_transactions_over_the_same_sessions_do_not_deadlock() {
    let mut store = Store::attached().await;
    store.write("s", &[&said("x")]).await;
    store.write("other", &[&said("x")]).await;
    let mut tasks = Vec::new();
    for order in [["s", "other"], ["other", "s"]] {
        let mut login = store.db.login("test_stranger").await;
        tasks.push(tokio::spawn(async move {
            for _ in 0..60 {
                let [first, then] = order.map(|session| insert(session, &[&said("y")]));
                login.run(&format!("begin; {first}; {then}; commit")).await;
            }
        }));
    }
    for task in tasks {
        task.await.expect("no write failed");
    }
    assert_eq!((store.lag().await, store.failures().await), (0, 0));
}

#[tokio::test]
async fn detaching_leaves_the_log_and_takes_everything_else() {
    let mut store = Store::attached().await;
    store.write("s", &[&said("one")]).await;
    assert_eq!(
        store
            .dba
            .text("select transcript.detach('agent_messages')")
            .await,
        "true"
    );
    assert_eq!(
        store
            .dba
            .text("select transcript.detach('agent_messages')")
            .await,
        "false"
    );
    store.write("s", &[&said("two")]).await;
    store.framework.run("delete from agent_messages").await;
    assert_eq!(store.log().await, ["1 message one"]);
    let left = store
        .dba
        .number(
            "select (select count(*) from pg_trigger where tgname ~ '^transcript_') + (select count(*) from pg_proc where proname ~ '^store_[0-9]')
               + (select count(*) from pg_class c, aclexplode(c.relacl) a where c.relname ~ '^agent_' and a.grantee = 'transcript_owner'::regrole)",
        )
        .await;
    assert_eq!(left, 0);
    // A table that was dropped is forgotten when the next one is attached.
    store
        .dba
        .run("select transcript.attach('agent_messages', 'acme'); drop table agent_messages, agent_sessions")
        .await;
    let state = "select concat_ws(' ', is_attached, lag) from transcript.session_stores";
    assert_eq!(store.dba.text(state).await, "f");
    store.dba.run(crate::TABLES).await;
    store
        .dba
        .run("select transcript.attach('agent_messages', 'acme')")
        .await;
    assert_eq!(store.dba.text(state).await, "t 0");
}
