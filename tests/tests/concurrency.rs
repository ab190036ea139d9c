//! `transcript.append` with rivals: once, in order, without gaps, whoever waits, retries or is cancelled.

use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tests::{Database, Session, Verdict, sqlstate};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

const PATIENCE: Duration = Duration::from_secs(20);

/// What a purge does once everything is past its TTL, and the job that makes new leaves did not run.
const DROP_LEAVES: &str = "do $$ declare leaf text; begin
    for leaf in select p.leaf from transcript.partitions p loop execute 'drop table transcript.' || leaf; end loop;
    delete from transcript.partitions;
  end $$";

/// Note events with keys `{prefix}-0`, `{prefix}-1`…, every third of them a message.
fn items(prefix: &str, count: usize) -> Vec<Value> {
    let item = |n: usize| {
        let key = format!("{prefix}-{n}");
        let kind = if n.is_multiple_of(3) {
            "message"
        } else {
            "note"
        };
        json!({"key": key, "kind": kind, "payload": {"key": key}})
    };
    (0..count).map(item).collect()
}

fn batch(conversation: &str, items: &[Value]) -> String {
    json!({"conversation": conversation, "items": items}).to_string()
}

fn seqs(verdicts: &[Verdict]) -> Vec<i64> {
    verdicts.iter().map(|v| v.seq.expect("a seq")).collect()
}

/// The one status that all verdicts have, with their number.
#[track_caller]
fn all(verdicts: &[Verdict], count: usize) -> &str {
    assert_eq!(verdicts.len(), count, "one verdict per item");
    let status = verdicts[0].status.as_str();
    assert!(
        verdicts.iter().all(|v| v.status == status),
        "not of one kind: {verdicts:?}"
    );
    status
}

/// What must hold of a conversation at any time: its seqs are 1..n, its keys differ, its counters agree.
async fn assert_gap_free(dba: &mut Session, conversation: &str, events: i64) {
    let facts = format!(
        "format('%s events, seq %s to %s, %s seqs, %s keys; %s counted, next %s; messages %s',
           count(e.*), min(e.seq), max(e.seq), count(distinct e.seq), count(distinct e.event_key),
           c.event_count, c.next_seq,
           case when count(*) filter (where e.kind = 'message') = c.message_count then 'agree' else 'differ' end)
         from transcript.conversations c left join transcript.events e using (conversation_id)
         where conversation_id = transcript.conversation_id('acme', '{conversation}')
         group by c.conversation_id"
    );
    let n = events;
    let expected = format!(
        "({n} events, seq 1 to {n}, {n} seqs, {n} keys; {n} counted, next {}; messages agree)",
        n + 1
    );
    let found = dba.texts(&format!("select {facts}")).await;
    assert_eq!(
        found,
        [expected.replace('(', "(\"").replace(')', "\")")],
        "{conversation}"
    );
}

/// Waits until `condition` holds.
async fn wait_until(watcher: &mut Session, condition: &str) {
    let deadline = Instant::now() + PATIENCE;
    while watcher.text(condition).await != "true" {
        assert!(Instant::now() < deadline, "never: {condition}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// What the writers return. The first that fails ends the test: the others may wait for it forever.
async fn ended<T: 'static>(mut writers: JoinSet<T>) -> Vec<T> {
    let mut all = Vec::new();
    while let Some(writer) = writers.join_next().await {
        all.push(writer.expect("the writer ends well"));
    }
    all
}

async fn pid(session: &mut Session) -> i64 {
    session.number("pg_backend_pid()").await
}

/// Eight writers, one conversation; every batch is sent by two of them at the same moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parallel_writers_and_their_retries_store_every_event_once() {
    const WRITERS: usize = 8;
    const BATCHES: usize = 80;
    const ITEMS: usize = 15;
    let db = Database::migrated().await;
    let pairs: Vec<_> = (0..WRITERS / 2)
        .map(|_| Arc::new(Barrier::new(2)))
        .collect();
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let (mut app, both) = (db.app("acme").await, Arc::clone(&pairs[writer / 2]));
        writers.spawn(async move {
            let mut said = Vec::new();
            for number in (0..BATCHES).filter(|n| n % WRITERS / 2 == writer / 2) {
                both.wait().await;
                let text = batch("c", &items(&format!("b{number}"), ITEMS));
                said.push((number, app.append(&text, "native").await));
            }
            said
        });
    }
    let mut attempts: Vec<Vec<Vec<Verdict>>> = vec![Vec::new(); BATCHES];
    for (number, verdicts) in ended(writers).await.into_iter().flatten() {
        attempts[number].push(verdicts);
    }
    for (number, attempts) in attempts.iter().enumerate() {
        let mut statuses: Vec<_> = attempts
            .iter()
            .map(|verdicts| all(verdicts, ITEMS))
            .collect();
        statuses.sort_unstable();
        assert_eq!(statuses, ["duplicate", "stored"], "batch {number}");
        let places = seqs(&attempts[0]);
        assert_eq!(places, seqs(&attempts[1]), "batch {number}");
        assert!(
            places.windows(2).all(|pair| pair[1] == pair[0] + 1),
            "batch {number}: {places:?}"
        );
    }

    let mut dba = db.superuser().await;
    assert_gap_free(&mut dba, "c", (BATCHES * ITEMS) as i64).await;
    let mut app = db.app("acme").await;
    let stored = app
        .texts("select payload ->> 'key' from transcript.timeline('c')")
        .await;
    for (number, attempts) in attempts.iter().enumerate() {
        for (n, seq) in seqs(&attempts[0]).into_iter().enumerate() {
            assert_eq!(stored[seq as usize - 1], format!("(b{number}-{n})"));
        }
    }
}

/// Batches over several conversations, old and new ones, in opposite orders.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_over_several_conversations_never_deadlock() {
    const WRITERS: usize = 6;
    const ROUNDS: usize = 25;
    const CONVERSATIONS: usize = 8;
    let db = Database::migrated().await;
    let start = Arc::new(Barrier::new(WRITERS));
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let (mut app, start) = (db.app("acme").await, Arc::clone(&start));
        writers.spawn(async move {
            for round in 0..ROUNDS {
                // Half of them are new in every round: rivals race to make them.
                let mut names: Vec<String> = (0..CONVERSATIONS)
                    .map(|n| {
                        if n % 2 == 0 {
                            format!("old{n}")
                        } else {
                            format!("new{n}-{round}")
                        }
                    })
                    .collect();
                if writer % 2 == 1 {
                    names.reverse();
                }
                names.rotate_left(writer / 2);
                let items: Vec<Value> = ["a", "b"]
                    .iter()
                    .flat_map(|part| names.iter().map(move |name| (part, name)))
                    .map(|(part, name)| {
                        let key = format!("{writer}-{round}-{part}");
                        json!({"conversation": name, "key": key, "kind": "note", "payload": part})
                    })
                    .collect();
                let text = Value::from(items).to_string();
                start.wait().await;
                let verdicts = app.append(&text, "native").await;
                assert_eq!(all(&verdicts, 2 * CONVERSATIONS), "stored");
            }
        });
    }
    ended(writers).await;
    let mut dba = db.superuser().await;
    for n in (0..CONVERSATIONS).step_by(2) {
        assert_gap_free(&mut dba, &format!("old{n}"), (2 * WRITERS * ROUNDS) as i64).await;
    }
    for round in 0..ROUNDS {
        for n in (1..CONVERSATIONS).step_by(2) {
            assert_gap_free(&mut dba, &format!("new{n}-{round}"), 2 * WRITERS as i64).await;
        }
    }
}

/// Two deliveries of the same bad items at once: dead letters have keys, too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rejected_items_of_rival_batches_are_one_letter_each() {
    const WRITERS: usize = 6;
    const ROUNDS: usize = 10;
    let db = Database::migrated().await;
    let start = Arc::new(Barrier::new(WRITERS));
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        let (mut app, start) = (db.app("acme").await, Arc::clone(&start));
        writers.spawn(async move {
            for round in 0..ROUNDS {
                // None names a conversation: nothing is locked before the letters are written.
                let items: Vec<Value> = (0..12)
                    .map(|n| json!({"kind": "note", "payload": [round, n]}))
                    .collect();
                start.wait().await;
                let verdicts = app.append(&Value::from(items).to_string(), "native").await;
                assert_eq!(all(&verdicts, 12), "rejected");
            }
        });
    }
    ended(writers).await;
    let mut dba = db.superuser().await;
    let letters = "select count(*), min(attempts), max(attempts) from transcript.rejected";
    assert_eq!(
        dba.text(&format!("select x from ({letters}) x")).await,
        "(120,6,6)"
    );
}

/// What the first attempt does while the retry waits for it.
async fn retry_during_first_attempt(commits: bool, conversation_exists: bool) {
    const ITEMS: usize = 5;
    let db = Database::migrated().await;
    let (mut first, mut second) = (db.app("acme").await, db.app("acme").await);
    let mut watcher = db.superuser().await;
    let before = if conversation_exists {
        first.append(&batch("c", &items("old", 2)), "native").await;
        2
    } else {
        0
    };
    let text = batch("c", &items("new", ITEMS));
    first.run("begin").await;
    let tried = first.append(&text, "native").await;
    assert_eq!(all(&tried, ITEMS), "stored");

    let (first_pid, second_pid) = (pid(&mut first).await, pid(&mut second).await);
    let retry_text = text.clone();
    let retry = tokio::spawn(async move { second.append(&retry_text, "native").await });
    let waits = format!("pg_blocking_pids({second_pid}) = array[{first_pid}]");
    wait_until(&mut watcher, &waits).await;
    assert!(!retry.is_finished());
    first.run(if commits { "commit" } else { "rollback" }).await;

    let retried = retry.await.expect("the retry ends well");
    assert_eq!(
        all(&retried, ITEMS),
        if commits { "duplicate" } else { "stored" }
    );
    let expected: Vec<i64> = (1..=ITEMS as i64).map(|n| before + n).collect();
    assert_eq!(seqs(&retried), expected);
    assert_gap_free(&mut watcher, "c", before + ITEMS as i64).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_waits_for_the_first_attempt_and_finds_its_events() {
    retry_during_first_attempt(true, true).await;
    retry_during_first_attempt(true, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_waits_for_the_first_attempt_and_stores_what_that_rolled_back() {
    retry_during_first_attempt(false, true).await;
    retry_during_first_attempt(false, false).await;
}

/// A batch that a rival stops in its middle: the rival holds the place of the middle item's blob.
struct Stopped {
    text: String,
    count: usize,
    rival: Session,
}

impl Stopped {
    async fn new(db: &Database) -> Stopped {
        let mut items = items("b", 300);
        items[150]["payload"] = json!({"large": "lorem ipsum ".repeat(5_000)});
        let mut rival = db.superuser().await;
        rival.run("begin").await;
        let statement = "insert into transcript.blobs
              (conversation_id, digest, recorded_at, tenant_id, payload_bytes, truncated, payload)
            select transcript.conversation_id('acme', 'c'), transcript.digest($1::jsonb),
              date_trunc('day', now(), 'UTC') + day * interval '1 day', 'acme', 0, false, '0'
            from generate_series(0, 1) day";
        sqlx::query(statement)
            .bind(items[150]["payload"].to_string())
            .execute(&mut rival.connection)
            .await
            .expect("the rival's blob");
        Stopped {
            text: batch("c", &items),
            count: items.len(),
            rival,
        }
    }
}

/// Nothing of the cancelled batch may be there; the retry on the same connection stores it whole.
async fn assert_retry_stores_all(app: &mut Session, dba: &mut Session, text: &str, count: usize) {
    for table in [
        "events",
        "blobs",
        "conversations",
        "runs",
        "rejected",
        "audit_log",
    ] {
        assert_eq!(
            dba.number(&format!("select count(*) from transcript.{table}"))
                .await,
            0,
            "{table}"
        );
    }
    let retried = app.append(text, "native").await;
    assert_eq!(all(&retried, count), "stored");
    assert_eq!(seqs(&retried), (1..=count as i64).collect::<Vec<_>>());
    assert_gap_free(dba, "c", count as i64).await;
    assert_eq!(all(&app.append(text, "native").await, count), "duplicate");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_cancelled_in_its_middle_leaves_nothing() {
    let db = Database::migrated().await;
    let mut stopped = Stopped::new(&db).await;
    let (mut app, mut dba) = (db.app("acme").await, db.superuser().await);
    let (writing, rival) = (pid(&mut app).await, pid(&mut stopped.rival).await);
    let text = stopped.text.clone();
    let attempt = tokio::spawn(async move {
        let error = app
            .try_append(&text, "native")
            .await
            .expect_err("cancelled");
        (app, sqlstate(&error))
    });
    wait_until(
        &mut dba,
        &format!("pg_blocking_pids({writing}) = array[{rival}]"),
    )
    .await;
    assert_eq!(
        dba.text(&format!("pg_cancel_backend({writing})")).await,
        "true"
    );
    let (mut app, code) = attempt.await.expect("the writer ends well");
    assert_eq!(code, "57014");
    stopped.rival.run("rollback").await;
    assert_retry_stores_all(&mut app, &mut dba, &stopped.text, stopped.count).await;
}

/// The same while the backend computes: no lock to wait for, only a large batch.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_batch_can_be_cancelled_and_leaves_nothing() {
    const ITEMS: usize = 8_000;
    let db = Database::migrated().await;
    let (mut app, mut dba) = (db.app("acme").await, db.superuser().await);
    app.run("set statement_timeout = '30s'").await;
    let writing = pid(&mut app).await;
    let whole = batch("c", &items("b", ITEMS));
    let text = whole.clone();
    let attempt = tokio::spawn(async move {
        let error = app
            .try_append(&text, "native")
            .await
            .expect_err("cancelled");
        (app, sqlstate(&error))
    });
    // The lock that an INSERT takes on a leaf: the batch is being stored.
    let storing = format!(
        "exists (select from pg_locks l join transcript.partitions p on l.relation = ('transcript.' || p.leaf)::regclass
                 where l.pid = {writing} and l.granted and l.mode = 'RowExclusiveLock' and p.parent = 'events')"
    );
    wait_until(&mut dba, &storing).await;
    dba.run(&format!("select pg_cancel_backend({writing})"))
        .await;
    let (mut app, code) = attempt.await.expect("the writer ends well");
    assert_eq!(code, "57014");
    assert_retry_stores_all(&mut app, &mut dba, &whole, ITEMS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_times_out_leaves_nothing() {
    let db = Database::migrated().await;
    let mut stopped = Stopped::new(&db).await;
    let (mut app, mut dba) = (db.app("acme").await, db.superuser().await);
    let (writing, rival) = (pid(&mut app).await, pid(&mut stopped.rival).await);
    app.run("set statement_timeout = '1500ms'").await;
    let text = stopped.text.clone();
    let attempt = tokio::spawn(async move {
        let error = app
            .try_append(&text, "native")
            .await
            .expect_err("timed out");
        (app, sqlstate(&error))
    });
    wait_until(
        &mut dba,
        &format!("pg_blocking_pids({writing}) = array[{rival}]"),
    )
    .await;
    let (mut app, code) = attempt.await.expect("the writer ends well");
    assert_eq!(code, "57014");
    stopped.rival.run("rollback").await;
    app.run("reset statement_timeout").await;
    assert_retry_stores_all(&mut app, &mut dba, &stopped.text, stopped.count).await;
}

/// The connection ends instead of the statement: `kill` of one backend is no crash of the server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_whose_backend_is_terminated_leaves_nothing() {
    let db = Database::migrated().await;
    let mut stopped = Stopped::new(&db).await;
    let (mut app, mut dba) = (db.app("acme").await, db.superuser().await);
    let (writing, rival) = (pid(&mut app).await, pid(&mut stopped.rival).await);
    let text = stopped.text.clone();
    let attempt = tokio::spawn(async move { app.try_append(&text, "native").await.map(|_| ()) });
    wait_until(
        &mut dba,
        &format!("pg_blocking_pids({writing}) = array[{rival}]"),
    )
    .await;
    dba.run(&format!("select pg_terminate_backend({writing}, 10000)"))
        .await;
    attempt
        .await
        .expect("the writer ends well")
        .expect_err("terminated");
    stopped.rival.run("rollback").await;
    let mut app = db.app("acme").await;
    assert_retry_stores_all(&mut app, &mut dba, &stopped.text, stopped.count).await;
}

#[tokio::test]
async fn an_event_of_an_older_partition_is_still_a_duplicate() {
    let db = Database::migrated().await;
    let (mut app, mut dba) = (db.app("acme").await, db.superuser().await);
    let text = batch("c", &items("b", 4));
    app.append(&text, "native").await;
    // Two months ago, as far as the tables can tell; one event stays in today's leaf.
    dba.run(
        "select transcript.create_leaf('events', 'events_old', now() - interval '61 days', now() - interval '59 days');
         update transcript.conversations set created_at = now() - interval '60 days';
         update transcript.events set recorded_at = now() - interval '60 days' where seq < 4",
    )
    .await;
    assert_eq!(
        dba.number("select count(*) from transcript.events_old")
            .await,
        3
    );
    let again = app.append(&text, "native").await;
    assert_eq!(all(&again, 4), "duplicate");
    assert_eq!(seqs(&again), [1, 2, 3, 4]);
    let other = text.replace(r#""payload":{"key":"b-1"}"#, r#""payload":{"key":"other"}"#);
    let statuses: Vec<_> = app
        .append(&other, "native")
        .await
        .into_iter()
        .map(|v| v.status)
        .collect();
    assert_eq!(
        statuses,
        ["duplicate", "conflict", "duplicate", "duplicate"]
    );
    let next = app.append(&batch("c", &items("next", 1)), "native").await;
    assert_eq!((all(&next, 1), next[0].seq), ("stored", Some(5)));
    assert_gap_free(&mut dba, "c", 5).await;
}

/// A snapshot taken before a rival's commit: the writer must be told, not served from the past.
#[tokio::test]
async fn an_old_snapshot_gives_a_serialization_failure() {
    let db = Database::migrated().await;
    let (mut first, mut second) = (db.app("acme").await, db.app("acme").await);
    let mut dba = db.superuser().await;
    let mut stored = std::collections::BTreeMap::new();
    for level in ["repeatable read", "serializable"] {
        for (conversation, exists) in [
            (format!("old {level}"), true),
            (format!("new {level}"), false),
        ] {
            if exists {
                second
                    .append(&batch(&conversation, &items("before", 1)), "native")
                    .await;
                *stored.entry(conversation.clone()).or_insert(0) += 1;
            }
            let text = batch(&conversation, &items("b", 3));
            first
                .run(&format!(
                    "begin isolation level {level}; select count(*) from transcript.timeline('x')"
                ))
                .await;
            assert_eq!(all(&second.append(&text, "native").await, 3), "stored");
            *stored.entry(conversation.clone()).or_insert(0) += 3;
            let error = first
                .try_append(&text, "native")
                .await
                .expect_err("an old snapshot");
            assert_eq!(
                sqlstate(&error),
                "40001",
                "{level}, {conversation}: {error}"
            );
            first
                .run(&format!("rollback; begin isolation level {level}"))
                .await;
            assert_eq!(all(&first.append(&text, "native").await, 3), "duplicate");
            first.run("commit").await;
            // An old snapshot does no harm where nothing happened since.
            first
                .run(&format!(
                    "begin isolation level {level}; select count(*) from transcript.timeline('x')"
                ))
                .await;
            let undisturbed = format!("undisturbed {conversation}");
            assert_eq!(
                all(
                    &first
                        .append(&batch(&undisturbed, &items("b", 2)), "native")
                        .await,
                    2
                ),
                "stored"
            );
            first.run("commit").await;
            stored.insert(undisturbed, 2);
        }
    }
    for (conversation, events) in stored {
        assert_gap_free(&mut dba, &conversation, events).await;
    }
}

/// Writers of every isolation level at once; each retries what is refused, and nothing else happens.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_of_every_isolation_level_share_a_conversation() {
    const BATCHES: usize = 12;
    const ITEMS: usize = 4;
    const LEVELS: [&str; 6] = [
        "read committed",
        "repeatable read",
        "serializable",
        "read committed",
        "repeatable read",
        "serializable",
    ];
    let db = Database::migrated().await;
    let start = Arc::new(Barrier::new(LEVELS.len()));
    let mut writers = JoinSet::new();
    for (writer, level) in LEVELS.into_iter().enumerate() {
        let (mut app, start) = (db.app("acme").await, Arc::clone(&start));
        writers.spawn(async move {
            start.wait().await;
            let deadline = Instant::now() + PATIENCE;
            let mut refused = 0;
            for number in 0..BATCHES {
                // Own events first, then ones that every writer sends.
                let mut both = items(&format!("w{writer}-{number}"), ITEMS);
                both.extend(items(&format!("all-{number}"), 1));
                let text = batch("c", &both);
                loop {
                    app.run(&format!("begin isolation level {level}")).await;
                    let outcome = match app.try_append(&text, "native").await {
                        Ok(verdicts) => app.try_run("commit").await.map(|()| verdicts),
                        Err(error) => Err(error),
                    };
                    match outcome {
                        Ok(verdicts) => {
                            assert_eq!(all(&verdicts[..ITEMS], ITEMS), "stored");
                            assert!(
                                ["stored", "duplicate"].contains(&verdicts[ITEMS].status.as_str())
                            );
                            break;
                        }
                        Err(error) => {
                            assert_eq!(sqlstate(&error), "40001", "{level}: {error}");
                            assert_ne!(level, "read committed", "{error}");
                            assert!(Instant::now() < deadline, "{level}: never served");
                            refused += 1;
                            app.run("rollback").await;
                        }
                    }
                }
            }
            refused
        });
    }
    let refused: i32 = ended(writers).await.into_iter().sum();
    println!("refused with 40001 and retried: {refused}");
    assert!(refused > 0, "no two of them ever met");
    let mut dba = db.superuser().await;
    assert_gap_free(&mut dba, "c", (BATCHES * (LEVELS.len() * ITEMS + 1)) as i64).await;
}

#[tokio::test]
async fn seq_never_falls_whatever_is_deleted() {
    let db = Database::migrated().await;
    let (mut app, mut dba) = (db.app("acme").await, db.superuser().await);
    app.append(&batch("c", &items("a", 5)), "native").await;
    dba.run("delete from transcript.events where seq > 3").await;
    let next = app.append(&batch("c", &items("b", 2)), "native").await;
    assert_eq!(seqs(&next), [6, 7]);
    // Whole leaves, as a purge drops them, and so everything that seq could be counted from.
    dba.run(DROP_LEAVES).await;
    assert_eq!(
        app.number("select count(*) from transcript.timeline('c')")
            .await,
        0
    );
    // …and append makes the leaves it needs. What was purged may come again, as a new event.
    let again = app.append(&batch("c", &items("a", 2)), "native").await;
    assert_eq!((all(&again, 2), seqs(&again)), ("stored", vec![8, 9]));
    assert_eq!(
        dba.number("select next_seq from transcript.conversations")
            .await,
        10
    );
    let readable = app
        .texts("select seq from transcript.timeline('c', after_seq => 7)")
        .await;
    assert_eq!(readable, ["(8)", "(9)"]);
}

/// No leaf for today, and everybody appends at once: one makes it, the others find it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rivals_make_missing_partitions_once() {
    const WRITERS: usize = 6;
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    dba.run(DROP_LEAVES).await;
    let start = Arc::new(Barrier::new(WRITERS));
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let (mut app, start) = (db.app("acme").await, Arc::clone(&start));
        writers.spawn(async move {
            start.wait().await;
            app.append(
                &batch(
                    &format!("c{}", writer % 3),
                    &items(&format!("w{writer}"), 3),
                ),
                "native",
            )
            .await
        });
    }
    for verdicts in ended(writers).await {
        assert_eq!(all(&verdicts, 3), "stored");
    }
    for n in 0..3 {
        assert_gap_free(&mut dba, &format!("c{n}"), 6).await;
    }
    let leaves = "select count(*) from pg_inherits i join transcript.partitions p on i.inhrelid = ('transcript.' || p.leaf)::regclass";
    assert_eq!(
        dba.number(leaves).await,
        dba.number("select count(*) from transcript.partitions")
            .await
    );
}

/// …but not by a snapshot that is older than the leaves.
#[tokio::test]
async fn an_old_snapshot_and_new_partitions_give_a_serialization_failure() {
    let db = Database::migrated().await;
    let (mut app, mut rival, mut dba) = (
        db.app("acme").await,
        db.app("acme").await,
        db.superuser().await,
    );
    for (n, level) in ["repeatable read", "serializable"].into_iter().enumerate() {
        dba.run(DROP_LEAVES).await;
        app.run(&format!(
            "begin isolation level {level}; select count(*) from transcript.timeline('x')"
        ))
        .await;
        let made = rival
            .append(&batch(&format!("rival{n}"), &items("b", 3)), "native")
            .await;
        assert_eq!(all(&made, 3), "stored");
        let (conversation, items) = (format!("c{n}"), items("b", 3));
        let text = batch(&conversation, &items);
        let error = app
            .try_append(&text, "native")
            .await
            .expect_err("an old snapshot");
        assert_eq!(sqlstate(&error), "40001", "{level}: {error}");
        app.run(&format!("rollback; begin isolation level {level}"))
            .await;
        assert_eq!(all(&app.append(&text, "native").await, 3), "stored");
        app.run("commit").await;
        assert_gap_free(&mut dba, &conversation, 3).await;
    }
}
