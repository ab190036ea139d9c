//! What cannot be projected never fails the framework's write; it is kept and can be sent again.

use crate::{Store, insert, said};

#[tokio::test]
async fn bad_items_are_dead_letters_and_their_siblings_go_in() {
    let mut store = Store::attached().await;
    let good = said("good");
    store
        .write("s", &["not json", &good, "[1]", r#"{"no":"type"}"#, &good])
        .await;
    assert_eq!(store.log().await, ["2 message good", "5 message good"]);
    let mut reasons = store.reasons().await;
    reasons.sort();
    assert_eq!(reasons, ["TR001", "TR014", "TR016"]);
    assert_eq!((store.lag().await, store.failures().await), (3, 3));
}

#[tokio::test]
async fn a_strict_store_fails_the_write_and_says_why() {
    let mut store = Store::attached().await;
    store
        .dba
        .run("select transcript.attach('agent_messages', 'acme', strict => true)")
        .await;
    let bad = insert("s", &[&said("good"), "not json"]);
    let (code, message, hint) = store.framework.error(&bad).await;
    assert_eq!(code, "TR064");
    assert!(
        message.contains("public.agent_messages") && message.contains("TR001"),
        "{message}"
    );
    assert!(hint.contains("strict"), "{hint}");
    assert_eq!(
        store
            .dba
            .number("select count(*) from agent_messages")
            .await,
        0
    );
    assert_eq!(store.log().await, Vec::<String>::new());
    store.write("s", &[&said("good")]).await;
    assert_eq!(store.log().await.len(), 1);
}

#[tokio::test]
async fn a_lock_that_is_held_becomes_letters_that_can_be_retried() {
    let mut store = Store::attached().await;
    store.write("s", &[&said("first")]).await;
    let mut rival = store.db.superuser().await;
    for (timeout, code) in [
        ("lock_timeout = '100ms'", "55P03"),
        ("lock_timeout = 0", "55P03"),
    ] {
        rival
            .run("begin; select from transcript.conversations for update")
            .await;
        store.framework.run(&format!("set {timeout}")).await;
        store.write("s", &[&said("late"), &said("later")]).await;
        store
            .framework
            .run("delete from agent_messages where id = (select max(id) from agent_messages)")
            .await;
        rival.run("rollback").await;
        assert_eq!(store.reasons().await, [code; 3]);
        let retried = store
            .dba
            .texts("select status from transcript.retry_rejected()")
            .await;
        assert_eq!(retried, ["(stored)"; 3]);
    }
    assert_eq!((store.lag().await, store.failures().await), (0, 0));
    // What is sent again is the store's like what was projected at once.
    let drift = "select count(*) from transcript.drift(is_full => true)";
    assert_eq!(store.dba.number(drift).await, 0);
    let kinds = "select count(*) from transcript.events where kind = 'rewind'";
    assert_eq!(store.dba.number(kinds).await, 2);
    assert_eq!(
        store
            .framework
            .text("current_setting('lock_timeout')")
            .await,
        "0"
    );
}

#[tokio::test]
async fn a_statement_timeout_or_a_cancel_in_the_projection_is_held() {
    let mut store = Store::attached().await;
    store.write("s", &[&said("first")]).await;
    let mut rival = store.db.superuser().await;
    rival
        .run("begin; select from transcript.conversations for update")
        .await;
    // Immediate, so that the projection is part of a statement, which has a timeout.
    store
        .framework
        .run(&format!(
            "begin; set constraints all immediate; set statement_timeout = '200ms'; {}; commit; reset statement_timeout",
            insert("s", &[&said("late")])
        ))
        .await;
    rival.run("rollback").await;
    assert_eq!(store.reasons().await, ["57014"]);
    assert_eq!(
        store
            .dba
            .number("select count(*) from agent_messages")
            .await,
        2
    );
}

#[tokio::test]
async fn a_missing_partition_is_made_or_its_rows_kept() {
    let mut store = Store::attached().await;
    let drop = "do $$ declare leaf name; begin
        for leaf in select p.leaf from transcript.partitions p loop execute format('drop table transcript.%I', leaf); end loop;
        delete from transcript.partitions; end $$";
    store.dba.run(drop).await;
    store.write("s", &[&said("made")]).await;
    assert_eq!(store.log().await, ["1 message made"]);
    store.dba.run(drop).await;
    store
        .dba
        .run("alter function transcript.ensure_partitions() rename to ensure_nothing")
        .await;
    store.write("s", &[&said("kept")]).await;
    assert_eq!(store.reasons().await, ["42883"]);
    store
        .dba
        .run("alter function transcript.ensure_nothing() rename to ensure_partitions")
        .await;
    assert_eq!(
        store
            .dba
            .texts("select status from transcript.retry_rejected()")
            .await,
        ["(stored)"]
    );
}

#[tokio::test]
async fn a_dropped_extension_or_renamed_column_costs_the_framework_nothing() {
    let mut store = Store::attached().await;
    store
        .dba
        .run("alter table agent_messages rename message_data to item")
        .await;
    let renamed = insert("s", &[&said("renamed")]).replace("message_data", "item");
    store.framework.run(&renamed).await;
    store
        .framework
        .run("update agent_messages set item = item || ' '")
        .await;
    assert_eq!(store.failures().await, 2);
    store
        .dba
        .run("select transcript.attach('agent_messages', 'acme', data_column => 'item')")
        .await;
    store.framework.run(&renamed).await;
    assert_eq!(store.log().await, ["2 message renamed"]);

    store.dba.run("drop extension pg_transcript cascade").await;
    store.framework.run(&renamed).await;
    assert_eq!(
        store
            .dba
            .number("select count(*) from agent_messages")
            .await,
        3
    );
}

#[tokio::test]
async fn rows_from_before_and_from_behind_our_back_are_lag() {
    let mut store = Store::made(crate::TABLES).await;
    store.write("s", &[&said("before")]).await;
    store
        .dba
        .run("select transcript.attach('agent_messages', 'acme')")
        .await;
    assert_eq!((store.lag().await, store.failures().await), (1, 0));
    store
        .framework
        .run("alter table agent_messages disable trigger transcript_inserted")
        .await;
    store.write("s", &[&said("behind our back")]).await;
    let attached = "select is_attached::int from transcript.session_stores";
    assert_eq!(
        (store.lag().await, store.dba.number(attached).await),
        (2, 0)
    );
    store
        .dba
        .run("select transcript.attach('agent_messages', 'acme')")
        .await;
    store.write("s", &[&said("after")]).await;
    assert_eq!(
        (store.lag().await, store.dba.number(attached).await),
        (2, 1)
    );
}

#[tokio::test]
async fn a_number_that_comes_again_with_another_item_is_kept() {
    let mut store = Store::attached().await;
    store.write("s", &[&said("old")]).await;
    store
        .framework
        .run("truncate agent_messages restart identity")
        .await;
    store.write("s", &[&said("new"), &said("next")]).await;
    assert_eq!(store.reasons().await, ["TR040"]);
    assert_eq!(store.log().await.len(), 3);
}

/// The row is what counts, not what the letter kept of it.
#[tokio::test]
async fn a_letter_whose_row_was_changed_or_removed_since() {
    let mut store = Store::attached().await;
    store.write("s", &[&said("first"), &said("second")]).await;
    let mut rival = store.db.superuser().await;
    rival
        .run("begin; select from transcript.conversations for update")
        .await;
    store.framework.run("set lock_timeout = '100ms'").await;
    store.write("s", &[&said("third")]).await;
    // Of a row that is in the log already: only the removal is a letter.
    store
        .framework
        .run("delete from agent_messages where id = 2")
        .await;
    store
        .framework
        .run(&format!(
            "update agent_messages set message_data = '{}' where id = 3",
            said("changed")
        ))
        .await;
    rival.run("rollback").await;
    assert_eq!(store.failures().await, 3);
    let statuses = "select status from transcript.retry_rejected()";
    let mut retried = store.dba.texts(statuses).await;
    retried.sort();
    assert_eq!(retried, ["(duplicate)", "(stored)", "(stored)"]);
    let mut log = store.log().await;
    log.sort();
    let kept: Vec<_> = log.iter().filter(|line| line.contains("message")).collect();
    assert_eq!(
        kept,
        ["1 message first", "2 message second", "3 message changed"]
    );
    let drift = "select string_agg(d::text, ', ') from transcript.drift(is_full => true) d";
    assert_eq!(store.dba.text(drift).await, "");
}
