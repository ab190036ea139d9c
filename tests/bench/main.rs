//! `make bench`: what our functions cost beside what the server does with the same rows anyway.
//!
//! Every line is a ratio of two statements over the same rows, in one backend, warm, run in turn, the
//! median of several runs each. Nothing here passes or fails.

mod measure;
mod rows;

use measure::{Bench, Result};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut bench = Bench::start().await;
    rows::make(&mut bench.session).await;
    let policy = "transcript.builtin_policy('standard')";
    let redact = format!("count(transcript.redact(p, {policy}))");
    let text = "count(p::text)";
    let mut results: Vec<Result> = Vec::new();
    for (what, table) in [
        ("redact, clean 4 KB payloads", "clean"),
        ("redact, 4 KB payloads with 3 hits", "hits"),
        ("redact, real payloads", "real"),
    ] {
        results.push(
            bench
                .ratio(what, table, &redact, "payload::text", text)
                .await,
        );
    }
    let chain =
        "count(regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(p::text,
        '[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\\.[A-Za-z]{2,}', '[email]', 'g'),
        '\\m(?:\\d[ -]?){13,19}\\M', '[card]', 'g'),
        '\\m(?:AKIA|ASIA)[A-Z2-7]{16}\\M', '[key]', 'g'),
        '\\mgh[pousr]_[A-Za-z0-9]{36}\\M', '[key]', 'g'),
        '\"(password|token|secret|api_key)\": *\"[^\"]*\"', '\"\\1\": \"[key]\"', 'g'))";
    results.push(
        bench
            .ratio(
                "redact, real payloads",
                "real",
                &redact,
                "five regexp_replace",
                chain,
            )
            .await,
    );
    for (what, table, subject) in [
        (
            "cap, 64 KB toasted, under the limit",
            "toasted",
            "count(transcript.cap(p, 1000000))",
        ),
        (
            "cap, 1 MB to 32 KB",
            "large",
            "count(transcript.cap(p, 32768))",
        ),
    ] {
        results.push(
            bench
                .ratio(what, table, subject, "payload::text", text)
                .await,
        );
    }
    results.push(
        bench
            .ratio(
                "digest, real payloads",
                "real",
                "count(transcript.digest(p))",
                "sha256 of payload::text",
                "count(sha256(convert_to(p::text, 'UTF8')))",
            )
            .await,
    );
    results.push(
        bench
            .ratio(
                "parse, real payloads",
                "real_text",
                "count(transcript.parse(p))",
                "::jsonb",
                "count(p::jsonb)",
            )
            .await,
    );
    bench.report(&results).await;
}
