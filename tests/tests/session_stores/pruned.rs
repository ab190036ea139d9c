//! Pruning: the framework's tables get small, the log stays, and no call is parted from its result.

use crate::{Store, insert, said};

fn call(id: &str) -> String {
    format!(r#"{{"type":"function_call","call_id":"{id}","name":"f","arguments":"{{}}"}}"#)
}

fn result(id: &str) -> String {
    format!(r#"{{"type":"function_call_output","call_id":"{id}","output":"done"}}"#)
}

async fn held(store: &mut Store) -> String {
    store
        .dba
        .text(
            "select string_agg(session_id || id, ' ' order by session_id, id) from agent_messages",
        )
        .await
}

/// What a purger's login gets: trimmed, removed, left, rows.
async fn prune(store: &mut Store, arguments: &str) -> String {
    let mut purger = store.db.login("test_purger").await;
    purger
        .text(&format!(
            "select string_agg(concat_ws(' ', sessions_trimmed, sessions_removed, sessions_left, rows_removed, problem), ', ')
             from transcript.prune_store({arguments})"
        ))
        .await
}

#[tokio::test]
async fn the_newest_stay_and_what_goes_is_told() {
    let mut store = Store::attached().await;
    for n in 0..6 {
        store.write("s", &[&said(&n.to_string())]).await;
    }
    store.write("other", &[&said("few")]).await;
    let before = store.log().await;
    assert_eq!(
        prune(&mut store, "keep => 2, dry_run => true").await,
        "1 0 0 4"
    );
    assert_eq!(held(&mut store).await, "other7 s1 s2 s3 s4 s5 s6");
    assert_eq!(prune(&mut store, "keep => 2").await, "1 0 0 4");
    assert_eq!(held(&mut store).await, "other7 s5 s6");
    let log = store.log().await;
    assert_eq!(log[..7], before[..]);
    assert_eq!(log[7..], ["store_pruned [1..4]"]);
    assert_eq!(prune(&mut store, "keep => 2").await, "0 0 0 0");
    let receipts = store
        .dba
        .texts("select detail ->> 'rows_removed' from transcript.audit_log where action = 'prune_store' order by audit_id")
        .await;
    assert_eq!(receipts, ["(4)", "(0)"]);
    // What is popped after that is a rewind again.
    store
        .framework
        .run("delete from agent_messages where id = 6")
        .await;
    assert_eq!(store.log().await[8..], ["rewind [6]"]);
}

#[tokio::test]
async fn no_call_is_parted_from_its_result_wherever_that_stands() {
    let mut store = Store::attached().await;
    let thought = r#"{"type":"reasoning","id":"r1","summary":[]}"#;
    let items = [
        said("1"),
        result("none"),
        thought.to_owned(),
        call("a"),
        call("b"),
        result("b"),
        said("7"),
        call("c"),
        result("a"),
        said("10"),
        result("c"),
        said("12"),
    ];
    let items: Vec<&str> = items.iter().map(String::as_str).collect();
    for keep in 1..=12 {
        store.write("s", &items).await;
        assert!(
            !prune(&mut store, &format!("keep => {keep}"))
                .await
                .is_empty()
        );
        let places = store.dba.text("select count(*) from agent_messages").await;
        // Back to the thought before call a, unless what is cut off holds pairs whole.
        let wanted = match keep {
            1 => 1,
            2..=10 => 10,
            more => more,
        };
        assert_eq!(places, wanted.to_string(), "keep {keep}");
        let parted = store
            .dba
            .number(
                "with item as (select message_data::jsonb as m from agent_messages)
                 select count(*) from item r where r.m ->> 'type' = 'function_call_output' and r.m ->> 'call_id' <> 'none'
                   and not exists (select from item c where c.m ->> 'type' = 'function_call' and c.m ->> 'call_id' = r.m ->> 'call_id')",
            )
            .await;
        assert_eq!(parted, 0, "keep {keep}");
        store.framework.run("delete from agent_messages").await;
    }
}

#[tokio::test]
async fn idle_sessions_go_whole_with_their_parent() {
    let mut store = Store::attached().await;
    store
        .framework
        .run(&format!(
            "{}; {}; update agent_messages set created_at = created_at - interval '8 days' where session_id = 's'",
            insert("s", &[&said("a"), &call("open")]),
            insert("other", &[&said("b")])
        ))
        .await;
    assert_eq!(
        prune(&mut store, "'agent_messages', idle => '9 days'").await,
        "0 0 0 0"
    );
    assert_eq!(prune(&mut store, "keep => null").await, "0 1 0 2");
    assert_eq!(held(&mut store).await, "other3");
    let sessions = "select string_agg(session_id, ' ') from agent_sessions";
    assert_eq!(store.dba.text(sessions).await, "other");
    assert_eq!(store.log().await[3], "store_pruned [1..2]");
}

#[tokio::test]
async fn what_is_not_in_the_log_stays() {
    let mut store = Store::made(crate::TABLES).await;
    store.write("s", &[&said("before")]).await;
    store
        .dba
        .run("select transcript.attach('agent_messages', 'acme')")
        .await;
    store
        .write(
            "s",
            &[&said("1"), &said("2"), "not json", &said("4"), &said("5")],
        )
        .await;
    store
        .write(
            "other",
            &[&said("1"), &said("2"), "not json", &said("4"), &said("5")],
        )
        .await;
    assert_eq!(prune(&mut store, "keep => 1").await, "1 0 1 2");
    assert_eq!(
        held(&mut store).await,
        "other9 other10 other11 s1 s2 s3 s4 s5 s6"
    );
    store
        .framework
        .run("update agent_messages set created_at = created_at - interval '8 days'")
        .await;
    assert_eq!(prune(&mut store, "keep => 1").await, "0 0 2 0");
    // Written since it was attached, and before what retention took: it was in the log.
    store
        .dba
        .run(
            "update transcript.attached_stores set attached_at = now() - interval '9 days';
             insert into transcript.purge_log (started_at, parent, leaf, upper_bound, cutoff, result)
               values (now(), 'events', 'events_old', now() - interval '7 days', now(), 'done')",
        )
        .await;
    assert_eq!(prune(&mut store, "keep => 1").await, "0 2 0 9");
}

#[tokio::test]
async fn a_session_in_use_waits_and_batches_are_bounded() {
    let mut store = Store::attached().await;
    for session in ["s", "other"] {
        store.write(session, &[&said("1"), &said("2")]).await;
    }
    let mut rival = store.db.login("test_stranger").await;
    rival
        .run("begin; select from agent_sessions where session_id = 's' for update")
        .await;
    assert_eq!(prune(&mut store, "keep => 1").await, "1 0 1 1");
    rival.run("commit").await;
    store.write("other", &[&said("3")]).await;
    assert_eq!(
        prune(&mut store, "keep => 1, max_sessions => 1").await,
        "1 0 0 1"
    );
    assert_eq!(
        prune(&mut store, "keep => 1, max_sessions => 1").await,
        "1 0 0 1"
    );
    assert_eq!(held(&mut store).await.split(' ').count(), 2);
}

#[tokio::test]
async fn who_may_and_what_is_refused() {
    let mut store = Store::attached().await;
    store.write("s", &[&said("1"), &said("2")]).await;
    assert_eq!(
        store
            .framework
            .error("select * from transcript.prune_store()")
            .await
            .0,
        "42501"
    );
    let mut purger = store.db.login("test_purger").await;
    for (arguments, code) in [
        ("keep => 0", "TR066"),
        ("idle => '-1 day'", "TR066"),
        ("max_sessions => null", "TR066"),
        ("'agent_sessions'", "TR060"),
    ] {
        let (found, message, hint) = purger
            .error(&format!(
                "select * from transcript.prune_store({arguments})"
            ))
            .await;
        assert_eq!(found, code, "{message}");
        assert!(!hint.is_empty());
    }
    // Where nobody would see what goes, nothing does.
    store
        .framework
        .run("alter table agent_messages disable trigger transcript_deleted")
        .await;
    let said = prune(&mut store, "keep => 1").await;
    assert!(said.starts_with("0 0 0 0 a trigger is missing"), "{said}");
    assert_eq!(held(&mut store).await, "s1 s2");
}
