//! The tables: on the terminal, as JSON, and as README shows them.

use crate::cases::Tool;
use crate::turns::{Stored, TURNS};
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use tests::Session;

/// One measure beside another.
pub struct Line {
    pub what: String,
    pub unit: &'static str,
    pub value: f64,
    pub megabytes_per_second: Option<f64>,
    pub baseline: String,
    pub beside: f64,
    /// The ratio that must be reached; none where the line only informs.
    pub target: Option<f64>,
}

impl Line {
    pub fn ratio(&self) -> f64 {
        self.value / self.beside
    }

    fn met(&self) -> Option<bool> {
        self.target.map(|target| self.ratio() <= target)
    }

    /// Prints the line.
    pub fn say(&self) {
        let speed = self
            .megabytes_per_second
            .map_or_else(String::new, |speed| format!("{speed:.0}"));
        let target = match (self.target, self.met()) {
            (Some(target), Some(true)) => format!("{target:>7.3}  met"),
            (Some(target), _) => format!("{target:>7.3}  MISSED"),
            _ => String::new(),
        };
        println!(
            "{:<54} {:>9.1} {} {speed:>6}   {:<24} {:>9.1} {:>7.3} {target}",
            self.what,
            self.value,
            self.unit,
            self.baseline,
            self.beside,
            self.ratio(),
        );
    }

    fn json(&self) -> Value {
        json!({"what": self.what, "unit": self.unit, "value": self.value,
            "megabytes_per_second": self.megabytes_per_second, "beside": self.baseline,
            "beside_value": self.beside, "ratio": self.ratio(), "target": self.target, "met": self.met()})
    }
}

/// What was said while measuring, for the tables that stay.
#[derive(Default)]
pub struct Report {
    pub lines: Vec<Line>,
    pub cases: String,
    pub tools: Vec<Tool>,
    pub conversation: String,
    pub stored: Vec<Stored>,
}

pub fn heading() {
    println!(
        "\n{:<54} {:>9}    {:>6}   {:<24} {:>9} {:>7} {:>7}",
        "", "", "MB/s", "beside", "", "ratio", "target"
    );
}

impl Report {
    /// Writes `target/bench.json` and `target/bench.md`, which is what README has between its markers.
    pub async fn write(&self, session: &mut Session, whole: bool) {
        let server = session.text("select version()").await;
        let machine = machine();
        println!("\n{machine}\n{server}");
        if !whole {
            return;
        }
        let report = json!({
            "machine": machine,
            "server": server,
            "ratios": self.lines.iter().map(Line::json).collect::<Vec<_>>(),
            "redaction_cases": self.cases,
            "redactors": self.tools.iter().map(Tool::json).collect::<Vec<_>>(),
            "conversation": self.conversation,
            "bytes_per_turn": self.stored.iter().map(Stored::json).collect::<Vec<_>>(),
        });
        write("bench.json", &format!("{report:#}\n"));
        write("bench.md", &self.markdown(&machine, &server));
        println!("The same as JSON: target/bench.json; as README has it: target/bench.md");
    }

    fn markdown(&self, machine: &str, server: &str) -> String {
        let mut out = String::from(
            "| redactor | hidden, core | hidden, hard | kept | MB/s | slowest case |\n|---|--:|--:|--:|--:|--:|\n",
        );
        for tool in &self.tools {
            let _ = writeln!(
                out,
                "| {} | {:.1} % | {:.1} % | {:.1} % | {} | {:.2} ms |",
                tool.name,
                tool.core,
                tool.hard,
                tool.kept,
                speed(tool.megabytes_per_second),
                tool.slowest_ms
            );
        }
        let server: Vec<&str> = server.split_whitespace().take(2).collect();
        let _ = writeln!(out, "\n{}; {machine}, {}.", self.cases, server.join(" "));
        self.measures(&mut out);
        self.bytes_per_turn(&mut out);
        out
    }

    fn measures(&self, out: &mut String) {
        out.push_str(
            "\n| what takes | times what this takes | ratio | at most |\n|---|---|--:|--:|\n",
        );
        for line in &self.lines {
            let Some(target) = line.target else { continue };
            let missed = if line.met() == Some(true) {
                ""
            } else {
                ", missed"
            };
            let _ = writeln!(
                out,
                "| {} | {} | {:.2} | {:.2}{missed} |",
                line.what,
                line.baseline,
                line.ratio(),
                target
            );
        }
    }

    fn bytes_per_turn(&self, out: &mut String) {
        let turns = TURNS.map(|turns| format!(" {turns} turns |"));
        let _ = writeln!(
            out,
            "\n| bytes per turn |{}\n|---|--:|--:|--:|",
            turns.concat()
        );
        for stored in &self.stored {
            let bytes = stored.bytes_per_turn.map(|bytes| format!(" {bytes:.0} |"));
            let _ = writeln!(out, "| {} |{}", stored.name, bytes.concat());
        }
        let _ = writeln!(out, "\n{}.", self.conversation);
    }
}

/// Two digits that mean something.
pub fn speed(megabytes_per_second: f64) -> String {
    match megabytes_per_second {
        s if s < 1.0 => format!("{s:.2}"),
        s if s < 10.0 => format!("{s:.1}"),
        s => format!("{s:.0}"),
    }
}

/// Prints the table of redactors.
pub fn say_tools(cases: &str, tools: &[Tool]) {
    println!("\n{cases}\n");
    println!(
        "{:<54} {:>7} {:>7} {:>7} {:>8} {:>12}",
        "", "core", "hard", "kept", "MB/s", "slowest"
    );
    for tool in tools {
        println!(
            "{:<54} {:>6.1}% {:>6.1}% {:>6.1}% {:>8} {:>9.2} ms",
            tool.name,
            tool.core,
            tool.hard,
            tool.kept,
            speed(tool.megabytes_per_second),
            tool.slowest_ms
        );
    }
}

/// Prints the table of bytes per turn.
pub fn say_stored(conversation: &str, stored: &[Stored]) {
    println!("\n{conversation}\n");
    let turns = TURNS.map(|turns| format!("{:>12}", format!("{turns} turns")));
    println!("{:<54} {}", "bytes per turn", turns.concat());
    for stored in stored {
        let bytes = stored.bytes_per_turn.map(|bytes| format!("{bytes:>12.0}"));
        println!("{:<54} {}", stored.name, bytes.concat());
    }
}

fn write(name: &str, text: &str) {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../target")
        .join(name);
    std::fs::write(&path, text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
}

/// Processor, number of cores and memory.
fn machine() -> String {
    let field = |file: &str, name: &str| {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_default()
            .trim_start_matches(['\t', ':', ' '])
            .to_owned()
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = field("/proc/meminfo", "MemTotal");
    let kilobytes: u64 = memory.trim_end_matches(" kB").parse().unwrap_or_default();
    format!(
        "{}, {cores} cores, {} GB",
        field("/proc/cpuinfo", "model name"),
        kilobytes.div_ceil(1 << 20)
    )
}
