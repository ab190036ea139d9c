//! What redaction takes of the server's memory.

use tests::{Database, Session};

const MB: i64 = 1024 * 1024;

/// A line of the backend's `/proc/…/status`, in bytes.
async fn memory(session: &mut Session, line: &str) -> i64 {
    let pid = session.number("select pg_backend_pid()").await;
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"));
    let status = status.expect("the server runs on this machine");
    let found = status.lines().find_map(|l| l.strip_prefix(line));
    let kilobytes = found.and_then(|l| l.trim_matches([':', '\t', ' ']).strip_suffix(" kB"));
    kilobytes
        .and_then(|n| n.trim().parse::<i64>().ok())
        .expect(line)
        * 1024
}

/// How much more a backend ever has while it runs `sql` than before, without the server's buffers that
/// it comes to share.
async fn peak(session: &mut Session, sql: &str) -> i64 {
    let pid = session.number("select pg_backend_pid()").await;
    let before = memory(session, "VmRSS").await;
    let shared = memory(session, "RssShmem").await;
    // Sets VmHWM back to what there is now.
    std::fs::write(format!("/proc/{pid}/clear_refs"), "5").expect("the server is of this user");
    session.run(sql).await;
    let shared = memory(session, "RssShmem").await - shared;
    memory(session, "VmHWM").await - before - shared
}

/// The payload itself counts: what is read and what is written are one time its size each.
#[tokio::test]
async fn a_payload_of_50_mb_takes_at_most_three_times_its_size() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    dba.run(
        "create table large (what text, most float, p jsonb); alter table large alter p set storage external;
         insert into large values
           ('a clean string', 3, to_jsonb(repeat('the parcel is on its way and arrives on Tuesday; ', 1070000))),
           ('a string with 5000 hits', 3.05, to_jsonb(repeat(repeat('the parcel is on its way ', 420) || ' to ada@example.com ', 5000))),
                      ('messages, one in ten with a hit', 3, (select jsonb_build_object('items', jsonb_agg(jsonb_build_object('type', 'message', 'role', 'user',
               'content', jsonb_build_array(jsonb_build_object('type', 'text', 'text', repeat('the parcel ', 40) || case when n % 10 = 0 then 'ada@example.com' else '' end)))))
             from generate_series(1, 96000) n)),
           -- What is new is held until all is read; so are the places of a second reading.
           ('a string with an escape', 3, to_jsonb(repeat('the parcel is on its way ', 2100000) || ' to ada%40example.com')),
           ('strings, each with 20 hits', 3.15, (select jsonb_agg(repeat('the parcel is on its way to ada@example.com ', 20)) from generate_series(1, 59000) n)),
           ('objects, each with a hit', 3, (select jsonb_agg(jsonb_build_object('n', n, 'text', repeat('the parcel ', 20), 'to', 'ada@example.com')) from generate_series(1, 175000) n))",
    )
    .await;
    let mut too_much = Vec::new();
    for what in dba.texts("select what from large").await {
        let what = what.trim_matches(['(', ')', '"']).to_owned();
        let from = format!("from large where what = '{what}'");
        let size = dba
            .number(&format!("select pg_column_size(p) {from}"))
            .await;
        assert!(size > 48 * MB, "{what}: {size}");
        let mut fresh = db.superuser().await;
        fresh
            .run("select transcript.redact('{}', transcript.builtin_policy('standard'))")
            .await;
        // What the first statement sets up is no memory of redaction.
        fresh.run(&format!("select jsonb_typeof(p) {from}")).await;
        let redact = format!(
            "select transcript.redact(p, transcript.builtin_policy('standard')) is null {from}"
        );
        let times = peak(&mut fresh, &redact).await as f64 / size as f64;
        println!("{what}: {times:.2} times its size");
        let most = dba.text(&format!("select most {from}")).await;
        let most: f64 = most.parse().expect("a number");
        too_much.extend((times > most).then_some(what));
    }
    assert!(too_much.is_empty(), "{too_much:?}");
}

#[tokio::test]
async fn a_million_calls_take_no_more_than_the_first() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let calls = |count: u32| {
        format!(
            "select count(transcript.redact(p, transcript.builtin_policy('standard')))
             from (select jsonb_build_object('n', n, 'to', 'ada@example.com', 'api_key', md5(n::text)) as p
               from generate_series(1, {count}) n) i"
        )
    };
    dba.run("set work_mem = '64kB'; set jit = off").await;
    dba.run(&calls(10_000)).await;
    let before = memory(&mut dba, "RssAnon").await;
    dba.run(&calls(1_000_000)).await;
    let after = memory(&mut dba, "RssAnon").await;
    println!("{before} before, {after} after");
    assert!(after - before < MB, "{before} before, {after} after");
}
