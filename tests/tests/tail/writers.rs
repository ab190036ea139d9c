//! Many writers that hold their transactions open, and one who reads all the while.

use crate::exporter::{Exporter, batch};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tests::Database;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

const WRITERS: usize = 8;
const TRANSACTIONS: usize = 30;
const CONVERSATIONS: usize = 5;

/// What differs from one transaction to the next, the same in every run.
fn mixed(writer: usize, number: usize) -> usize {
    (writer * 7919 + number * 104_729 + writer * number * 31) / 3
}

/// The payloads that were committed, by conversation and seq.
type Committed = BTreeMap<(String, i64), String>;

async fn write(db: Arc<Database>, writer: usize, start: Arc<Barrier>) -> Committed {
    let mut app = db.app("acme").await;
    let mut committed = Committed::new();
    start.wait().await;
    for number in 0..TRANSACTIONS {
        let dice = mixed(writer, number);
        app.run("begin").await;
        if dice.is_multiple_of(3) {
            // A number long before the first lock.
            app.run("select pg_current_xact_id()").await;
            tokio::time::sleep(Duration::from_millis(dice as u64 % 7)).await;
        }
        let mut written = Committed::new();
        // In the order of their names, so that no two transactions wait for each other.
        for conversation in (0..CONVERSATIONS).filter(|n| (dice >> n) & 1 == 1) {
            let (name, prefix) = (format!("c{conversation}"), format!("w{writer}-{number}"));
            let count = 1 + dice % 4;
            for verdict in app.append(&batch(&name, &prefix, count), "native").await {
                let payload = format!("\"{prefix}-{}\"", verdict.index);
                written.insert((name.clone(), verdict.seq.expect("a seq")), payload);
            }
            tokio::time::sleep(Duration::from_millis(dice as u64 % 5)).await;
        }
        if dice % 5 == 4 {
            app.run("rollback").await;
        } else {
            app.run("commit").await;
            committed.extend(written);
        }
    }
    committed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_committed_event_is_served_once_and_by_seq() {
    let db = Arc::new(Database::migrated().await);
    let start = Arc::new(Barrier::new(WRITERS));
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        writers.spawn(write(Arc::clone(&db), writer, Arc::clone(&start)));
    }
    let mut exporter = Exporter::new(&db, "acme").await;
    let (mut committed, mut polls, mut early) = (Committed::new(), 0, 0);
    while !writers.is_empty() {
        early += exporter.page(1 + polls % 9).await;
        polls += 1;
        while let Some(ended) = writers.try_join_next() {
            committed.extend(ended.expect("the writer ends well"));
        }
    }
    let missing = committed.len() - exporter.served.len();
    exporter.wait_for(missing, 50).await;
    println!(
        "{early} of {} were served in {polls} polls meanwhile",
        committed.len()
    );
    assert!(early > committed.len() / 4, "it waited for the end");

    let mut next: BTreeMap<&str, i64> = BTreeMap::new();
    for served in &exporter.served {
        let seq = next.entry(&served.conversation).or_insert(1);
        assert_eq!(served.seq, *seq, "of {}", served.conversation);
        *seq += 1;
        let place = (served.conversation.clone(), served.seq);
        assert_eq!(committed.get(&place), Some(&served.payload), "{place:?}");
        assert_eq!(served.change, "stored");
    }
    assert_eq!(exporter.served.len(), committed.len());
}
