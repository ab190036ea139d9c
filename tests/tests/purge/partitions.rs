//! Partitions are there before they are needed, without gap or overlap.

use crate::spans::check_spans;
use tests::{Database, leaves};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn partitions_are_made_once_by_rivals_and_without_gap_when_the_interval_changes() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let mut purger = db.login("test_purger").await;
    let ensure = "select count(*) from transcript.ensure_partitions()";
    check_spans(&mut dba, "migrated").await;
    assert_eq!(
        purger.number(ensure).await,
        0,
        "a second time there is nothing to make"
    );

    for (span, ahead) in [
        ("day", 45),
        ("week", 8),
        ("month", 3),
        ("day", 10),
        ("week", 30),
        ("month", 12),
    ] {
        dba.run(&format!("update transcript.settings set partition_interval = '{span}', partitions_ahead = {ahead}")).await;
        let mut rivals = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let mut rival = db.login("test_purger").await;
            rivals.spawn(async move { rival.number(ensure).await });
        }
        let made: i64 = rivals.join_all().await.iter().sum();
        let total = dba.number("select count(*) from transcript.partitions where created_at > now() - interval '1 hour'").await;
        assert!(made <= total, "{span}: {made} made, {total} there");
        check_spans(&mut dba, span).await;
        let ready = format!(
            "select count(*) from (select max(upper_bound) as at from transcript.partitions group by parent) r
             where at >= date_trunc('{span}', now(), 'UTC') + interval '{ahead} {span}'"
        );
        assert_eq!(dba.number(&ready).await, 5, "{span}");
        assert_eq!(purger.number(ensure).await, 0, "{span}: a second time");
    }
    // Old leaves and a hole in between are filled, and nothing else.
    dba.run("set role transcript_owner").await;
    let lost = dba.text("(select leaf from transcript.partitions where parent = 'events' and lower_bound > now() order by lower_bound limit 1)").await;
    // The span is a month now: the leaf may have been one of a week that begins in one and ends in the next.
    let months = dba.number(&format!("select count(distinct date_trunc('month', day, 'UTC')) from transcript.partitions, generate_series(lower_bound, upper_bound - interval '1 hour', '1 hour') day where leaf = '{lost}'")).await;
    dba.run(&format!("drop table transcript.{lost}")).await;
    assert_eq!(
        purger.number(ensure).await,
        months,
        "the leaf that was dropped by hand"
    );
    dba.run("reset role").await;
    check_spans(&mut dba, "after a hole").await;
}

#[tokio::test]
async fn append_makes_the_partitions_that_nobody_made() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let batch = |key: &str| {
        format!(
            r#"{{"conversation":"c","items":[{{"key":"{key}","kind":"note","payload":{{"log":"{}"}}}}]}}"#,
            "a b ".repeat(10_000)
        )
    };
    let mut app = db.app("acme").await;
    app.append(&batch("1"), "native").await;
    dba.run(leaves::DROP_ALL).await;
    assert_eq!(
        dba.number(
            "select count(*) from pg_inherits where inhparent = 'transcript.events'::regclass"
        )
        .await,
        0
    );
    let verdicts = app.append(&batch("2"), "native").await;
    assert_eq!(
        (verdicts[0].status.as_str(), verdicts[0].seq),
        ("stored", Some(2))
    );
    check_spans(&mut dba, "append").await;
    assert_eq!(dba.number("select count(*) from transcript.blobs").await, 1);
    // A migration mends it as well: a database is never without the partitions of today.
    dba.run("set role transcript_owner").await;
    dba.run(leaves::DROP_ALL).await;
    dba.run("reset role").await;
    let migrated = db.migrator(&["migrate"]);
    assert!(
        migrated.status.success(),
        "{}",
        String::from_utf8_lossy(&migrated.stderr)
    );
    check_spans(&mut dba, "migrate").await;
}
