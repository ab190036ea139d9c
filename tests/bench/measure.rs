//! Timing two statements in turn, and saying what came of it.

use serde_json::json;
use std::time::Instant;
use tests::{Database, Session};

/// Runs of each statement; the first of each only warms up.
const RUNS: usize = 8;

/// One line of the table.
pub struct Result {
    what: &'static str,
    subject_ms: f64,
    baseline: &'static str,
    baseline_ms: f64,
    megabytes: f64,
}

pub struct Bench {
    // Dropped last: the session is of this database.
    pub session: Session,
    _database: Database,
}

impl Bench {
    pub async fn start() -> Bench {
        let database = Database::migrated().await;
        let mut session = database.superuser().await;
        session
            .run("set max_parallel_workers_per_gather = 0; set jit = off")
            .await;
        Bench {
            session,
            _database: database,
        }
    }

    /// The cost of `subject` beside that of `baseline`, both aggregates over column `p` of `table`.
    pub async fn ratio(
        &mut self,
        what: &'static str,
        table: &str,
        subject: &str,
        baseline: &'static str,
        baseline_sql: &str,
    ) -> Result {
        let bytes = self
            .session
            .number(&format!("select sum(octet_length(p::text)) from {table}"))
            .await;
        let mut times = [Vec::new(), Vec::new()];
        for run in 0..RUNS {
            for (sql, times) in [subject, baseline_sql].iter().zip(&mut times) {
                let start = Instant::now();
                self.session
                    .run(&format!("select {sql} from {table}"))
                    .await;
                if run > 0 {
                    times.push(start.elapsed().as_secs_f64() * 1e3);
                }
            }
        }
        let [subject_ms, baseline_ms] = times.map(median);
        Result {
            what,
            subject_ms,
            baseline,
            baseline_ms,
            megabytes: bytes as f64 / 1e6,
        }
    }

    /// Prints the table, and writes it as JSON beside the build.
    pub async fn report(&mut self, results: &[Result]) {
        let server = self.session.text("select version()").await;
        let machine = machine();
        println!("{machine}\n{server}\n");
        println!(
            "{:<38} {:>9} {:>8}   {:<24} {:>9} {:>7}",
            "", "ms", "MB/s", "beside", "ms", "ratio"
        );
        for r in results {
            println!(
                "{:<38} {:>9.1} {:>8.0}   {:<24} {:>9.1} {:>7.3}",
                r.what,
                r.subject_ms,
                r.megabytes / r.subject_ms * 1e3,
                r.baseline,
                r.baseline_ms,
                r.subject_ms / r.baseline_ms
            );
        }
        let lines: Vec<_> = results
            .iter()
            .map(|r| {
                json!({"what": r.what, "ms": r.subject_ms, "megabytes": r.megabytes,
                    "beside": r.baseline, "beside_ms": r.baseline_ms,
                    "ratio": r.subject_ms / r.baseline_ms})
            })
            .collect();
        let report = json!({"machine": machine, "server": server, "results": lines});
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/bench.json");
        std::fs::write(path, format!("{report:#}\n")).expect("target can be written to");
        println!("\nThe same as JSON: target/bench.json");
    }
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Processor and number of cores.
fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!(
        "{}, {cores} cores",
        model.trim_start_matches(['\t', ':', ' '])
    )
}
