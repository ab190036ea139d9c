//! Drift: what a check looks at, and that it invents nothing while others write.

use crate::{Store, TABLES, insert, said};

async fn checked(store: &mut Store, arguments: &str) -> (usize, String) {
    let found = store
        .dba
        .texts(&format!(
            "select session_id from transcript.drift({arguments})"
        ))
        .await;
    let check = store
        .dba
        .text("select concat_ws(' ', is_full, sessions_checked, sessions_drifted) from transcript.drift_checks order by store_id limit 1")
        .await;
    (found.len(), check)
}

#[tokio::test]
async fn a_check_looks_at_what_was_written_since_the_last() {
    let mut store = Store::attached().await;
    store
        .framework
        .run(
            "insert into agent_sessions select 's' || g from generate_series(1, 50) g;
             insert into agent_messages (session_id, message_data)
               select 's' || g, '{\"role\":\"user\",\"content\":\"x\"}' from generate_series(1, 50) g",
        )
        .await;
    // There is no last one yet.
    assert_eq!(checked(&mut store, "").await, (0, "t 50 0".to_owned()));
    // The newest rows are looked at once more: others could have been on the way.
    checked(&mut store, "").await;
    assert_eq!(checked(&mut store, "").await, (0, "f 0 0".to_owned()));
    store.write("s1", &[&said("more")]).await;
    store
        .framework
        .run("delete from agent_messages where session_id = 's2'")
        .await;
    assert_eq!(checked(&mut store, "").await.1, "f 2 0");
    // A row that no trigger saw is new all the same, and drift is looked at until it is gone.
    store
        .dba
        .run(&format!(
            "alter table agent_messages disable trigger user; {}; alter table agent_messages enable trigger user",
            insert("s3", &[&said("unseen")])
        ))
        .await;
    checked(&mut store, "").await;
    assert_eq!(checked(&mut store, "").await.0, 1);
    checked(&mut store, "").await;
    assert_eq!(checked(&mut store, "").await, (1, "f 1 1".to_owned()));
    store.dba.run("select transcript.rebuild()").await;
    assert_eq!(checked(&mut store, "").await, (0, "f 1 0".to_owned()));
    assert_eq!(
        checked(&mut store, "'agent_messages', 's3'").await,
        (0, "f 1 0".to_owned())
    );
    assert_eq!(
        checked(&mut store, "is_full => true").await,
        (0, "t 50 0".to_owned())
    );
}

#[tokio::test]
async fn nothing_is_invented_while_others_write() {
    let mut store = Store::attached().await;
    store
        .framework
        .run("insert into agent_sessions select 's' || g from generate_series(0, 9) g")
        .await;
    let mut writers = Vec::new();
    for writer in 0..6 {
        let mut framework = store.db.login("test_stranger").await;
        writers.push(tokio::spawn(async move {
            for turn in 0..40 {
                let session = format!("s{}", (writer * 7 + turn) % 10);
                let one = insert(&session, &[&said(&format!("{writer} {turn}")), &said("b")]);
                match turn % 4 {
                    0 => framework.run(&one).await,
                    1 => framework.run(&format!("begin; {one}; select pg_sleep(0.005); {one}; commit")).await,
                    // Two that take back at once can wait for each other.
                    2 => drop(
                        framework
                            .try_run(&format!(
                                "delete from agent_messages where id = (select max(id) from agent_messages where session_id = '{session}')"
                            ))
                            .await,
                    ),
                    _ => framework.run(&format!("begin; {one}; rollback")).await,
                }
            }
        }));
    }
    let mut checks = 0;
    while writers.iter().any(|writer| !writer.is_finished()) {
        let is_full = checks % 2 == 0;
        let found = store
            .dba
            .texts(&format!(
                "select d::text from transcript.drift(is_full => {is_full}) d"
            ))
            .await;
        assert!(found.is_empty(), "check {checks}: {found:?}");
        checks += 1;
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert!(checks > 5, "{checks}");
    assert_eq!(checked(&mut store, "is_full => true").await.0, 0);
}

/// Which sessions differ is one statement, how they differ another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emptied_session_that_is_written_to_during_a_check_does_not_differ() {
    let mut store = Store::attached().await;
    store.write("s", &[&said("a"), &said("b")]).await;
    store.framework.run("delete from agent_messages").await;
    // The check clears this row between the two: it is made to wait there.
    store
        .dba
        .run("insert into transcript.drift (store_id, conversation_id, kind, tenant_id, session, missing, extra, altered, reordered, duplicated)
              select s.store_id, c.conversation_id, 'message', 'acme', 's', 0, 0, 0, 0, 0 from transcript.attached_stores s, transcript.conversations c")
        .await;
    let mut rival = store.db.superuser().await;
    rival
        .run("begin; select from transcript.drift for update")
        .await;
    let mut checker = store.db.superuser().await;
    checker.set_tenant("acme").await;
    let check = tokio::spawn(async move {
        checker
            .texts("select d::text from transcript.drift(is_full => true) d")
            .await
    });
    let waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    while store.dba.number(waiting).await == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    store.write("s", &[&said("c"), &said("d")]).await;
    rival.run("rollback").await;
    assert_eq!(check.await.expect("a check"), Vec::<String>::new());
}

#[tokio::test]
async fn two_stores_are_compared_each_with_its_own_events() {
    let mut store = Store::attached().await;
    store.dba.run(&TABLES.replace("agent_", "second_")).await;
    store
        .dba
        .run("select transcript.attach('second_messages', 'acme', prefix => 'two:')")
        .await;
    store.write("s", &[&said("one")]).await;
    store
        .framework
        .run(&insert("s", &[&said("two"), &said("three")]).replace("agent_", "second_"))
        .await;
    assert_eq!(checked(&mut store, "").await.0, 0);
    store
        .dba
        .run("alter table second_messages disable trigger user; delete from second_messages where id = 1")
        .await;
    let found = store
        .dba
        .texts("select concat_ws(' ', store, session_id, extra) from transcript.drift(is_full => true)")
        .await;
    assert_eq!(found, ["(\"public.second_messages s 1\")"]);
    assert_eq!(
        checked(&mut store, "'agent_messages', is_full => true")
            .await
            .0,
        0
    );
    let (code, message, hint) = store
        .dba
        .error("select transcript.drift('agent_sessions')")
        .await;
    assert_eq!(code, "TR067");
    assert!(message.contains("agent_sessions") && hint.contains("attach"));
}
