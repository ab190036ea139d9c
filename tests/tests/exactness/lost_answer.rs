//! The server committed, and the client never heard of it.

use crate::batches::{batch, statuses, stored};
use crate::proxy::Proxy;
use sqlx::{Connection, PgConnection};
use std::sync::atomic::Ordering;
use tests::{Database, Session, sqlstate};

async fn through(proxy: &Proxy, db: &Database) -> Session {
    let (_, rest) = db.url.split_once("://").expect("a URL");
    let (user, rest) = rest.split_once('@').expect("a user");
    let (_, database) = rest.split_once('/').expect("a database");
    let url = format!("postgres://{user}@127.0.0.1:{}/{database}", proxy.port);
    let connected = PgConnection::connect(&url).await;
    let mut session = Session::new(connected.expect("the proxy answers"));
    session.run("set session authorization test_app").await;
    session.set_tenant("acme").await;
    session
}

fn server_of(db: &Database) -> String {
    let (_, rest) = db.url.rsplit_once('@').expect("a host");
    rest.split_once('/').expect("a database").0.to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_after_a_commit_whose_answer_was_lost_finds_its_events() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let proxy = Proxy::start(server_of(&db)).await;
    let mut wanted = Vec::new();
    for round in 0..10 {
        let in_transaction = round % 2 == 1;
        let text = batch("c", &format!("r{round}"), 3);
        let mut app = through(&proxy, &db).await;
        if in_transaction {
            app.run("begin").await;
            assert_eq!(statuses(&app.append(&text, "native").await), ["stored"; 3]);
        }
        proxy.loses_next.store(true, Ordering::SeqCst);
        let error = if in_transaction {
            app.try_run("commit").await.expect_err("the answer is lost")
        } else {
            let lost = app.try_append(&text, "native").await;
            lost.expect_err("the answer is lost")
        };
        assert_eq!(sqlstate(&error), "", "no answer of the server: {error}");
        assert!(!proxy.loses_next.load(Ordering::SeqCst), "it was lost");
        // All that a client can do: the same batch again.
        let mut app = through(&proxy, &db).await;
        let verdicts = app.append(&text, "native").await;
        assert_eq!(statuses(&verdicts), ["duplicate"; 3], "round {round}");
        let seqs: Vec<_> = verdicts.iter().filter_map(|v| v.seq).collect();
        assert_eq!(seqs, [1, 2, 3].map(|n| round * 3 + n));
        wanted.extend((0..3).map(|n| format!("r{round}-{n}")));
    }
    assert_eq!(stored(&mut dba, "c").await, wanted);
}

/// The backend is ended at the moment of the commit: stored or not, the retry makes it once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backend_ended_around_its_commit_leaves_all_or_nothing() {
    const ROUNDS: u64 = 40;
    /// Microseconds: from long before the commit to long after it.
    const ROUNDS_APART: u64 = 1000;
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let (mut heard, mut found, mut lost) = (0, 0, 0);
    for round in 0..ROUNDS {
        let mut app = db.app("acme").await;
        let pid = app.number("pg_backend_pid()").await;
        // Plans are made: what is left takes milliseconds.
        app.append(&batch("warm", "k", 1), "native").await;
        let text = batch("c", &format!("r{round}"), 40);
        let sent = text.clone();
        let attempt = tokio::spawn(async move { app.try_append(&sent, "native").await });
        tokio::time::sleep(std::time::Duration::from_micros(round * ROUNDS_APART)).await;
        dba.run(&format!("select pg_terminate_backend({pid}, 5000)"))
            .await;
        let answer = attempt.await.expect("the client ends well");
        let mut again = db.app("acme").await;
        let verdicts = again.append(&text, "native").await;
        let status = verdicts[0].status.clone();
        assert_eq!(statuses(&verdicts), vec![status.as_str(); 40]);
        match (answer, status.as_str()) {
            (Ok(first), "duplicate") => {
                assert_eq!(statuses(&first), ["stored"; 40]);
                heard += 1;
            }
            (Err(_), "duplicate") => found += 1,
            (Err(_), "stored") => lost += 1,
            other => panic!("round {round}: {other:?}"),
        }
    }
    println!("heard {heard}, stored unheard {found}, not stored {lost}");
    assert!(heard > 0 && lost > 0, "not around the commit");
    assert_eq!(stored(&mut dba, "c").await.len(), 40 * ROUNDS as usize);
}
