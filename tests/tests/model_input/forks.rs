//! Calls that part from a common history, at the same time, and calls that end in their middle.

use crate::calls::{batch, made_up, payload};
use tests::{Database, leaves};
use tokio::task::JoinSet;

const PREFIX: usize = 30;
const FORKS: usize = 6;
const OWN: usize = 10;

/// The history of a fork: what all have in common, then its own.
fn history(fork: usize) -> Vec<String> {
    let own = (0..OWN).map(|n| made_up(1_000 * (fork + 1) + n));
    (0..PREFIX).map(made_up).chain(own).collect()
}

#[tokio::test]
async fn forks_that_are_appended_at_once_share_what_they_have_in_common() {
    let db = Database::migrated().await;
    let mut writers = JoinSet::new();
    for fork in 0..FORKS {
        let mut app = db.app("acme").await;
        writers.spawn(async move {
            for n in [PREFIX - 5, PREFIX, PREFIX + 3, PREFIX + OWN] {
                let call = batch(
                    "c",
                    &format!("f{fork}-{n}-"),
                    &[payload(&history(fork)[..n])],
                );
                assert_eq!(app.append(&call, "native").await[0].status, "stored");
            }
        });
    }
    while let Some(done) = writers.join_next().await {
        done.expect("a writer ends well");
    }
    let mut dba = db.superuser().await;
    let expected = PREFIX + FORKS * OWN;
    assert_eq!(
        dba.number("select count(*) from transcript.inputs").await as usize,
        expected
    );
    // The items and the tools.
    assert_eq!(
        dba.number("select count(*) from transcript.blobs").await as usize,
        expected + 1
    );
    assert_eq!(
        dba.texts("select v from transcript.verify_blobs() v").await,
        [""; 0]
    );
    assert_eq!(dba.number("select count(*) from transcript.events e where transcript.digest(transcript.whole_payload(e)) <> e.digest").await, 0);
}

/// Rows that reach the table without the conversation's lock meet at the same nodes.
#[tokio::test]
async fn inserts_past_append_wait_for_each_other_and_share() {
    let db = Database::migrated().await;
    let mut writers = JoinSet::new();
    for fork in 0..FORKS {
        let mut dba = db.superuser().await;
        writers.spawn(async move {
            for (step, n) in [PREFIX, PREFIX + OWN].into_iter().enumerate() {
                sqlx::query(
                    "insert into transcript.events (conversation_id, seq, event_key, tenant_id, kind, payload, payload_bytes, digest, policy_version)
                     select transcript.conversation_id('acme', 'c'), $1, gen_random_uuid(), 'acme', 'model_call', transcript.parse($2), 0, '', 0",
                )
                .bind((fork * 2 + step + 1) as i64)
                .bind(payload(&history(fork)[..n]))
                .execute(&mut dba.connection)
                .await
                .expect("an insert");
            }
        });
    }
    while let Some(done) = writers.join_next().await {
        done.expect("a writer ends well");
    }
    let mut dba = db.superuser().await;
    assert_eq!(
        dba.number("select count(*) from transcript.inputs").await as usize,
        PREFIX + FORKS * OWN
    );
    assert_eq!(
        dba.texts("select v from transcript.verify_blobs() v").await,
        [""; 0]
    );
}

#[tokio::test]
async fn a_call_that_is_killed_leaves_nothing_and_can_be_sent_again() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let mut app = db.app("acme").await;
    app.append(&batch("c", "a", &[payload(&history(0)[..5])]), "native")
        .await;
    let parts =
        "(select count(*) from transcript.inputs) * 1000 + (select count(*) from transcript.blobs)";
    let before = dba.number(parts).await;
    // Stopped between its parts and its event.
    dba.run(
        "create function public.stop() returns trigger language plpgsql as $$ begin
           if new.seq = 2 then perform pg_sleep(60); end if; return new; end $$;
         create trigger zz_stop before insert on transcript.events for each row execute function public.stop();
         alter table transcript.events enable always trigger zz_stop",
    )
    .await;
    let call = batch("c", "b", &[payload(&history(0))]);
    let text = call.clone();
    let victim =
        tokio::spawn(async move { app.try_append(&text, "native").await.map(|v| v.len()) });
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while dba.number(&format!("select count(*) from ({}) s where exists (select from pg_stat_activity a where a.pid = s.pid and a.wait_event = 'PgSleep')", leaves::STORING)).await == 0 {
        assert!(std::time::Instant::now() < deadline, "the call reaches its event");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    dba.run("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'").await;
    assert!(victim.await.expect("no panic").is_err());
    dba.run("drop trigger zz_stop on transcript.events").await;
    assert_eq!(dba.number(parts).await, before);
    let mut app = db.app("acme").await;
    assert_eq!(app.append(&call, "native").await[0].status, "stored");
    assert_eq!(app.append(&call, "native").await[0].status, "duplicate");
    assert_eq!(
        dba.texts("select v from transcript.verify_blobs() v").await,
        [""; 0]
    );
}
