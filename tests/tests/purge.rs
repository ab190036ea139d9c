//! Retention: what the plan says is what the purge does, no more; it waits for nobody for long and
//! nobody waits for it.

use std::time::{Duration, Instant};
use tests::{Database, Session};

/// Leaves of events and blobs for a span, and a conversation of `tenant` with an event and a blob in
/// it. Bounds are SQL expressions.
async fn old_span(dba: &mut Session, name: &str, lower: &str, upper: &str, tenant: &str) {
    dba.run(&format!(
        "select transcript.create_leaf(p, p || '_{name}', {lower}, {upper}) from unnest(array['events', 'blobs']::name[]) p;
         insert into transcript.conversations (conversation_id, tenant_id, external_id, created_at, next_seq)
           values (transcript.conversation_id('{tenant}', '{name}'), '{tenant}', '{name}', {lower}, 3);
         insert into transcript.events (conversation_id, seq, recorded_at, event_key, tenant_id, kind, payload, payload_bytes, digest, policy_version)
           select transcript.conversation_id('{tenant}', '{name}'), n, ({upper})::timestamptz - interval '1 microsecond' * n, gen_random_uuid(), '{tenant}', 'note',
             case n when 1 then to_jsonb('of {name}'::text) else jsonb_build_object('log', repeat('{name} words ', 9000)) end, 0, '', 0
           from generate_series(1, 2) n"
    ))
    .await;
    let spilled = format!("select count(*) from transcript.blobs_{name}");
    assert_eq!(dba.number(&spilled).await, 1, "{name} has a blob");
}

async fn leaves(dba: &mut Session) -> Vec<String> {
    let found = dba
        .texts("select relname from pg_class where relnamespace = 'transcript'::regnamespace and relispartition and relkind = 'r' and relname !~ '_2[0-9]{7}$' order by 1")
        .await;
    found
        .iter()
        .map(|leaf| leaf.trim_matches(['(', ')']).to_owned())
        .collect()
}

/// Leaf, result and rows of each entry, in order.
async fn log(dba: &mut Session) -> Vec<String> {
    let found = dba
        .texts("select format('%s %s %s', coalesce(leaf, parent), result, rows_removed) from transcript.purge_log order by purge_id")
        .await;
    found
        .iter()
        .map(|entry| entry.trim_matches(['(', ')', '"']).to_owned())
        .collect()
}

fn day(days: i32) -> String {
    format!(
        "(date_trunc('day', now(), 'UTC') - interval '{} hours')",
        24 * days
    )
}

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
async fn a_hold_wins() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    old_span(&mut dba, "held", &day(400), &day(393), "acme").await;
    old_span(&mut dba, "free", &day(300), &day(293), "acme").await;
    dba.run("update transcript.conversations set hold = true where external_id = 'held'")
        .await;
    let mut purger = db.login("test_purger").await;
    let plan = purger.texts("select leaf || ' ' || action || ' ' || reason from transcript.purge_plan() where action <> 'keep'").await;
    assert_eq!(
        plan,
        [
            "(\"events_held hold 1 conversations on hold\")",
            "(\"events_free drop past every TTL\")",
            "(\"blobs_held hold 1 conversations on hold\")",
            "(\"blobs_free drop past every TTL\")",
        ]
    );
    purger.run("call transcript.purge()").await;
    assert_eq!(leaves(&mut dba).await, ["blobs_held", "events_held"]);
    assert_eq!(
        log(&mut dba).await,
        [
            "events_held deferred_hold 0",
            "events_free done 2",
            "blobs_held deferred_hold 0",
            "blobs_free done 1"
        ]
    );
    assert_eq!(
        dba.number("select count(*) from transcript.blobs_held")
            .await,
        1,
        "the held event keeps its blob"
    );
    dba.run("update transcript.conversations set hold = false")
        .await;
    purger.run("call transcript.purge()").await;
    assert!(leaves(&mut dba).await.is_empty());
}

#[tokio::test]
async fn a_hold_placed_while_the_purge_waits_wins() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    old_span(&mut dba, "held", &day(400), &day(393), "acme").await;
    let mut reader = db.superuser().await;
    reader.run("begin; lock table transcript.events_held in access share mode; lock table transcript.events in access share mode").await;
    let mut purger = db.login("test_purger").await;
    let purge = tokio::spawn(async move { purger.run("call transcript.purge()").await });
    tokio::time::sleep(Duration::from_millis(700)).await;
    dba.run("update transcript.conversations set hold = true")
        .await;
    reader.run("rollback").await;
    purge.await.expect("the purge ends");
    assert_eq!(leaves(&mut dba).await, ["blobs_held", "events_held"]);
    assert_eq!(log(&mut dba).await[0], "events_held deferred_hold 0");
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
async fn a_purge_as_the_wrong_role_is_an_error() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    old_span(&mut dba, "old", &day(400), &day(393), "acme").await;
    for role in [
        "test_app",
        "test_writer",
        "test_reader",
        "test_auditor",
        "test_stranger",
    ] {
        let mut session = db.login(role).await;
        session.set_tenant("acme").await;
        assert_eq!(
            session.error("call transcript.purge()").await.0,
            "42501",
            "{role}"
        );
        assert_eq!(
            session
                .error("select transcript.drop_leaf('events', 'events_old')")
                .await
                .0,
            "42501",
            "{role}"
        );
        assert_eq!(
            session
                .error("select * from transcript.purge_plan()")
                .await
                .0,
            "42501",
            "{role}"
        );
    }
    // A careless GRANT EXECUTE is not enough: row-level security would hide the rows.
    dba.run("grant usage on schema transcript to test_auditor; grant execute on all functions in schema transcript to test_auditor; grant execute on procedure transcript.purge() to test_auditor").await;
    let mut auditor = db.login("test_auditor").await;
    let (state, message, hint) = auditor.error("call transcript.purge()").await;
    assert_eq!(
        (state.as_str(), message.as_str()),
        ("42501", "purge needs role transcript_purger")
    );
    assert!(hint.contains("GRANT transcript_purger"), "{hint}");
    assert_eq!(leaves(&mut dba).await.len(), 2);
    assert_eq!(log(&mut dba).await.len(), 0);
}

#[tokio::test]
async fn a_purge_within_a_transaction_removes_nothing() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    old_span(&mut dba, "old", &day(400), &day(393), "acme").await;
    let mut purger = db.login("test_purger").await;
    purger.run("begin").await;
    assert_eq!(purger.error("call transcript.purge()").await.0, "2D000");
    purger.run("rollback").await;
    assert_eq!(leaves(&mut dba).await.len(), 2);
    assert_eq!(log(&mut dba).await.len(), 0);
    // Nothing is left locked: another session's purge is not skipped, with this one still open.
    let mut other = db.login("test_purger").await;
    other.run("call transcript.purge()").await;
    assert_eq!(leaves(&mut dba).await.len(), 0);
    // Also when there is nothing to drop.
    purger.run("begin").await;
    assert_eq!(purger.error("call transcript.purge()").await.0, "2D000");
    purger.run("rollback").await;
}

#[tokio::test]
async fn a_leaf_that_cannot_be_dropped_does_not_keep_the_others() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    old_span(&mut dba, "stuck", &day(400), &day(393), "acme").await;
    old_span(&mut dba, "free", &day(300), &day(293), "acme").await;
    dba.run("create view public.hanging as select seq from transcript.events_stuck")
        .await;
    let mut purger = db.login("test_purger").await;
    purger.run("call transcript.purge()").await;
    assert_eq!(leaves(&mut dba).await, ["blobs_stuck", "events_stuck"]);
    assert_eq!(
        log(&mut dba).await,
        [
            "events_stuck failed 0",
            "events_free done 2",
            "blobs_stuck deferred_lock 0",
            "blobs_free done 1"
        ]
    );
    assert_eq!(
        dba.text("select sqlstate from transcript.purge_log where result = 'failed'")
            .await,
        "2BP01"
    );
    dba.run("drop view public.hanging").await;
    purger.run("call transcript.purge()").await;
    assert_eq!(leaves(&mut dba).await.len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_defers_the_purge_and_nobody_waits() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    old_span(&mut dba, "old", &day(400), &day(393), "acme").await;
    let mut reader = db.login("test_reader").await;
    reader
        .run("begin; set local transcript.tenant = 'acme'")
        .await;
    assert_eq!(
        reader
            .number("select count(*) from transcript.events")
            .await,
        2
    );

    let mut bystander = db.app("acme").await;
    let running = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let still = running.clone();
    let watched = tokio::spawn(async move {
        let mut longest = Duration::ZERO;
        let mut turns = 0;
        while still.load(std::sync::atomic::Ordering::Relaxed) {
            let begun = Instant::now();
            let batch = format!(
                r#"{{"conversation":"c","items":[{{"key":"{turns}","kind":"note","payload":1}}]}}"#
            );
            assert_eq!(bystander.append(&batch, "native").await[0].status, "stored");
            turns += 1;
            assert_eq!(
                bystander
                    .number("select count(*) from transcript.timeline('c')")
                    .await,
                turns
            );
            longest = longest.max(begun.elapsed());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        (longest, turns)
    });
    let mut purger = db.login("test_purger").await;
    // It would give up by itself; so does the test, where it does not.
    purger.run("set statement_timeout = '40s'").await;
    let begun = Instant::now();
    purger.run("call transcript.purge()").await;
    let took = begun.elapsed();
    running.store(false, std::sync::atomic::Ordering::Relaxed);
    let (longest, turns) = watched.await.expect("the bystander succeeds");
    assert_eq!(
        leaves(&mut dba).await,
        ["blobs_old", "events_old"],
        "events keep their blobs"
    );
    assert_eq!(
        log(&mut dba).await,
        ["events_old deferred_lock 0", "blobs_old deferred_lock 0"]
    );
    assert_eq!(
        dba.number("select lock_tries from transcript.purge_log where leaf = 'events_old'")
            .await,
        12
    );
    assert!(took < Duration::from_secs(20), "the purge took {took:?}");
    // Two statements, each at most behind one try of 200 ms; the rest is for a busy machine.
    assert!(
        longest < Duration::from_millis(1_500),
        "a bystander waited {longest:?}"
    );
    assert!(turns > 20, "{turns} turns in {took:?}");

    reader.run("commit").await;
    purger.run("call transcript.purge()").await;
    assert_eq!(leaves(&mut dba).await.len(), 0);
    assert_eq!(
        log(&mut dba).await[2..],
        ["events_old done 2", "blobs_old done 1"]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_purges_at_once_one_is_skipped() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    old_span(&mut dba, "old", &day(400), &day(393), "acme").await;
    // The first is kept busy by a reader for as long as the second takes.
    let mut reader = db.superuser().await;
    reader
        .run("begin; lock table transcript.events in access share mode")
        .await;
    let mut first = db.login("test_purger").await;
    let purge = tokio::spawn(async move { first.run("call transcript.purge()").await });
    tokio::time::sleep(Duration::from_millis(400)).await;
    let mut second = db.login("test_purger").await;
    let begun = Instant::now();
    second.run("call transcript.purge()").await;
    assert!(
        begun.elapsed() < Duration::from_secs(1),
        "skipping took {:?}",
        begun.elapsed()
    );
    reader.run("commit").await;
    purge.await.expect("the first ends");
    assert_eq!(
        log(&mut dba).await,
        ["events_old done 2", "blobs_old done 1"],
        "once, by one of them"
    );
    assert_eq!(leaves(&mut dba).await.len(), 0);
    second.run("call transcript.purge()").await;
    assert_eq!(log(&mut dba).await.len(), 2);
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

/// The spans of a parent's leaves, read from the catalog, have neither gap nor overlap and reach from
/// now on into the future; and the table of leaves says the same.
async fn check_spans(dba: &mut Session, what: &str) {
    for parent in ["events", "blobs"] {
        let catalog = format!(
            "select c.relname::text as leaf,
               substring(pg_get_expr(c.relpartbound, c.oid) from 'FROM \\(''([^'']+)')::timestamptz as lower_bound,
               substring(pg_get_expr(c.relpartbound, c.oid) from 'TO \\(''([^'']+)')::timestamptz as upper_bound
             from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'transcript.{parent}'::regclass"
        );
        let differing = format!(
            "select count(*) from ({catalog}) c full join (select * from transcript.partitions where parent = '{parent}') p
               on p.leaf::text = c.leaf and p.lower_bound = c.lower_bound and p.upper_bound = c.upper_bound
             where p.leaf is null or c.leaf is null"
        );
        assert_eq!(
            dba.number(&differing).await,
            0,
            "{what}: {parent}: transcript.partitions differs from the catalog"
        );
        let broken = format!(
            "select count(*) from (select upper_bound, lead(lower_bound) over (order by lower_bound) as next from ({catalog}) c) s where next <> upper_bound"
        );
        assert_eq!(
            dba.number(&broken).await,
            0,
            "{what}: {parent}: gap or overlap"
        );
        let covered = format!(
            "select count(*) from ({catalog}) c where now() >= lower_bound and now() < upper_bound"
        );
        assert_eq!(dba.number(&covered).await, 1, "{what}: {parent}: now");
    }
}

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
        assert_eq!(dba.number(&ready).await, 2, "{span}");
        assert_eq!(purger.number(ensure).await, 0, "{span}: a second time");
    }
    // Old leaves and a hole in between are filled, and nothing else.
    dba.run("set role transcript_owner").await;
    let lost = dba.text("(select leaf from transcript.partitions where parent = 'events' and lower_bound > now() order by lower_bound limit 1)").await;
    dba.run(&format!("drop table transcript.{lost}")).await;
    assert_eq!(
        purger.number(ensure).await,
        1,
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
    dba.run(
        "do $$ declare leaf name; begin
           for leaf in select p.leaf from transcript.partitions p loop execute format('drop table transcript.%I', leaf); end loop;
           delete from transcript.partitions;
         end $$",
    )
    .await;
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
    dba.run("do $$ declare leaf name; begin for leaf in select p.leaf from transcript.partitions p loop execute format('drop table transcript.%I', leaf); end loop; delete from transcript.partitions; end $$").await;
    dba.run("reset role").await;
    let migrated = db.migrator(&["migrate"]);
    assert!(
        migrated.status.success(),
        "{}",
        String::from_utf8_lossy(&migrated.stderr)
    );
    check_spans(&mut dba, "migrate").await;
}
