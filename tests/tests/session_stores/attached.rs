//! What is written is projected: in the framework's transaction, once, in order.

use crate::{Store, insert, said};

#[tokio::test]
async fn what_is_committed_is_in_the_log_in_order() {
    let mut store = Store::attached().await;
    let (a, b) = (said("one"), said("two"));
    store
        .write(
            "s",
            &[
                &a,
                r#"{"type":"function_call","call_id":"c1","name":"look","arguments":"{}"}"#,
            ],
        )
        .await;
    store
        .write(
            "s",
            &[
                r#"{"type":"function_call_output","call_id":"c1","output":"found"}"#,
                &b,
            ],
        )
        .await;
    let log = store.log().await;
    assert_eq!(log.len(), 4);
    assert_eq!(
        (log[0].as_str(), log[3].as_str()),
        ("1 message one", "4 message two")
    );
    let joined = store
        .dba
        .text(
            "select string_agg(called_seq || '>' || answered_seq, ' ') from transcript.calls('s')",
        )
        .await;
    assert_eq!(joined, "2>3");
    let state = store
        .dba
        .text("select concat_ws(' ', name, tenant_id, format, strict, is_attached, lag, failures) from transcript.session_stores")
        .await;
    assert_eq!(state, "public.agent_messages acme openai-agents f t 0 0");
}

#[tokio::test]
async fn secrets_are_redacted_on_the_way() {
    let mut store = Store::attached().await;
    let item = said("write to bob@example.org");
    store.write("s", &[&item]).await;
    assert_eq!(
        store.log().await,
        ["1 message write to [redacted:email:15]"]
    );
}

#[tokio::test]
async fn statements_of_one_transaction_go_in_together_and_what_is_rolled_back_does_not() {
    let mut store = Store::attached().await;
    let item = |text: &str| insert("s", &[&said(text)]);
    store
        .framework
        .run(&format!(
            "begin; {}; {}; savepoint a; {}; rollback to a; savepoint b; {}; release b; {}; commit",
            item("1"),
            insert("other", &[&said("elsewhere")]),
            item("gone"),
            item("4"),
            item("5")
        ))
        .await;
    store
        .framework
        .run(&format!("begin; {}; rollback", item("never")))
        .await;
    assert_eq!(
        store.log().await,
        [
            "2 message elsewhere",
            "1 message 1",
            "4 message 4",
            "5 message 5"
        ]
    );
    assert_eq!((store.lag().await, store.failures().await), (0, 0));
    // One append took the rows of the transaction itself, one those of the savepoint.
    let times = store
        .dba
        .number("select count(distinct recorded_at) from transcript.events")
        .await;
    assert!(times <= 2, "{times} appends for one transaction");
}

#[tokio::test]
async fn constraints_made_immediate_change_nothing() {
    let mut store = Store::attached().await;
    let item = |text: &str| insert("s", &[&said(text)]);
    store
        .framework
        .run(&format!(
            "begin; {}; set constraints all immediate; {}; set constraints all deferred; {}; reset all; commit",
            item("1"), item("2"), item("3")
        ))
        .await;
    assert_eq!(
        store.log().await,
        ["1 message 1", "2 message 2", "3 message 3"]
    );
}

#[tokio::test]
async fn copy_upserts_and_large_statements_are_taken_whole() {
    let mut store = Store::attached().await;
    let mut copy = store
        .framework
        .connection
        .copy_in_raw("copy agent_messages (session_id, message_data) from stdin")
        .await
        .expect("copy starts");
    let rows: String = (0..25_000)
        .map(|n| format!("{}\t{}\n", ["s", "other"][n % 2], said(&format!("row {n}"))))
        .collect();
    copy.send(rows.as_bytes()).await.expect("rows are sent");
    copy.finish().await.expect("copy ends");
    let whole =
        "select count(*) from transcript.events e join agent_messages m on m.id = e.sequence
        and transcript.conversation_id('acme', m.session_id) = e.conversation_id
        and m.message_data::jsonb = e.payload";
    assert_eq!(store.dba.number(whole).await, 25_000);
    store
        .framework
        .run(
            r#"insert into agent_messages (id, session_id, message_data)
               values (1, 's', '{"role":"user","content":"again"}'), (30000, 's', '{"role":"user","content":"new"}')
               on conflict (id) do update set message_data = excluded.message_data"#,
        )
        .await;
    assert_eq!(store.dba.number(whole).await, 25_001);
    assert_eq!(store.lag().await, 0);
}

#[tokio::test]
async fn numbers_that_do_not_grow_are_taken_too() {
    let mut store = Store::attached().await;
    store
        .framework
        .run(
            r#"begin;
               insert into agent_messages (id, session_id, message_data)
                 select n, 's', format('{"role":"user","content":"row %s"}', n) from generate_series(50, 1, -1) n;
               commit"#,
        )
        .await;
    let numbers = "select count(distinct sequence) from transcript.events";
    assert_eq!(store.dba.number(numbers).await, 50);
    assert_eq!(store.lag().await, 0);
}

#[tokio::test]
async fn a_changed_item_is_merged_and_its_old_state_audited() {
    let mut store = Store::attached().await;
    let item = said("draft");
    store.write("s", &[&item, &said("kept")]).await;
    store
        .framework
        .run(r#"update agent_messages set message_data = replace(message_data, 'draft', 'final')"#)
        .await;
    assert_eq!(store.log().await, ["1 message final", "2 message kept"]);
    let replaced = "select count(*) from transcript.audit_log where action = 'replace'";
    assert_eq!(store.dba.number(replaced).await, 1);
    // Another number is another row.
    store
        .framework
        .run("update agent_messages set id = 9 where id = 2; update agent_messages set created_at = now()")
        .await;
    assert_eq!(
        store.log().await,
        [
            "1 message final",
            "2 message kept",
            "compaction [2]",
            "9 message kept"
        ]
    );
}

#[tokio::test]
async fn two_writers_of_one_session_are_both_there() {
    let store = Store::attached().await;
    let writers = (0..6).map(|writer| {
        let login = store.db.login("test_stranger");
        async move {
            let mut session = login.await;
            for n in 0..20 {
                let item = said(&format!("{writer}.{n}"));
                session
                    .run(&insert(["s", "other"][n % 2], &[&item, &item]))
                    .await;
            }
        }
    });
    let mut store = {
        let mut tasks = Vec::new();
        for writer in writers.collect::<Vec<_>>() {
            tasks.push(writer);
        }
        futures_join(tasks).await;
        store
    };
    let whole =
        "select count(*) from transcript.events e join agent_messages m on m.id = e.sequence
        and transcript.conversation_id('acme', m.session_id) = e.conversation_id";
    assert_eq!(store.dba.number(whole).await, 240);
    assert_eq!((store.lag().await, store.failures().await), (0, 0));
}

/// Runs futures at once, on one thread.
async fn futures_join<F: Future<Output = ()>>(futures: Vec<F>) {
    let mut futures: Vec<_> = futures.into_iter().map(Box::pin).collect();
    std::future::poll_fn(|context| {
        futures.retain_mut(|future| future.as_mut().poll(context).is_pending());
        if futures.is_empty() {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
}
