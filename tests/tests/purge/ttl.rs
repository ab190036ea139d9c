//! What is past its TTL goes, to the microsecond, and nothing else.

use crate::spans::{day, leaves, log, old_span};
use tests::Database;

#[tokio::test]
async fn what_is_past_every_ttl_is_dropped_and_nothing_else() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    for (name, lower, upper) in [
        ("ancient", 400, 393),
        ("old", 200, 193),
        ("edge", 185, 178),
        ("young", 100, 93),
    ] {
        old_span(&mut dba, name, &day(lower), &day(upper), "acme").await;
    }
    let mut app = db.app("acme").await;
    app.append(
        r#"{"conversation":"old","items":[{"key":"new","kind":"note","payload":1}]}"#,
        "native",
    )
    .await;

    let mut purger = db.login("test_purger").await;
    let plan = purger
        .texts("select format('%s %s %s %s', leaf, action, rows, reason) from transcript.purge_plan() where leaf !~ '_2[0-9]{7}$'")
        .await;
    let plan: Vec<_> = plan
        .iter()
        .map(|line| line.trim_matches(['(', ')', '"']))
        .collect();
    assert_eq!(
        plan,
        [
            "events_ancient drop 2 past every TTL",
            "events_old drop 2 past every TTL",
            "events_edge keep 2 not expired",
            "events_young keep 2 not expired",
            "blobs_ancient drop 1 past every TTL",
            "blobs_old drop 1 past every TTL",
            "blobs_edge keep 1 not expired",
            "blobs_young keep 1 not expired",
        ]
    );
    let current = purger.number("select count(*) from transcript.purge_plan() where leaf ~ '_2[0-9]{7}$' and action <> 'keep'").await;
    assert_eq!(current, 0);
    // A plan removes nothing.
    assert_eq!(leaves(&mut dba).await.len(), 8);

    let bytes = purger
        .number("select sum(bytes) from transcript.purge_plan() where action = 'drop'")
        .await;
    assert!(bytes > 0);
    purger.run("call transcript.purge()").await;
    assert_eq!(
        leaves(&mut dba).await,
        ["blobs_edge", "blobs_young", "events_edge", "events_young"]
    );
    assert_eq!(
        log(&mut dba).await,
        [
            "events_ancient done 2",
            "events_old done 2",
            "blobs_ancient done 1",
            "blobs_old done 1"
        ]
    );
    assert_eq!(
        dba.number("select sum(bytes_removed) from transcript.purge_log")
            .await,
        bytes
    );
    assert_eq!(
        dba.number(&format!(
            "select count(*) from transcript.purge_log where actor = 'test_purger' and lock_tries >= 1 and sqlstate is null
               and lower_bound in ({}, {}) and upper_bound in ({}, {}) and finished_at >= started_at
               and cutoff between now() - interval '180 days 1 minute' and now() - interval '180 days'",
            day(400), day(200), day(393), day(193)
        ))
        .await,
        4
    );
    assert_eq!(
        dba.number(
            "select count(*) from transcript.partitions where leaf in ('events_old', 'blobs_old')"
        )
        .await,
        0
    );
    // What remains is whole, and appends go on where they were.
    assert_eq!(
        dba.number("select count(*) from transcript.events").await,
        5
    );
    assert_eq!(dba.number("select count(*) from transcript.blobs").await, 2);
    assert_eq!(
        app.texts("select seq from transcript.timeline('old')")
            .await,
        ["(3)"]
    );
    assert_eq!(
        dba.number("select next_seq from transcript.conversations where external_id = 'old'")
            .await,
        4
    );
    let next = app
        .append(
            r#"{"conversation":"old","items":[{"key":"newer","kind":"note","payload":1}]}"#,
            "native",
        )
        .await;
    assert_eq!(next[0].seq, Some(4));
    let first = app
        .append(
            r#"{"conversation":"ancient","items":[{"key":"k","kind":"note","payload":1}]}"#,
            "native",
        )
        .await;
    assert_eq!(first[0].seq, Some(3), "seq is never reused");

    purger.run("call transcript.purge()").await;
    assert_eq!(log(&mut dba).await.len(), 4, "a second purge finds nothing");
}

#[tokio::test]
async fn the_boundary_is_exact_in_every_time_zone() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    // 180 days before, New York was in daylight saving time: its days are not all 24 hours.
    old_span(&mut dba, "edge", "'2025-09-01Z'", "'2025-09-08Z'", "acme").await;
    let mut purger = db.login("test_purger").await;
    for zone in ["UTC", "America/New_York", "Australia/Lord_Howe"] {
        purger.run(&format!("set timezone = '{zone}'")).await;
        let mut action = async |as_of: &str| {
            let asked = format!(
                "select action from transcript.purge_plan(timestamptz '{as_of}' ) where leaf = 'events_edge'"
            );
            purger.text(&format!("({asked})")).await
        };
        // 2025-09-08 + 180 days.
        assert_eq!(
            action("2026-03-06 23:59:59.999999Z").await,
            "keep",
            "{zone}"
        );
        assert_eq!(
            action("2026-03-07 00:00:00Z").await,
            "drop",
            "{zone}: the newest row is a microsecond older"
        );
    }
    // The purge's own clock: upper_bound + ttl = now, or a moment from now.
    dba.run("update transcript.retention_policies set ttl = clock_timestamp() - timestamptz '2025-09-08Z' + interval '1 hour'").await;
    purger.run("call transcript.purge()").await;
    assert_eq!(leaves(&mut dba).await, ["blobs_edge", "events_edge"]);
    assert_eq!(
        purger
            .error("select transcript.drop_leaf('events', 'events_edge')")
            .await
            .0,
        "TR050"
    );
    dba.run("update transcript.retention_policies set ttl = clock_timestamp() - timestamptz '2025-09-08Z'").await;
    purger.run("call transcript.purge()").await;
    assert!(leaves(&mut dba).await.is_empty());
}

#[tokio::test]
async fn the_longest_ttl_of_any_tenant_applies() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    old_span(&mut dba, "a", &day(300), &day(293), "acme").await;
    old_span(&mut dba, "b", &day(500), &day(493), "acme").await;
    let mut purger = db.login("test_purger").await;
    let dropped = "select coalesce(string_agg(leaf, ' ' order by leaf), '') from transcript.purge_plan() where action = 'drop'";
    assert_eq!(
        purger.text(&format!("({dropped})")).await,
        "blobs_a blobs_b events_a events_b"
    );
    // Somebody else's longer span keeps the partition for all; a shorter one changes nothing.
    dba.run("insert into transcript.retention_policies (tenant_id, ttl) values ('rival', interval '400 days'), ('acme', interval '1 day')").await;
    assert_eq!(
        purger.text(&format!("({dropped})")).await,
        "blobs_b events_b"
    );
    // Without a default, tenants without a row of their own keep theirs for ever.
    dba.run("delete from transcript.retention_policies where tenant_id is null")
        .await;
    assert_eq!(purger.text(&format!("({dropped})")).await, "");
    dba.run("delete from transcript.retention_policies").await;
    assert_eq!(purger.text(&format!("({dropped})")).await, "");
    purger.run("call transcript.purge()").await;
    assert_eq!(leaves(&mut dba).await.len(), 4);
    assert_eq!(log(&mut dba).await.len(), 0);
    assert_eq!(
        purger
            .error("select transcript.drop_leaf('events', 'events_b')")
            .await
            .0,
        "TR050"
    );
}

#[tokio::test]
async fn a_ttl_that_is_zero_or_negative_is_refused() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    for ttl in [
        "0",
        "-1 second",
        "-180 days",
        "1 day -25 hours",
        "1 month -31 days",
    ] {
        for statement in [
            format!("update transcript.retention_policies set ttl = interval '{ttl}'"),
            format!(
                "insert into transcript.retention_policies (tenant_id, ttl) values ('acme', interval '{ttl}')"
            ),
        ] {
            assert_eq!(dba.error(&statement).await.0, "23514", "{statement}");
        }
    }
    assert_eq!(
        dba.error(
            "insert into transcript.retention_policies (tenant_id, ttl) values ('acme', null)"
        )
        .await
        .0,
        "23502"
    );
    // One row per tenant, the default included.
    assert_eq!(dba.error("insert into transcript.retention_policies (tenant_id, ttl) values (null, interval '1 day')").await.0, "23505");
    assert_eq!(
        dba.text("select ttl from transcript.retention_policies")
            .await,
        "180 days"
    );
}

#[tokio::test]
async fn old_dead_letters_are_removed() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let mut app = db.app("acme").await;
    app.run("select transcript.reject('s', 1, 'native', 'new', 'raw')")
        .await;
    dba.run(
        "insert into transcript.rejected (tenant_id, rejected_id, reason, recorded_at)
           select t, gen_random_uuid(), r, now() - a from (values
             ('acme', 'old', interval '181 days'), ('rival', 'old', interval '400 days'), ('acme', 'edge', interval '179 days 23 hours')) v (t, r, a)",
    )
    .await;
    let mut purger = db.login("test_purger").await;
    purger.run("call transcript.purge()").await;
    assert_eq!(
        dba.texts("select reason from transcript.rejected order by 1")
            .await,
        ["(edge)", "(new)"]
    );
    assert_eq!(log(&mut dba).await, ["rejected done 2"]);
}
