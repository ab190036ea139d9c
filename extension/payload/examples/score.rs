//! Redacts every case of a file with `strict` and prints what the scorer reads:
//! `cargo run --release -p payload --example score -- cases.jsonl > output.jsonl`

use payload::json;
use payload::jsonb::Container;
use payload::redact::{Policy, Subject, redact};
use std::io::Write;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).ok_or("usage: score CASES.jsonl")?;
    let document = json::parse(Policy::builtin("strict").ok_or("no such policy")?)?;
    let policy = Policy::compile(Container::root(&document)?)?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::fs::read_to_string(file)?.lines() {
        let case: serde_json::Value = serde_json::from_str(line)?;
        let bytes = json::parse(&case["input"].to_string())?;
        let bytes =
            redact(&bytes, &policy, &Subject::default())?.map_or(bytes, |(changed, _)| changed);
        writeln!(
            out,
            "{{\"id\":{},\"output\":{}}}",
            case["id"],
            json::print(&bytes)?
        )?;
    }
    Ok(())
}
