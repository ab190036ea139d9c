//! The documented client (`clients/buffered.py`) on a server that is killed under it.

use crate::cluster::Cluster;
use crate::proxy::Proxy;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::Duration;
use tests::{Session, migrator};

/// The client, which does what it is told and answers in JSON.
struct Client {
    process: Child,
    answers: BufReader<ChildStdout>,
}

impl Client {
    fn start(url: &str) -> Client {
        let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let python = Command::new(project.join("setup/python"))
            .arg(project.join("tests/clients/psycopg.txt"))
            .output()
            .expect("setup/python runs");
        assert!(
            python.status.success(),
            "{}",
            String::from_utf8_lossy(&python.stderr)
        );
        let python = String::from_utf8(python.stdout).expect("UTF-8");
        let mut process = Command::new(python.trim())
            .arg(project.join("tests/clients/drive_buffered.py"))
            .env("DATABASE_URL", url)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the client runs");
        let answers = BufReader::new(process.stdout.take().expect("its answers"));
        Client { process, answers }
    }

    fn tell(&mut self, command: &str) {
        let commands = self.process.stdin.as_mut().expect("its commands");
        writeln!(commands, "{command}").expect("it listens");
    }

    fn answer(&mut self) -> Value {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("an answer");
        serde_json::from_str(&line).expect("JSON")
    }

    fn ask(&mut self, command: &str) -> Value {
        self.tell(command);
        self.answer()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn count(dba: &mut Session, prefix: &str) -> i64 {
    let of = format!("payload #>> '{{}}' ~ '^{prefix}-'");
    dba.number(&format!(
        "select count(*) from transcript.events where {of}"
    ))
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_documented_client_loses_and_doubles_nothing_it_reported() {
    let cluster = Cluster::start("client");
    let out = migrator(cluster.url(), &["migrate"]);
    assert!(out.status.success(), "{}", tests::stderr(&out));
    let mut dba = cluster.superuser().await;
    dba.run(
        "create role client_app login password 'client'; grant transcript_writer to client_app",
    )
    .await;
    let (_, server) = cluster.url().rsplit_once('@').expect("a host");
    let proxy = Proxy::start(server.split_once('/').expect("a database").0.to_owned()).await;
    let mut client = Client::start(&format!(
        "postgres://client_app:client@127.0.0.1:{}/postgres",
        proxy.port
    ));

    // What it takes for worth a retry is what the server says.
    let codes = client.ask("codes");
    let mut codes: BTreeSet<&str> = codes
        .as_array()
        .expect("codes")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert!(codes.len() > 200, "{}", codes.len());
    let own: Vec<String> = (0..100).map(|n| format!("TR{n:03}")).collect();
    codes.extend(own.iter().map(String::as_str));
    let words: Vec<&str> = codes.into_iter().collect();
    let says = client.ask(&format!("can_retry {}", words.join(" ")));
    for code in words {
        let wanted = dba.text(&format!("transcript.can_retry('{code}')")).await;
        assert_eq!(says[code].to_string(), wanted, "{code}");
    }
    assert_eq!(dba.text("transcript.can_retry(null)").await, "true");

    // Nothing is wrong.
    assert_eq!(client.ask("put calm 500 normal"), 500);
    assert_eq!(client.ask("flush 20"), "flushed");
    assert_eq!(count(&mut dba, "calm").await, 500);

    // Connections end, at any point, again and again.
    for round in 0..15 {
        client.tell(&format!("put ended{round} 90 normal"));
        for _ in 0..3 {
            dba.run("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'client_app'")
                .await;
            tokio::time::sleep(Duration::from_millis(2 + 7 * round)).await;
        }
        assert_eq!(client.answer(), 90);
    }
    assert_eq!(client.ask("flush 30"), "flushed");
    assert_eq!(count(&mut dba, "ended[0-9]+").await, 15 * 90);

    // Answers are lost, of what was stored.
    for round in 0..3 {
        proxy.loses_next.store(true, Ordering::SeqCst);
        assert_eq!(client.ask(&format!("put unheard{round} 50 normal")), 50);
        assert_eq!(client.ask("flush 20"), "flushed");
    }
    let duplicates = client.ask("counts")["duplicate"].as_i64();
    assert!(duplicates >= Some(50), "{duplicates:?}");
    assert_eq!(count(&mut dba, "unheard[0-9]").await, 150);

    // Slow: a rival holds a conversation until the statement has timed out, and longer.
    dba.run("begin; set local transcript.tenant = 'acme'; select from transcript.conversations for update")
        .await;
    assert_eq!(client.ask("put slow 50 normal"), 50);
    assert_eq!(client.ask("flush 1.8"), "queued");
    dba.run("commit").await;
    assert_eq!(client.ask("flush 20"), "flushed");
    assert_eq!(count(&mut dba, "slow").await, 50);

    // Some items are bad: each costs itself and no other.
    assert_eq!(client.ask("put poison 300 normal"), 300);
    assert_eq!(client.ask("flush 30"), "dropped");
    assert_eq!(count(&mut dba, "poison").await, 290);
    let counts = client.ask("counts");
    assert_eq!(
        (&counts["refused"], &counts["rejected"]),
        (&5.into(), &5.into())
    );

    // The server dies in the middle, and comes back.
    client.tell("put killed 900 normal");
    tokio::time::sleep(Duration::from_millis(60)).await;
    cluster.kill(1);
    assert_eq!(client.answer(), 900);
    client.tell("flush 30");
    cluster.run("start");
    assert_eq!(client.answer(), "flushed");
    dba = cluster.superuser().await;
    assert_eq!(count(&mut dba, "killed").await, 900);

    // It is away for longer than there is room: the oldest of no importance goes, and is counted.
    cluster.run("stop");
    let accepted = client.ask("put room 2500 normal").as_i64();
    assert_eq!(accepted, Some(2000));
    assert_eq!(client.ask("put urgent 150 high"), 150);
    assert_eq!(client.ask("flush 0.3"), "queued");
    assert_eq!(client.ask("counts")["dropped"], 650);
    cluster.run("start");
    assert_eq!(client.ask("flush 30"), "dropped");
    assert_eq!(client.ask("flush 1"), "flushed");
    dba = cluster.superuser().await;
    assert_eq!(count(&mut dba, "urgent").await, 150);
    assert_eq!(count(&mut dba, "room").await, 1850);

    // In all: one outcome for each item, and durable is what is there, once.
    let outcomes: BTreeMap<String, Vec<String>> =
        serde_json::from_value(client.ask("outcomes")).expect("outcomes");
    assert_eq!(outcomes.len(), 500 + 15 * 90 + 150 + 50 + 300 + 900 + 2650);
    let mut durable = BTreeSet::new();
    for (key, said) in &outcomes {
        let [outcome] = said.as_slice() else {
            panic!("{key}: {said:?}")
        };
        if ["stored", "duplicate"].contains(&outcome.as_str()) {
            durable.insert(key.clone());
        }
    }
    let there = dba
        .texts("select payload #>> '{}' from transcript.events order by 1")
        .await;
    let there: Vec<_> = there
        .iter()
        .map(|key| key.trim_matches(['(', ')']).to_owned())
        .collect();
    assert_eq!(there.len(), durable.len(), "nothing is doubled");
    assert_eq!(there.into_iter().collect::<BTreeSet<_>>(), durable);
    assert_eq!(client.ask("close 5"), "flushed");
}
