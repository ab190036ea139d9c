//! `make bench`: what our functions cost beside what the server does with the same rows anyway, and
//! beside what one would use instead.
//!
//! Every ratio is of two statements over the same rows, in one backend, warm, run in turn, the median
//! of several runs each. Beside it stands what must be reached. Nothing here passes or fails.
//! `bench ratios`, `bench memory`, `bench cases`, `bench turns`, `bench ingest`, `bench store` and `bench drift`
//! measure a part.

mod cases;
mod drift;
mod ingest;
mod measure;
mod memory;
mod report;
mod rivals;
mod rows;
mod store;
mod texts;
mod turns;

use measure::{Bench, Side};
use report::Report;
use rivals::Rivals;

const TEXT: Side<'static> = Side {
    name: "payload::text",
    sql: "count(p::text)",
};
const REDACT: &str = "count(transcript.redact(p, transcript.builtin_policy('standard')))";

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let only = std::env::args().nth(1);
    let wanted = |part: &str| only.as_deref().is_none_or(|only| only == part);
    let rivals = Rivals::installed();
    let mut bench = Bench::start().await;
    let mut report = Report::default();
    if wanted("ratios") || wanted("memory") {
        rows::make(&mut bench.session).await;
        report::heading();
    }
    if wanted("ratios") {
        ratios(&mut bench, &mut report).await;
    }
    if wanted("memory") {
        report.lines.extend(memory::peaks(&mut bench).await);
        report.lines.extend(memory::flat(&mut bench).await);
    }
    if wanted("cases") {
        (report.cases, report.tools) = cases::score(&mut bench, &rivals).await;
        report::say_tools(&report.cases, &report.tools);
    }
    if wanted("turns") {
        (report.conversation, report.stored) = turns::measure(&mut bench, &rivals).await;
        report::say_stored(&report.conversation, &report.stored);
    }
    if wanted("ingest") {
        report.lines.extend(ingest::measure(&bench).await);
    }
    if wanted("store") {
        report::heading();
        report.lines.extend(store::measure().await);
    }
    if wanted("drift") {
        report.lines.extend(drift::measure(&bench).await);
    }
    report.write(&mut bench.session, only.is_none()).await;
}

async fn ratios(bench: &mut Bench, report: &mut Report) {
    let redact = |name| Side { name, sql: REDACT };
    for (name, table, target) in [
        ("redact, clean 4 KB payloads", "clean", 0.35),
        ("redact, real payloads", "real", 0.7),
        ("redact, 4 KB payloads with 3 hits", "hits", 0.8),
    ] {
        let line = bench.ratio(table, redact(name), TEXT, Some(target)).await;
        report.lines.push(line);
    }

    let serde = Side {
        name: "the same through JsonB",
        sql: "count(redact_jsonb(p))",
    };
    // Installed by `make bench` alone; a bench of only our own functions does without.
    if bench
        .session
        .try_run("create extension jsonb_rival")
        .await
        .is_ok()
    {
        for (name, table) in [
            ("redact, clean 4 KB payloads", "clean"),
            ("redact, real payloads", "real"),
            ("redact, 4 KB payloads with 3 hits", "hits"),
        ] {
            let line = bench
                .ratio(table, redact(name), serde, Some(1.0 / 8.0))
                .await;
            report.lines.push(line);
        }
    } else {
        println!("LEFT OUT: the same through JsonB: setup/extension tests/bench/jsonb_rival");
    }

    bench.session.run(include_str!("chain.sql")).await;
    let chain = Side {
        name: "14 regexp_replace",
        sql: "count(redact_by_regexp(p::text))",
    };
    for (name, table) in [
        ("redact, clean 4 KB payloads", "clean"),
        ("redact, real payloads", "real"),
        ("redact, 4 KB payloads with 3 hits", "hits"),
    ] {
        let line = bench
            .ratio(table, redact(name), chain, Some(1.0 / 20.0))
            .await;
        report.lines.push(line);
    }

    for (name, table, sql, target) in [
        (
            "cap, 64 KB toasted, under the limit",
            "toasted",
            "count(transcript.cap(p, 1000000))",
            0.02,
        ),
        (
            "cap, 1 MB to 32 KB",
            "large",
            "count(transcript.cap(p, 32768))",
            1.0,
        ),
    ] {
        let line = bench
            .ratio(table, Side { name, sql }, TEXT, Some(target))
            .await;
        report.lines.push(line);
    }
    let digest = Side {
        name: "digest, real payloads",
        sql: "count(transcript.digest(p))",
    };
    let sha256 = Side {
        name: "sha256 of payload::text",
        sql: "count(sha256(convert_to(p::text, 'UTF8')))",
    };
    report
        .lines
        .push(bench.ratio("real", digest, sha256, None).await);
    let parse = Side {
        name: "parse, real payloads",
        sql: "count(transcript.parse(p))",
    };
    let cast = Side {
        name: "::jsonb",
        sql: "count(p::jsonb)",
    };
    report
        .lines
        .push(bench.ratio("real_text", parse, cast, None).await);
}
