//! What an attached store adds to the framework's own writing, and appending beside it: the real SDK's
//! SQLAlchemySession, on the clock of its process.

use crate::report::Line;
use std::process::Command;
use tests::Database;

const CLIENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/clients/add_items.py");

pub async fn measure() -> Vec<Line> {
    let Some(python) = std::env::var_os("PG_TRANSCRIPT_AGENTS_SDK").filter(|path| !path.is_empty())
    else {
        println!("LEFT OUT: the Agents SDK: setup/python did not install it");
        return Vec::new();
    };
    let database = Database::migrated().await;
    let output = Command::new(python)
        .arg(CLIENT)
        .env("DATABASE_URL", &database.url)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .expect("python starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut lines = Vec::new();
    for said in String::from_utf8_lossy(&output.stdout).lines() {
        let numbers: Vec<f64> = said
            .split_whitespace()
            .map(|number| number.parse().expect("a number"))
            .collect();
        let &[items, plain, attached, added, appended] = &numbers[..] else {
            panic!("not five numbers: {said}");
        };
        let line = |what: &str, value, baseline: &str, beside, target| Line {
            what: format!("{what}, {items} items"),
            unit: "ms",
            value,
            megabytes_per_second: None,
            baseline: baseline.to_owned(),
            beside,
            target: Some(target),
        };
        lines.push(line(
            "add_items, table attached",
            attached,
            "not attached",
            plain,
            1.15,
        ));
        lines.push(line("append", appended, "add_items", added, 0.25));
    }
    lines.iter().for_each(Line::say);
    lines
}
