//! The test: rounds of writing, killing and comparing.

use crate::cluster::Cluster;
use crate::consistency::{assert_consistent, assert_indexes};
use crate::exporter::Exporter;
use crate::writers::{Acknowledged, Batch, ITEMS, PATIENCE, WRITERS, acknowledge, stored, write};
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};
use tests::{leaves, migrator};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

const ROUNDS: usize = 50;
/// Batches that must be acknowledged in a round before the server is killed.
const ACKNOWLEDGED: usize = WRITERS;
/// How long after that it lives on at most.
const RANDOM: Duration = Duration::from_millis(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_events_survive_kill_9_once_and_in_order() {
    let began = Instant::now();
    let cluster = Cluster::start("crash");
    let out = migrator(cluster.url(), &["migrate"]);
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let mut dba = cluster.superuser().await;
    dba.run("create role crash_app; grant transcript_writer, transcript_reader to crash_app; create extension amcheck").await;

    let mut known = Acknowledged::new();
    let mut exporter = Exporter::default();
    let mut next = [0; WRITERS];
    let mut in_flight = Vec::new();
    let (mut all_cut_off, mut all_whole) = (0, 0);
    for round in 0..ROUNDS {
        let (acks, mut heard) = mpsc::unbounded_channel();
        let mut writers = JoinSet::new();
        for (writer, first) in next.iter().enumerate() {
            writers.spawn(write(cluster.app().await, writer, *first, acks.clone()));
        }
        drop(acks);
        for _ in 0..ACKNOWLEDGED {
            let one = tokio::time::timeout(PATIENCE, heard.recv())
                .await
                .expect("writers write")
                .expect("writers write");
            assert_eq!(acknowledge(&mut known, &one.0, &one.1), "stored");
        }
        if round % 5 == 0 {
            // In the middle of a batch: a backend has stored some of it, and has not committed.
            let storing = format!("exists ({})", leaves::STORING);
            let deadline = Instant::now() + PATIENCE;
            while dba.text(&storing).await != "true" {
                assert!(Instant::now() < deadline, "never in the middle of a batch");
            }
        } else {
            let random = RandomState::new().hash_one(round) % RANDOM.as_micros() as u64;
            tokio::time::sleep(Duration::from_micros(random)).await;
        }
        cluster.kill(WRITERS);
        while let Some((batch, verdicts)) = heard.recv().await {
            assert_eq!(acknowledge(&mut known, &batch, &verdicts), "stored");
        }
        let mut interrupted = Vec::new();
        while let Some(writer) = writers.join_next().await {
            interrupted.push(writer.expect("the writer ends well"));
        }
        assert_eq!(interrupted.len(), WRITERS, "every writer was at work");

        cluster.run("start");
        dba = cluster.superuser().await;
        assert_consistent(&mut dba).await;
        if round % 10 == 9 {
            assert_indexes(&mut dba).await;
        }
        let mut app = cluster.app().await;
        exporter.catch_up(&mut app).await;
        let mut there = stored(&mut app).await;
        for (key, place) in &known {
            assert_eq!(
                there.remove(key).as_ref(),
                Some(place),
                "round {round}: {key} was acknowledged"
            );
        }
        // What else is there was committed, but the server died before it could say so.
        for batch in &interrupted {
            let found: Acknowledged = batch
                .keys()
                .into_iter()
                .filter_map(|key| there.remove_entry(&key))
                .collect();
            assert!(
                found.is_empty() || found.len() == ITEMS,
                "w{}-b{}: {} of {ITEMS}",
                batch.writer,
                batch.number,
                found.len()
            );
            all_cut_off += 1;
            all_whole += usize::from(!found.is_empty());
            // Nobody heard of it, but from now on it is as good as acknowledged.
            known.extend(found);
        }
        assert!(there.is_empty(), "nobody wrote {there:?}");

        // Half of the cut-off batches are tried again at once, the others at the very end.
        for batch in interrupted {
            next[batch.writer] = batch.number + 1;
            if batch.writer.is_multiple_of(2) {
                let verdicts = app.append(&batch.text(), "native").await;
                acknowledge(&mut known, &batch, &verdicts);
            } else {
                in_flight.push(batch);
            }
        }
    }
    println!(
        "{} events acknowledged, {all_cut_off} batches cut off, {all_whole} of these stored; {ROUNDS} rounds in {:?}",
        known.len(),
        began.elapsed()
    );

    // Everything once more: duplicates where they were, and what was cut off is complete.
    let mut app = cluster.app().await;
    for batch in &in_flight {
        let verdicts = app.append(&batch.text(), "native").await;
        acknowledge(&mut known, batch, &verdicts);
    }
    for (writer, next) in next.into_iter().enumerate() {
        for number in 0..next {
            let batch = Batch { writer, number };
            let verdicts = app.append(&batch.text(), "native").await;
            assert_eq!(acknowledge(&mut known, &batch, &verdicts), "duplicate");
        }
    }
    assert_eq!(known.len(), next.iter().sum::<usize>() * ITEMS);
    assert_eq!(stored(&mut app).await, known);
    exporter.catch_up(&mut app).await;
    let places = known.values().cloned().collect();
    assert_eq!(exporter.served, places, "each was served, and once");
    dba = cluster.superuser().await;
    assert_consistent(&mut dba).await;
    assert_indexes(&mut dba).await;
}
