//! A cluster of this test's own, which it can kill.

use crate::writers::PATIENCE;
use sqlx::{Connection, PgConnection};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tests::Session;

/// A cluster of this test's own, removed with the value.
pub struct Cluster {
    dir: PathBuf,
    url: String,
}

impl Cluster {
    /// `name`: each test of a process has its own.
    pub fn start(name: &str) -> Cluster {
        let mut cluster = Cluster {
            dir: std::env::temp_dir().join(format!("pg_transcript-{name}-{}", std::process::id())),
            url: String::new(),
        };
        cluster.run("start");
        cluster.url = cluster.run("url");
        cluster
    }

    /// Runs `setup/cluster` for this cluster and gives back what it prints.
    pub fn run(&self, command: &str) -> String {
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

    /// The port is kept over every restart.
    pub fn url(&self) -> &str {
        &self.url
    }

    pub async fn superuser(&self) -> Session {
        Session::new(
            PgConnection::connect(&self.url)
                .await
                .expect("the cluster answers"),
        )
    }

    pub async fn app(&self) -> Session {
        let mut session = self.superuser().await;
        session.run("set session authorization crash_app").await;
        session.set_tenant("acme").await;
        session
    }

    /// SIGKILL to the postmaster and all its children, so many backends at least.
    pub fn kill(&self, backends: usize) {
        let file = self.dir.join("data/postmaster.pid");
        let text = std::fs::read_to_string(&file).expect("postmaster.pid");
        let postmaster: u32 = text.lines().next().expect("a pid").parse().expect("a pid");
        // Stopped, it starts no more children and takes no notice of those that end.
        signal("STOP", &[postmaster]);
        let mut all = children(postmaster);
        all.push(postmaster);
        signal("KILL", &all);
        assert!(
            all.len() > backends + 1,
            "a server and its backends: {all:?}"
        );
        let deadline = Instant::now() + PATIENCE;
        while all.iter().any(|pid| is_alive(*pid)) {
            assert!(Instant::now() < deadline, "some of {all:?} survived");
            std::thread::sleep(Duration::from_millis(5));
        }
        // All are dead, but until somebody buries the postmaster, which may take seconds, its file would
        // keep the next one from starting.
        std::fs::remove_file(&file).expect("postmaster.pid goes");
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
