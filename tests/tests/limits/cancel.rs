//! Long work answers a cancel.

use std::time::{Duration, Instant};
use tests::{Database, Session, sqlstate};

/// What the answer may take on a machine that has nothing else to do.
const SOON: Duration = Duration::from_millis(100);
/// And on one that has: it is asked several times, and the best counts.
const DELAYS_MS: [u64; 6] = [40, 80, 120, 180, 250, 350];

/// How long a statement takes to answer a cancel that comes `delay` after its start; `None` when it
/// was done by then.
async fn answer(
    worker: &mut Session,
    dba: &mut Session,
    pid: i64,
    sql: &str,
    delay: Duration,
) -> Option<Duration> {
    let cancel = async {
        tokio::time::sleep(delay).await;
        let asked = Instant::now();
        dba.run(&format!("select pg_cancel_backend({pid})")).await;
        asked
    };
    let work = async { (worker.try_run(sql).await, Instant::now()) };
    let ((outcome, answered), asked) = tokio::join!(work, cancel);
    let error = outcome.err()?;
    assert_eq!(sqlstate(&error), "57014", "{sql}: {error}");
    Some(answered.saturating_duration_since(asked))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_long_call_answers_soon() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let mut worker = db.app("acme").await;
    let pid = worker.number("select pg_backend_pid()").await;
    // One long text: prose, with as many hits as one may have, with more, in another script, one that folds,
    // one that a detector reads to its end; and many small values. Inline: what is out of line the server fetches whole before any function sees it.
    worker
        .run(
            "create temp table long (what text, t text, p jsonb);
             alter table long alter t set storage external, alter p set storage external;
             insert into long (what, t) values
               ('prose', '\"' || repeat('the parcel is on its way and arrives on Tuesday, 3 items; ', 3500000) || '\"'),
               ('values', '[' || repeat('{\"type\": \"text\", \"n\": 12.50, \"id\": \"msg_0123\"},', 2000000) || '0]'),
               ('hits', '[' || repeat('\"mail to ada@example.com or 4111 1111 1111 1111\",', 2000000) || '0]'),
               ('long text with hits', '\"' || repeat(repeat('the parcel is on its way ', 600) || 'to ada@example.com, ', 9000) || '\"'),
               ('another script', '\"' || repeat('посылка уже в пути и придёт во вторник; ', 1900000) || '\"'),
               ('folded', '\"' || repeat('caf\u{e9} \u{2013} 100%25 \u{ff21}\u{ff22} ', 4000000) || '\"'),
               ('addresses', '\"' || repeat('ada@example.com ', 3200000) || '\"'),
               ('addresses in another script', '\"' || repeat('почта ada\u{ff20}example.com, ada@пример.рф; ', 900000) || '\"'),
               ('digits', '\"' || repeat('7', 50000000) || '\"'),
               ('groups of digits', '\"' || repeat('4111 1111 ', 5000000) || '\"'),
               ('base64', '\"' || repeat('QWxhZGRpbjpvcGVuIHNlc2FtZQaa', 1800000) || '\"'),
               ('own pattern', '\"' || repeat('EMP-12345 ', 5000000) || '\"'),
               ('key without end', '\"-----BEGIN PRIVATE KEY-----' || repeat('\\nMIIEowIBAAKCAQEA', 2800000) || '\"'),
               ('key on one line', '\"-----BEGIN PRIVATE KEY-----' || repeat('MIIEowIBAAKCAQEA', 3100000) || '\"'),
               ('value', '\"password=' || repeat('aB3', 60) || repeat(')', 50000000) || '\"');
             update long set p = transcript.parse(t)",
        )
        .await;
    let own = r#"{"version": 1, "extends": "strict", "patterns": [{"name": "emp", "pattern": "EMP-\\d{5}"}]}"#;
    let policy = format!("(select '{own}'::jsonb)");
    let calls = [
        ("parse", "transcript.parse(t)".to_owned()),
        ("unparse", "transcript.unparse(p)".to_owned()),
        ("digest", "transcript.digest(p)".to_owned()),
        ("cap", "transcript.cap(p, 32768)".to_owned()),
        ("cap to 60 MB", "transcript.cap(p, 60000000)".to_owned()),
        ("mask", "transcript.mask(p)".to_owned()),
        ("redact", format!("transcript.redact(p, {policy})")),
        (
            "findings",
            format!("(select count(*) from transcript.findings(p, {policy}))"),
        ),
        (
            "redact_text",
            format!("transcript.redact_text(t, {policy})"),
        ),
    ];
    let mut slow = Vec::new();
    let texts = [
        "prose",
        "values",
        "hits",
        "long text with hits",
        "another script",
        "folded",
        "addresses",
        "addresses in another script",
        "digits",
        "groups of digits",
        "base64",
        "own pattern",
        "key without end",
        "key on one line",
        "value",
    ];
    for what in texts {
        for (name, call) in &calls {
            let sql = format!("select {call} is null from long where what = '{what}'");
            let mut answers = Vec::new();
            for delay in DELAYS_MS.map(Duration::from_millis) {
                answers.extend(answer(&mut worker, &mut dba, pid, &sql, delay).await);
            }
            answers.sort();
            println!("{name} of {what}: {answers:?}");
            if answers.is_empty() {
                // Done before the first cancel came.
                let start = Instant::now();
                worker.run(&sql).await;
                answers.push(start.elapsed());
            }
            if answers[0] > SOON || answers[answers.len() - 1] > 10 * SOON {
                slow.push(format!("{name} of {what}: {answers:?}"));
            }
            // The backend goes on as if nothing had been.
            let same =
                "select (transcript.unparse(transcript.parse('{\"a\": 1}')) = '{\"a\": 1}')::int";
            assert_eq!(worker.number(same).await, 1);
        }
    }
    assert!(slow.is_empty(), "{slow:#?}");
}

#[tokio::test]
async fn a_timeout_ends_long_work() {
    let db = Database::migrated().await;
    let mut app = db.app("acme").await;
    app.run("set statement_timeout = '300ms'").await;
    let start = Instant::now();
    let (state, ..) = app
        .error("select transcript.redact_text(repeat('user a@example.com ', 10000000), transcript.builtin_policy('strict'))")
        .await;
    assert_eq!(state, "57014");
    assert!(
        start.elapsed() < Duration::from_secs(3),
        "{:?}",
        start.elapsed()
    );
}
