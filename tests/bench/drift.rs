//! What it costs to compare a session store with the log, and to append what is missing.

use crate::measure::{Bench, median};
use crate::report::Line;
use std::time::Instant;
use tests::Session;

/// Sessions of 20 items each; BENCH_SESSIONS=100000 is the size that the targets speak of.
fn sessions() -> usize {
    let wanted = std::env::var("BENCH_SESSIONS").ok();
    wanted.map_or(10_000, |n| n.parse().expect("BENCH_SESSIONS is a number"))
}

const ITEMS: usize = 20;
const RUNS: usize = 5;

pub async fn measure(bench: &Bench) -> Vec<Line> {
    let sessions = sessions();
    let rows = sessions * ITEMS;
    let mut dba = bench.database.superuser().await;
    dba.run(&format!(
        "create table agent_messages (id serial primary key, session_id text not null, message_data text not null,
           created_at timestamp not null default current_timestamp);
         insert into agent_messages (session_id, message_data)
           select 's' || g % {sessions}, json_build_object('type', 'message', 'role', case when g % 2 = 0 then 'user' else 'assistant' end,
             'content', json_build_array(json_build_object('type', 'output_text', 'text', repeat('The parcel ' || g || ' left the hub. ', 8 + g % 10))))::text
           from generate_series(1, {rows}) g;
         create index on agent_messages (session_id, created_at);
         select transcript.attach('agent_messages', 'bench')"
    ))
    .await;
    dba.run("vacuum analyze agent_messages").await;
    let appended = appended_in_batches(bench, &mut dba).await;
    let rebuilt = timed(&mut dba, "select transcript.rebuild('agent_messages')").await;
    dba.run("vacuum analyze transcript.events").await;
    dba.run("vacuum analyze transcript.conversations").await;
    let mut lines = vec![said(Line {
        what: format!("rebuild, {rows} rows"),
        unit: "ms",
        value: rebuilt,
        megabytes_per_second: None,
        baseline: "append in batches of 100".to_owned(),
        beside: appended * rows as f64,
        target: Some(1.0 / 0.8),
    })];
    let count = "select (select sum(octet_length(m.message_data)) from agent_messages m),
        (select sum(octet_length(e.payload::text)) from transcript.events e where e.store_id is not null)";
    let full = "select transcript.drift('agent_messages', is_full => true)";
    let (mut counts, mut fulls) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        counts.push(timed(&mut dba, count).await);
        fulls.push(timed(&mut dba, full).await);
    }
    let (counts, fulls) = (median(counts), median(fulls));
    lines.push(said(Line {
        what: format!("drift, full, {sessions} sessions, {rows} rows"),
        unit: "ms",
        value: fulls,
        megabytes_per_second: None,
        baseline: "both tables read and counted".to_owned(),
        beside: counts,
        target: Some(2.0),
    }));
    let touch = format!(
        "insert into agent_messages (session_id, message_data)
         select 's' || g * 100, '{{\"role\":\"user\",\"content\":\"more\"}}' from generate_series(0, {}) g",
        sessions / 100 - 1
    );
    let mut incremental = Vec::new();
    for _ in 0..RUNS {
        dba.run(&touch).await;
        incremental.push(timed(&mut dba, "select transcript.drift('agent_messages')").await);
    }
    lines.push(said(Line {
        what: "drift, 1 % of the sessions written to".to_owned(),
        unit: "ms",
        value: median(incremental),
        megabytes_per_second: None,
        baseline: "drift, full".to_owned(),
        beside: fulls,
        target: Some(0.05),
    }));
    lines
}

/// Milliseconds per row of the same rows, appended by a client in batches of 100.
async fn appended_in_batches(bench: &Bench, dba: &mut Session) -> f64 {
    let mut app = bench.database.app("other").await;
    let batches = dba
        .rows(
            "select jsonb_agg(to_jsonb(m))::text from (
               select *, (row_number() over (order by session_id, id) - 1) / 100 as part from agent_messages) m
             group by part order by part limit 200",
        )
        .await;
    let mut times = Vec::new();
    for row in &batches {
        let batch: String = sqlx::Row::get(row, 0);
        let begin = Instant::now();
        app.append(&batch, "openai-agents").await;
        times.push(begin.elapsed().as_secs_f64() * 1e3);
    }
    median(times) / 100.0
}

async fn timed(session: &mut Session, statement: &str) -> f64 {
    let begin = Instant::now();
    session.run(statement).await;
    begin.elapsed().as_secs_f64() * 1e3
}

fn said(line: Line) -> Line {
    line.say();
    line
}
