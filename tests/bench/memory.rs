//! What redaction needs of memory: for one large payload, and after very many small ones.
//!
//! Counted is the backend's own memory (RssAnon); what it maps of the server's shared buffers is not
//! redaction's.

use crate::measure::Bench;
use crate::report::Line;
use tests::Session;

const REDACT: &str = "transcript.redact(p, transcript.builtin_policy('standard'))";
/// Bytes of the large payloads, as jsonb.
const LARGE: f64 = 50e6;
/// Calls in one backend after which its memory is looked at; at the end it must not have grown. A few
/// pages of the allocator's are not growth.
const CALLS: [(u32, Option<f64>); 4] = [
    (1_000, None),
    (10_000, None),
    (100_000, None),
    (1_000_000, Some(1.05)),
];

/// The most memory that redacting one payload of 50 MB takes, beside its size.
pub async fn peaks(bench: &mut Bench) -> Vec<Line> {
    bench
        .session
        .run("create table huge (what text, p jsonb); alter table huge alter column p set compression lz4")
        .await;
    let many = |table| {
        format!(
            "select jsonb_build_object('input', jsonb_agg(p)) from (
               select p from {table}, generate_series(1, 10)
               limit (select {LARGE} / avg(octet_length(p::text)) from {table})) q"
        )
    };
    let one = |table| {
        format!(
            "select jsonb_build_object('output', left(string_agg(p #>> '{{content,0,text}}', E'\\n'), {LARGE}::int)) from {table}, generate_series(1, 15)
               where p ? 'content'"
        )
    };
    let mut lines = Vec::new();
    for (what, sql) in [
        ("many strings, clean", many("clean")),
        ("many strings with hits", many("hits")),
        ("one string, clean", one("clean")),
        ("one string with hits", one("hits")),
    ] {
        bench
            .session
            .run(&format!(
                "truncate huge; insert into huge select '{what}', ({sql}); checkpoint"
            ))
            .await;
        let changed = bench
            .session
            .number(&format!(
                "select count(*) from huge where {REDACT} is distinct from p"
            ))
            .await;
        assert_eq!(changed == 0, what.ends_with("clean"), "{what}");
        let bytes = bench
            .session
            // The size of the datum itself: what it takes once it is copied out of the table.
            .number("select pg_column_size(p || '{}') from huge")
            .await as f64;
        let mut session = warm(bench).await;
        let before = Memory::of(&mut session).await;
        session
            .run(&format!("select count({REDACT}) from huge"))
            .await;
        let after = Memory::of(&mut session).await;
        let line = Line {
            what: format!("memory of redacting 50 MB: {what}"),
            unit: "MB",
            value: (after.most - after.shared - before.own) / 1e6,
            megabytes_per_second: None,
            baseline: "size of the payload".to_owned(),
            beside: bytes / 1e6,
            target: Some(3.0),
        };
        line.say();
        lines.push(line);
    }
    bench.session.run("drop table huge").await;
    lines
}

/// The memory of one backend after a million calls, and on the way there, beside that after a thousand.
pub async fn flat(bench: &mut Bench) -> Vec<Line> {
    bench
        .session
        .run("create table mixed as select p from (select p from clean limit 500) c union all select p from (select p from hits limit 500) h")
        .await;
    let mut session = warm(bench).await;
    let (mut done, mut first) = (0, None);
    let mut lines = Vec::new();
    for (calls, target) in CALLS {
        for _ in 0..(calls - done) / 1000 {
            session
                .run(&format!("select count({REDACT}) from mixed"))
                .await;
        }
        done = calls;
        let own = Memory::of(&mut session).await.own / 1e6;
        let Some(beside) = first else {
            first = Some(own);
            continue;
        };
        let line = Line {
            what: format!("memory of a backend after {calls} calls"),
            unit: "MB",
            value: own,
            megabytes_per_second: None,
            baseline: "after 1000 calls".to_owned(),
            beside,
            target,
        };
        line.say();
        lines.push(line);
    }
    lines
}

/// A new backend that has read its catalogs, loaded the library and compiled the policy.
async fn warm(bench: &Bench) -> Session {
    let mut session = bench.database.superuser().await;
    session
        .run("set max_parallel_workers_per_gather = 0; set jit = off")
        .await;
    session
        .run(&format!(
            "select count({REDACT}) from (select p from hits limit 10) q"
        ))
        .await;
    session
}

struct Memory {
    /// What is the backend's alone, in bytes.
    own: f64,
    /// What it shares: the server's buffers, and the files of code.
    shared: f64,
    /// The most that both were.
    most: f64,
}

impl Memory {
    async fn of(session: &mut Session) -> Memory {
        let pid = session.number("select pg_backend_pid()").await;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))
            .expect("the server runs on this machine");
        let bytes = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let number = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
            number.unwrap_or_else(|| panic!("/proc/{pid}/status has no {name}")) * 1024.0
        };
        Memory {
            own: bytes("RssAnon:"),
            shared: bytes("RssShmem:") + bytes("RssFile:"),
            most: bytes("VmHWM:"),
        }
    }
}
