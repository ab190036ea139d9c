//! Timing two statements in turn.
//!
//! What counts is the time that the backend had a processor (/proc/PID/schedstat): on an idle machine
//! that is the time on the clock, and on a busy one the others' work is not part of it.

use crate::report::Line;
use std::time::{Duration, Instant};
use tests::{Database, Session};

/// Runs of each statement; the first of each only warms up.
const RUNS: usize = 8;
/// Fewer where they take long, but never less than two that count.
const PATIENCE: Duration = Duration::from_secs(45);
const RUNS_MIN: usize = 3;

pub struct Bench {
    // Dropped last: the session is of this database.
    pub session: Session,
    pub database: Database,
}

/// One side of a line: what it is called, and an aggregate over column `p` of the rows.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    pub name: &'a str,
    pub sql: &'a str,
}

impl Bench {
    pub async fn start() -> Bench {
        let database = Database::migrated().await;
        let mut session = database.superuser().await;
        session
            .run("set max_parallel_workers_per_gather = 0; set jit = off")
            .await;
        Bench { session, database }
    }

    /// What `subject` costs beside `baseline`, on all rows of `table`.
    pub async fn ratio(
        &mut self,
        table: &str,
        subject: Side<'_>,
        baseline: Side<'_>,
        target: Option<f64>,
    ) -> Line {
        let bytes = self
            .session
            .number(&format!("select sum(octet_length(p::text)) from {table}"))
            .await;
        let pid = self.session.number("select pg_backend_pid()").await;
        let mut times = [Vec::new(), Vec::new()];
        let begin = Instant::now();
        for run in 0..RUNS {
            if run >= RUNS_MIN && begin.elapsed() > PATIENCE {
                break;
            }
            for (side, times) in [&subject, &baseline].iter().zip(&mut times) {
                let start = processor_ms(pid);
                self.session
                    .run(&format!("select {} from {table}", side.sql))
                    .await;
                if run > 0 {
                    times.push(processor_ms(pid) - start);
                }
            }
        }
        let [value, beside] = times.map(median);
        let line = Line {
            what: subject.name.to_owned(),
            unit: "ms",
            value,
            megabytes_per_second: Some(bytes as f64 / 1e3 / value),
            baseline: baseline.name.to_owned(),
            beside,
            target,
        };
        line.say();
        line
    }
}

/// Milliseconds that a process has had a processor.
fn processor_ms(pid: i64) -> f64 {
    let path = format!("/proc/{pid}/schedstat");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let nanoseconds = text.split_whitespace().next().map(str::parse::<f64>);
    nanoseconds.expect(&path).expect(&path) / 1e6
}

pub fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// What only one of twenty takes longer than.
pub fn percentile_95(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() * 95 / 100]
}
