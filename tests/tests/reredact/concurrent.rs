//! Sweeps beside writers, and beside each other.

use crate::policies::{FORMATS, STRICTER, assert_same, history, import, set_policy};
use std::time::Duration;
use tests::Database;
use tokio::task::JoinSet;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_lose_nothing_and_nobody_deadlocks() {
    const WRITERS: usize = 4;
    const ROUNDS: usize = 25;
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let large = "lorem ipsum ".repeat(3_500);
    // Words that one policy after the other hides, so that every sweep has all rows to rewrite.
    let words = |n: usize| {
        (0..6)
            .map(|w| format!("\"word{w}\":\"w{w}-value-{n}\""))
            .collect::<Vec<_>>()
            .join(",")
    };
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let mut app = db.app("acme").await;
        let large = large.clone();
        writers.spawn(async move {
            for round in 0..ROUNDS {
                // Over conversations in opposite orders, with a blob, and with what is rejected.
                let mut items: Vec<String> = (0..5)
                    .map(|c| format!(r#"{{"conversation":"c{c}","run":"r","key":"{writer}-{round}-{c}","kind":"note","payload":{{{},"log":"{}"}}}}"#,
                        words(round), if c == 2 { &large } else { "" }))
                    .collect();
                items.extend((0..3).map(|n| format!(r#"{{"kind":"note","payload":{{{}}}}}"#, words(n))));
                if writer % 2 == 1 {
                    items[..5].reverse();
                }
                let verdicts = app.append(&format!("[{}]", items.join(",")), "native").await;
                assert!(verdicts[..5].iter().all(|v| v.status == "stored"), "{verdicts:?}");
            }
        });
    }
    let mut redactor = db.login("test_redactor").await;
    let mut sweeps = 0;
    while !writers.is_empty() || sweeps < 6 {
        let hidden: Vec<String> = (0..=sweeps.min(5))
            .map(|w| format!("\"word{w}\""))
            .collect();
        set_policy(
            &mut dba,
            None,
            &format!(
                r#"{{"version":1,"extends":"standard","keys":[{}]}}"#,
                hidden.join(",")
            ),
        )
        .await;
        redactor
            .run("call transcript.reredact(batch_size => 20)")
            .await;
        sweeps += 1;
        while let Some(ended) = writers.try_join_next() {
            ended.expect("the writer ends well");
        }
    }
    println!("{sweeps} sweeps beside {WRITERS} writers");
    let facts = "select string_agg(distinct concat_ws(' ', c.next_seq, c.event_count, e.events, e.seqs, e.keys), ', ')
        from transcript.conversations c join (
          select conversation_id, count(*) as events, max(seq) as seqs, count(distinct event_key) as keys from transcript.events group by 1) e using (conversation_id)";
    let n = WRITERS * ROUNDS;
    assert_eq!(dba.text(facts).await, format!("{} {n} {n} {n} {n}", n + 1));
    for table in ["events", "blobs", "rejected"] {
        assert_eq!(
            dba.number(&format!(
                "select count(*) from transcript.{table} t where t::text like '%-value-%'"
            ))
            .await,
            0,
            "{table}"
        );
    }
    let blobless = "select count(*) from transcript.events e where blob_at is not null and not exists (
        select from transcript.blobs b where (b.conversation_id, b.digest, b.recorded_at) = (e.conversation_id, e.digest, e.blob_at))";
    assert_eq!(dba.number(blobless).await, 0);
    assert_eq!(dba.number("select count(*) from transcript.blobs").await, dba.number("select count(distinct (conversation_id, digest, blob_at)) from transcript.events where blob_at is not null").await);
}

/// An append that began before the policy was changed stores under the old one: the sweep waits for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_on_its_way_when_the_policy_changed_is_swept_too() {
    let db = Database::migrated().await;
    let (mut dba, mut late) = (db.superuser().await, db.app("acme").await);
    late.run("begin").await;
    late.append(r#"{"conversation":"late","items":[{"key":"a","kind":"note","payload":"from 203.0.113.2"}]}"#, "native").await;
    set_policy(&mut dba, None, STRICTER).await;
    let mut redactor = db.login("test_redactor").await;
    let sweep =
        tokio::spawn(async move { redactor.try_run("call transcript.reredact('acme')").await });
    while dba
        .number("select count(*) from transcript.redaction_receipts")
        .await
        == 0
    {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(
        dba.text("select status from transcript.redaction_receipts")
            .await,
        "running"
    );
    late.run("commit").await;
    sweep.await.expect("the sweep ends").expect("a sweep");
    assert_eq!(
        dba.text("select payload from transcript.events").await,
        r#""from [redacted:ip:11]""#
    );
}

/// While the sweep waits for a conversation that somebody writes to for long, it holds no other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiting_for_one_conversation_a_sweep_holds_no_other() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let mut app = db.app("acme").await;
    for name in ["a", "b", "c", "d"] {
        app.append(&format!(r#"{{"conversation":"{name}","items":[{{"key":"1","kind":"note","payload":"from 203.0.113.2"}}]}}"#), "native").await;
    }
    set_policy(&mut dba, None, STRICTER).await;
    let mut redactor = db.login("test_redactor").await;
    // The first batch finds no older transaction, and sweeps the first conversation.
    assert_eq!(
        redactor
            .text("select state from transcript.reredact_batch('acme', 1)")
            .await,
        "running"
    );
    let mut slow = db.app("acme").await;
    slow.run("begin").await;
    slow.append(
        r#"{"conversation":"c","items":[{"key":"2","kind":"note","payload":2}]}"#,
        "native",
    )
    .await;
    let sweeping = redactor.number("pg_backend_pid()").await;
    let sweep =
        tokio::spawn(async move { redactor.try_run("call transcript.reredact('acme')").await });
    let waiting = format!(
        "select count(*) from pg_stat_activity where pid = {sweeping} and wait_event_type = 'Lock'"
    );
    while dba.number(&waiting).await == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    app.run("set lock_timeout = '2s'").await;
    for name in ["a", "b", "d"] {
        app.append(
            &format!(
                r#"{{"conversation":"{name}","items":[{{"key":"3","kind":"note","payload":3}}]}}"#
            ),
            "native",
        )
        .await;
    }
    assert_eq!(
        dba.number(
            "select count(*) from transcript.events where payload::text like '%[redacted:%'"
        )
        .await,
        2
    );
    slow.run("commit").await;
    sweep.await.expect("the sweep ends").expect("a sweep");
    assert_eq!(
        dba.number(
            "select count(*) from transcript.events where payload::text like '%[redacted:%'"
        )
        .await,
        4
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rival_sweeps_are_one_sweep() {
    let (rivals, alone) = (Database::migrated().await, Database::migrated().await);
    let (mut dba, mut alone_dba) = (rivals.superuser().await, alone.superuser().await);
    for db in [&rivals, &alone] {
        if !import(db, FORMATS[2], "acme") {
            return;
        }
    }
    set_policy(&mut dba, None, STRICTER).await;
    set_policy(&mut alone_dba, None, STRICTER).await;
    let mut sweeps = JoinSet::new();
    for _ in 0..4 {
        let mut redactor = rivals.login("test_redactor").await;
        sweeps.spawn(async move { redactor.run("call transcript.reredact('acme', 30)").await });
    }
    while let Some(ended) = sweeps.join_next().await {
        ended.expect("no sweep fails");
    }
    alone_dba.run("call transcript.reredact()").await;
    assert_same(&history(&mut dba).await, &history(&mut alone_dba).await);
    let receipts = "select string_agg(concat_ws(' ', status, looked, changed, findings), ', ') from transcript.redaction_receipts";
    assert_eq!(dba.text(receipts).await, alone_dba.text(receipts).await);
}
