//! kill -9 of the server in the middle of batches: what was acknowledged is there, whole and once.

use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tests::{Session, Verdict, migrator, sqlstate};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

const ROUNDS: usize = 3;
const WRITERS: usize = 4;
const ITEMS: usize = 30;
/// Batches that must be acknowledged in a round before the server is killed.
const ACKNOWLEDGED: usize = 30;
const PATIENCE: Duration = Duration::from_secs(20);

/// A cluster of this test's own, removed with the value.
struct Cluster {
    dir: PathBuf,
}

impl Cluster {
    fn start() -> Cluster {
        let cluster = Cluster {
            dir: std::env::temp_dir().join(format!("pg_transcript-crash-{}", std::process::id())),
        };
        cluster.run("start");
        cluster
    }

    /// Runs `setup/cluster` for this cluster and gives back what it prints.
    fn run(&self, command: &str) -> String {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../setup/cluster");
        let out = Command::new(script)
            .arg(command)
            .env("PG_TRANSCRIPT_CLUSTER", &self.dir)
            .output()
            .expect("setup/cluster runs");
        assert!(
            out.status.success(),
            "setup/cluster {command}: {}",
            String::from_utf8_lossy(&out.stderr)
        );
        String::from_utf8(out.stdout)
            .expect("UTF-8")
            .trim()
            .to_owned()
    }

    fn url(&self) -> String {
        self.run("url")
    }

    async fn superuser(&self) -> Session {
        Session::new(
            PgConnection::connect(&self.url())
                .await
                .expect("the cluster answers"),
        )
    }

    async fn app(&self) -> Session {
        let mut session = self.superuser().await;
        session.run("set session authorization crash_app").await;
        session.set_tenant("acme").await;
        session
    }

    /// SIGKILL to the postmaster and all its children.
    fn kill(&self) {
        let file = self.dir.join("data/postmaster.pid");
        let text = std::fs::read_to_string(&file).expect("postmaster.pid");
        let postmaster: u32 = text.lines().next().expect("a pid").parse().expect("a pid");
        // Stopped, it starts no more children and takes no notice of those that end.
        signal("STOP", &[postmaster]);
        let mut all = children(postmaster);
        all.push(postmaster);
        signal("KILL", &all);
        assert!(
            all.len() > WRITERS + 1,
            "a server and its backends: {all:?}"
        );
        let deadline = Instant::now() + PATIENCE;
        while all.iter().any(|pid| is_alive(*pid)) {
            assert!(Instant::now() < deadline, "some of {all:?} survived");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../setup/cluster");
        let _ = Command::new(script)
            .arg("remove")
            .env("PG_TRANSCRIPT_CLUSTER", &self.dir)
            .output();
    }
}

/// Through bash, which has kill built in: a bare machine has no kill of its own.
fn signal(name: &str, pids: &[u32]) {
    let pids: Vec<String> = pids.iter().map(u32::to_string).collect();
    let kill = format!("kill -{name} {}", pids.join(" "));
    let done = Command::new("bash").args(["-c", &kill]).status();
    assert!(done.expect("bash runs").success(), "{kill}");
}

/// State and parent of a process, from /proc; none when there is no such process.
fn state_and_parent(pid: u32) -> Option<(char, u32)> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

fn children(parent: u32) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").expect("/proc").flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| state_and_parent(*pid).is_some_and(|(_, of)| of == parent))
        .collect()
}

/// Zombies are dead, whoever fails to bury them.
fn is_alive(pid: u32) -> bool {
    state_and_parent(pid).is_some_and(|(state, _)| state != 'Z' && state != 'X')
}

/// A batch of one writer: half of its items go to a conversation that all writers share.
struct Batch {
    writer: usize,
    number: usize,
}

impl Batch {
    fn keys(&self) -> Vec<String> {
        (0..ITEMS)
            .map(|n| format!("w{}-b{}-{n}", self.writer, self.number))
            .collect()
    }

    fn conversation(&self, n: usize) -> String {
        if n.is_multiple_of(2) {
            "shared".into()
        } else {
            format!("own{}", self.writer)
        }
    }

    fn text(&self) -> String {
        let item = |(n, key): (usize, String)| {
            // Now and then one that goes to a blob, and one with something to redact.
            let content = match n {
                7 => format!("{key} {}", "lorem ipsum ".repeat(4_000)),
                8 => format!("{key} asks ada@example.com"),
                _ => format!("{key} {}", "x".repeat(n * 20)),
            };
            json!({"conversation": self.conversation(n), "run": format!("run{}", self.number), "key": key,
                "kind": "message", "role": "user", "payload": {"key": key, "content": content}})
        };
        Value::from(
            self.keys()
                .into_iter()
                .enumerate()
                .map(item)
                .collect::<Vec<_>>(),
        )
        .to_string()
    }
}

/// What the server has acknowledged, by key: conversation and seq.
type Acknowledged = BTreeMap<String, (String, i64)>;

/// Takes over the verdicts of a batch, which must all be of one kind.
fn acknowledge(known: &mut Acknowledged, batch: &Batch, verdicts: &[Verdict]) -> String {
    assert_eq!(verdicts.len(), ITEMS);
    let status = verdicts[0].status.clone();
    for (n, (key, verdict)) in batch.keys().into_iter().zip(verdicts).enumerate() {
        assert_eq!(verdict.status, status, "a batch is atomic: {key}");
        let place = (batch.conversation(n), verdict.seq.expect("a seq"));
        if let Some(before) = known.insert(key.clone(), place.clone()) {
            assert_eq!((status.as_str(), &before), ("duplicate", &place), "{key}");
        }
    }
    status
}

/// Appends batch after batch until the server is gone; tells of each that was acknowledged.
async fn write(
    mut app: Session,
    writer: usize,
    first: usize,
    acks: mpsc::UnboundedSender<(Batch, Vec<Verdict>)>,
) -> Batch {
    for number in first.. {
        let batch = Batch { writer, number };
        match app.try_append(&batch.text(), "native").await {
            Ok(verdicts) => acks.send((batch, verdicts)).expect("the test listens"),
            Err(error) => {
                let code = sqlstate(&error);
                assert!(
                    ["", "57P01", "57P02", "57P03"].contains(&code.as_str()),
                    "{error}"
                );
                return batch;
            }
        }
    }
    unreachable!("numbers do not end")
}

/// The stored keys, with conversation and seq.
async fn stored(app: &mut Session) -> Acknowledged {
    let mut found = Acknowledged::new();
    let mut conversations: Vec<String> =
        (0..WRITERS).map(|writer| format!("own{writer}")).collect();
    conversations.push("shared".into());
    for conversation in conversations {
        let sql = format!(
            "select payload ->> 'key' || ' ' || seq as x from transcript.timeline('{conversation}')"
        );
        for line in app
            .texts(&format!("select trim(both '\"' from x) from ({sql}) y"))
            .await
        {
            let line = line.trim_matches(['(', ')', '"']);
            let (key, seq) = line.split_once(' ').expect("a key and a seq");
            let before = found.insert(
                key.to_owned(),
                (conversation.clone(), seq.parse().expect("a seq")),
            );
            assert_eq!(before, None, "{key} is stored twice");
        }
    }
    found
}

/// What must hold of the tables whenever the server comes up.
async fn assert_consistent(dba: &mut Session) {
    let gaps = "select format('%s: %s events, seq %s to %s, %s; next %s', c.external_id, count(*), min(seq), max(seq), c.event_count, c.next_seq)
        from transcript.conversations c left join transcript.events e using (conversation_id)
        group by c.conversation_id
        having (count(*), min(seq), max(seq), count(distinct seq), c.event_count, c.message_count, c.next_seq)
          is distinct from (count(*), 1, count(*), count(*), count(*), count(*), count(*) + 1)";
    let orphans = "select 'no blob for ' || e.seq from transcript.events e where blob_at is not null and not exists (
          select from transcript.blobs b where (b.conversation_id, b.digest, b.recorded_at) = (e.conversation_id, e.digest, e.blob_at))
        union all
        select 'no event for a blob' from transcript.blobs b where not exists (
          select from transcript.events e where (b.conversation_id, b.digest, b.recorded_at) = (e.conversation_id, e.digest, e.blob_at))
        union all
        select 'no conversation or run for ' || e.seq from transcript.events e
          left join transcript.conversations c using (conversation_id)
          left join transcript.runs r using (conversation_id, run_id) where c is null or r is null
        union all
        select 'not audited: ' || e.seq from transcript.events e where redactions > 0 and not exists (
          select from transcript.audit_log a where a.conversation_id = e.conversation_id and a.seq = e.seq)
        union all
        select 'not redacted: ' || e.seq from transcript.events e where payload::text like '%ada@example.com%'";
    for sql in [gaps, orphans] {
        let found = dba.texts(sql).await;
        assert!(found.is_empty(), "{found:?}");
    }
    // Every index agrees with its table.
    let checked = dba
        .number(
            "select count(bt_index_check(i.indexrelid, true)) from pg_index i join pg_class c on c.oid = i.indexrelid
             where c.relnamespace = 'transcript'::regnamespace and c.relkind = 'i'",
        )
        .await;
    assert!(checked > 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_events_survive_kill_9_once_and_in_order() {
    let cluster = Cluster::start();
    let out = migrator(&cluster.url(), &["migrate"]);
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let mut dba = cluster.superuser().await;
    dba.run("create role crash_app; grant transcript_writer, transcript_reader to crash_app; create extension amcheck").await;

    let mut known = Acknowledged::new();
    let mut next = [0; WRITERS];
    let mut in_flight = Vec::new();
    for round in 0..ROUNDS {
        let (acks, mut heard) = mpsc::unbounded_channel();
        let mut writers = JoinSet::new();
        for (writer, first) in next.iter().enumerate() {
            writers.spawn(write(cluster.app().await, writer, *first, acks.clone()));
        }
        drop(acks);
        let mut acknowledged = 0;
        while acknowledged < ACKNOWLEDGED {
            let one = tokio::time::timeout(PATIENCE, heard.recv())
                .await
                .expect("writers write")
                .expect("writers write");
            assert_eq!(acknowledge(&mut known, &one.0, &one.1), "stored");
            acknowledged += 1;
        }
        // In the middle of a batch: a backend has stored some of it, and has not committed.
        let storing = "exists (select from pg_locks l join transcript.partitions p on l.relation = ('transcript.' || p.leaf)::regclass
            where l.granted and l.mode = 'RowExclusiveLock' and p.parent = 'events')";
        let deadline = Instant::now() + PATIENCE;
        while dba.text(storing).await != "true" {
            assert!(Instant::now() < deadline, "never in the middle of a batch");
        }
        cluster.kill();
        while let Some((batch, verdicts)) = heard.recv().await {
            assert_eq!(acknowledge(&mut known, &batch, &verdicts), "stored");
            acknowledged += 1;
        }
        let mut interrupted = Vec::new();
        while let Some(writer) = writers.join_next().await {
            interrupted.push(writer.expect("the writer ends well"));
        }
        assert_eq!(interrupted.len(), WRITERS, "every writer was at work");

        cluster.run("start");
        dba = cluster.superuser().await;
        assert_consistent(&mut dba).await;
        let mut app = cluster.app().await;
        let mut there = stored(&mut app).await;
        for (key, place) in &known {
            assert_eq!(
                there.remove(key).as_ref(),
                Some(place),
                "round {round}: {key} was acknowledged"
            );
        }
        // What else is there was committed, but the server died before it could say so.
        let mut whole = 0;
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
            whole += usize::from(!found.is_empty());
            // Nobody heard of it, but from now on it is as good as acknowledged.
            known.extend(found);
        }
        assert!(there.is_empty(), "nobody wrote {there:?}");
        println!(
            "round {round}: {acknowledged} batches acknowledged, {} cut off, {whole} of these stored",
            interrupted.len()
        );

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
    assert_consistent(&mut cluster.superuser().await).await;
}
