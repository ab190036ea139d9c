//! How well redactors do on cases of what must be hidden and what must stay: ours and those that one
//! would otherwise use. Each gets the same inputs and is scored by the same rules.

use crate::measure::Bench;
use crate::rivals::Rivals;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use sqlx::Row;
use std::collections::HashMap;
use std::path::Path;
use tests::corpus;

/// A case of `cases.jsonl`; members it has beyond these are not needed.
pub struct Case {
    id: String,
    is_hard: bool,
    /// The JSON as it stands in the file: number spelling matters.
    input: String,
    must_hide: Vec<String>,
    must_keep: Vec<String>,
}

/// What a redactor made of one case.
pub struct Answer {
    /// JSON, or, of tools that know only text, text.
    pub output: String,
    pub ms: f64,
}

/// A redactor and how it did.
pub struct Tool {
    pub name: String,
    pub core: f64,
    pub hard: f64,
    pub kept: f64,
    pub megabytes_per_second: f64,
    pub slowest_ms: f64,
}

impl Tool {
    pub fn json(&self) -> Value {
        json!({"name": self.name, "hidden_core_percent": self.core, "hidden_hard_percent": self.hard,
            "kept_percent": self.kept, "megabytes_per_second": self.megabytes_per_second,
            "slowest_case_ms": self.slowest_ms})
    }
}

/// Which cases these are, and every redactor's score on them.
pub async fn score(bench: &mut Bench, rivals: &Rivals) -> (String, Vec<Tool>) {
    let (source, cases) = read();
    let said = format!("{} redaction cases, {source}", cases.len());
    let input: String = cases
        .iter()
        .map(|case| format!("{{\"id\":{},\"input\":{}}}\n", json!(case.id), case.input))
        .collect();
    let mut tools = vec![scored(
        "pg_transcript, policy strict",
        &cases,
        &ours(bench, &cases).await,
    )];
    for rival in rivals.redactors() {
        if let Some(answers) = rival.answers(&input) {
            tools.push(scored(rival.name, &cases, &answers));
        }
    }
    (said, tools)
}

/// The shared cases, or, where they are absent, those of the project's own tests.
fn read() -> (&'static str, Vec<Case>) {
    let (source, text) = match corpus::shared("redaction") {
        Some(folder) => (
            "../shared/data/redaction",
            file(&folder.join("cases.jsonl")),
        ),
        None => {
            let path = "../extension/payload/tests/redaction_cases.rot13";
            let own = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
            (
                "of the project's own tests",
                file(&own).chars().map(rot13).collect(),
            )
        }
    };
    (source, text.lines().map(case).collect())
}

fn file(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn rot13(c: char) -> char {
    let turn = |base: u8| char::from((c as u8 - base + 13) % 26 + base);
    match c {
        'a'..='z' => turn(b'a'),
        'A'..='Z' => turn(b'A'),
        other => other,
    }
}

fn case(line: &str) -> Case {
    let members: HashMap<String, &RawValue> = serde_json::from_str(line).expect("a case");
    let strings = |name| serde_json::from_str(members[name].get()).expect(name);
    let string = |name| serde_json::from_str::<String>(members[name].get()).expect(name);
    Case {
        id: string("id"),
        is_hard: string("tier") == "hard",
        input: members["input"].get().to_owned(),
        must_hide: strings("must_hide"),
        must_keep: strings("must_keep"),
    }
}

/// Our answers, through SQL. The time of a case is the least of some runs, as it is for the rivals, and
/// for all of them reading the JSON is not part of it.
async fn ours(bench: &mut Bench, cases: &[Case]) -> HashMap<String, Answer> {
    let session = &mut bench.session;
    session
        .run("create temp table cases (id text, p jsonb)")
        .await;
    for case in cases {
        sqlx::query("insert into cases values ($1, transcript.parse($2))")
            .bind(&case.id)
            .bind(&case.input)
            .execute(&mut session.connection)
            .await
            .expect("a case is stored");
    }
    session
        .run(
            "create function pg_temp.answers(policy jsonb) returns table (id text, output text, ms float8)
             language plpgsql as $$
             declare
               c record; started timestamptz; redacted jsonb;
             begin
               for c in select * from cases loop
                 ms := null;
                 for run in 1..5 loop
                   started := clock_timestamp();
                   redacted := transcript.redact(c.p, policy);
                   ms := least(ms, 1000 * extract(epoch from clock_timestamp() - started));
                 end loop;
                 id := c.id; output := redacted::text;
                 return next;
               end loop;
             end $$",
        )
        .await;
    session
        .rows("select * from pg_temp.answers(transcript.builtin_policy('strict'))")
        .await
        .iter()
        .map(|row| {
            (
                row.get(0),
                Answer {
                    output: row.get(1),
                    ms: row.get(2),
                },
            )
        })
        .collect()
}

fn scored(name: &str, cases: &[Case], answers: &HashMap<String, Answer>) -> Tool {
    // Strings that were wanted, and of these those that were got: core, hard, kept.
    let mut counts = [(0usize, 0usize); 3];
    let (mut bytes, mut ms, mut slowest_ms) = (0, 0.0, 0f64);
    for case in cases {
        // A case without an answer is one that stayed as it was.
        let answer = answers.get(&case.id);
        let seen = readable(answer.map_or(&case.input, |answer| &answer.output));
        let hidden = &mut counts[usize::from(case.is_hard)];
        hidden.0 += case.must_hide.len();
        hidden.1 += case.must_hide.iter().filter(|s| !seen.contains(*s)).count();
        counts[2].0 += case.must_keep.len();
        counts[2].1 += case.must_keep.iter().filter(|s| seen.contains(*s)).count();
        if let Some(answer) = answer {
            bytes += case.input.len();
            ms += answer.ms;
            slowest_ms = slowest_ms.max(answer.ms);
        }
    }
    let [core, hard, kept] = counts.map(|(wanted, got)| 100.0 * got as f64 / wanted as f64);
    Tool {
        name: name.to_owned(),
        core,
        hard,
        kept,
        megabytes_per_second: bytes as f64 / 1e3 / ms,
        slowest_ms,
    }
}

/// All that a reader of an answer could find: keys, strings, JSON inside strings, and the text itself,
/// in which numbers stand as they are spelt.
fn readable(output: &str) -> String {
    let mut seen = output.to_owned();
    if let Ok(value) = serde_json::from_str(output) {
        collect(&value, &mut seen);
    }
    seen
}

fn collect(value: &Value, seen: &mut String) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                seen.extend(["\n", key]);
                collect(member, seen);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, seen)),
        Value::String(text) => {
            seen.extend(["\n", text]);
            if text.trim_start().starts_with(['{', '['])
                && let Ok(inner) = serde_json::from_str(text)
            {
                collect(&inner, seen);
            }
        }
        _ => {}
    }
}
