//! Who sees and changes what: every role on every table and every leaf, by tenant and by user.

use sqlx::Row;
use tests::{Database, Session};

const ROLES: [&str; 6] = [
    "test_app",
    "test_writer",
    "test_reader",
    "test_auditor",
    "test_purger",
    "test_stranger",
];

/// What a SELECT gives, per role in the order of [`ROLES`]: `-` refused, `o` the rows of the tenant
/// that is set and no others, `a` all rows. `leaf` stands for every leaf.
const SELECTS: &[(&str, &str)] = &[
    ("conversations", "o-o-a-"),
    ("runs", "o-o---"),
    ("events", "o-o-a-"),
    ("blobs", "o-o-a-"),
    ("rejected", "---oa-"),
    ("audit_log", "---o--"),
    ("purge_log", "---aa-"),
    ("partitions", "----a-"),
    ("settings", "------"),
    ("redaction_policies", "------"),
    ("retention_policies", "----a-"),
    ("event_kinds", "a-a---"),
    ("migrations", "------"),
    ("applied_files", "------"),
    ("leaf", "------"),
];

/// All that is not SELECT and not refused.
const CHANGES: &[(&str, &str, &str)] = &[
    ("test_purger", "rejected", "delete"),
    ("test_purger", "purge_log", "insert"),
];

/// A table of the schema, as the catalog has it.
struct Table {
    name: String,
    /// Its name in [`SELECTS`].
    family: String,
    has_tenant: bool,
    /// A column that an UPDATE may name.
    column: String,
}

async fn tables(dba: &mut Session) -> Vec<Table> {
    let found = dba
        .rows(
            "select c.relname::text, c.relispartition,
               exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id'),
               (select a.attname::text from pg_attribute a
                where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attidentity = ''
                order by a.attnum limit 1)
             from pg_class c
             where c.relnamespace = 'transcript'::regnamespace and c.relkind not in ('i', 'I', 'S', 'c', 't')
             order by 1",
        )
        .await;
    found
        .iter()
        .map(|row| {
            let name: String = row.get(0);
            let family = if row.get(1) {
                "leaf".to_owned()
            } else {
                name.clone()
            };
            Table {
                name,
                family,
                has_tenant: row.get(2),
                column: row.get(3),
            }
        })
        .collect()
}

/// Both tenants have rows in every table that has tenants, and in an old and a current leaf.
async fn fill(db: &Database) -> Session {
    for tenant in ["acme", "rival"] {
        let mut app = db.app(tenant).await;
        let large = "lorem ipsum ".repeat(4_000);
        let batch = format!(
            r#"{{"conversation":"c","run":"r","title":"of {tenant}","items":[
                {{"key":"a","kind":"message","role":"user","payload":{{"content":"I am {tenant}"}}}},
                {{"key":"b","kind":"note","payload":{{"password":"hunter2 of {tenant}"}}}},
                {{"key":"l","kind":"note","payload":{{"log":"{large}"}}}},
                {{"kind":"note"}}]}}"#
        );
        let statuses: Vec<_> = app
            .append(&batch, "native")
            .await
            .into_iter()
            .map(|v| v.status)
            .collect();
        assert_eq!(statuses, ["stored", "stored", "stored", "rejected"]);
    }
    let mut dba = db.superuser().await;
    dba.run(
        "insert into transcript.redaction_policies (tenant_id, policy)
           select t, transcript.builtin_policy('strict') from unnest(array['acme', 'rival']) t;
         insert into transcript.retention_policies (tenant_id, ttl)
           select t, interval '10 years' from unnest(array['acme', 'rival']) t;
         insert into transcript.purge_log (started_at, parent, cutoff, result) values (now(), 'events', now(), 'done');
         select transcript.create_leaf(p, p || '_old', '2020-01-01Z', '2020-01-08Z') from unnest(array['events', 'blobs']::name[]) p;
         insert into transcript.events (conversation_id, seq, recorded_at, event_key, tenant_id, kind, payload, payload_bytes, digest, policy_version)
           select conversation_id, 100, '2020-01-02Z', gen_random_uuid(), tenant_id, 'note', jsonb_build_object('large', repeat('x y ', 9000)), 0, '', 0
           from transcript.conversations",
    )
    .await;
    dba
}

async fn count(session: &mut Session, sql: &str) -> Result<i64, String> {
    match sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(sql.to_owned()))
        .fetch_one(&mut session.connection)
        .await
    {
        Ok(count) => Ok(count),
        Err(error) => Err(tests::sqlstate(&error)),
    }
}

#[tokio::test]
async fn every_role_on_every_table_is_as_declared() {
    let db = Database::migrated().await;
    let mut dba = fill(&db).await;
    let tables = tables(&mut dba).await;
    let leaves = tables.iter().filter(|t| t.family == "leaf").count();
    assert!(leaves >= 12, "{leaves} leaves");
    for (declared, _) in SELECTS {
        assert!(
            tables.iter().any(|t| t.family == *declared),
            "{declared} is declared, but not there"
        );
    }

    let mut wrong = Vec::new();
    let mut cells = 0;
    for (number, role) in ROLES.iter().enumerate() {
        for context in [Some("acme"), Some("rival"), None, Some("")] {
            let mut session = db.login(role).await;
            if let Some(tenant) = context {
                session.set_tenant(tenant).await;
            }
            for table in &tables {
                let Some((_, declared)) = SELECTS.iter().find(|(name, _)| *name == table.family)
                else {
                    panic!("table {} is not declared in this test", table.name);
                };
                let name = &table.name;
                let mut complain =
                    |what: String| wrong.push(format!("{role}, tenant {context:?}: {what}"));

                let all = format!("select count(*) from transcript.{name}");
                let seen = count(&mut session, &all).await;
                let wanted = match &declared[number..=number] {
                    "-" => Err("42501".to_owned()),
                    "a" => count(&mut dba, &all).await,
                    "o" => {
                        let tenant = context.unwrap_or_default();
                        let own = format!("{all} where tenant_id = '{tenant}'");
                        let own = count(&mut dba, &own).await;
                        assert_eq!(
                            own != Ok(0),
                            !tenant.is_empty(),
                            "{name} has no row of {tenant}"
                        );
                        let foreign = format!("{all} where tenant_id <> '{tenant}'");
                        let foreign = count(&mut session, &foreign).await;
                        if foreign != Ok(0) {
                            complain(format!("{name} shows foreign rows: {foreign:?}"));
                        }
                        own
                    }
                    other => panic!("{other:?} is not a cell"),
                };
                if seen != wanted {
                    complain(format!(
                        "select from {name} gives {seen:?}, declared is {wanted:?}"
                    ));
                }
                cells += 1;

                let changes = [
                    (
                        "insert",
                        format!("insert into transcript.{name} default values"),
                    ),
                    (
                        "update",
                        format!("update transcript.{name} set {0} = {0}", table.column),
                    ),
                    ("delete", format!("delete from transcript.{name}")),
                    ("truncate", format!("truncate transcript.{name}")),
                ];
                for (command, statement) in changes {
                    session.run("begin").await;
                    let state = session
                        .try_run(&statement)
                        .await
                        .err()
                        .map(|e| tests::sqlstate(&e));
                    session.run("rollback").await;
                    let refused = state.as_deref() == Some("42501");
                    let allowed = CHANGES.contains(&(*role, table.family.as_str(), command));
                    if refused == allowed {
                        complain(format!(
                            "{command} on {name} gives {state:?}, allowed is {allowed}"
                        ));
                    }
                    cells += 1;
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {cells} cells differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[tokio::test]
async fn a_careless_grant_on_all_tables_shows_no_foreign_row() {
    let db = Database::migrated().await;
    let mut dba = fill(&db).await;
    for role in ROLES {
        dba.run(&format!(
            "grant usage on schema transcript to {role};
             grant select, insert, update, delete on all tables in schema transcript to {role};
             alter default privileges for role transcript_owner in schema transcript grant select on tables to {role}"
        ))
        .await;
    }
    // Leaves that the job makes later, with a row of both tenants in the newest.
    dba.run("update transcript.settings set partitions_ahead = 8")
        .await;
    let mut purger = db.login("test_purger").await;
    assert_eq!(
        purger
            .number("select count(*) from transcript.ensure_partitions()")
            .await,
        8
    );
    dba.run(
        "insert into transcript.events (conversation_id, seq, recorded_at, event_key, tenant_id, kind, payload, payload_bytes, digest, policy_version)
           select v.conversation_id, 200, (select max(upper_bound) from transcript.partitions) - interval '1 day',
             gen_random_uuid(), v.tenant_id, 'note', jsonb_build_object('large', repeat('x y ', 9000)), 0, '', 0
           from transcript.conversations v",
    )
    .await;
    let tables = tables(&mut dba).await;
    let with_rows = "select count(*) from (select tableoid from transcript.events union select tableoid from transcript.blobs) t";
    assert_eq!(
        dba.number(with_rows).await,
        6,
        "three leaves of each have rows"
    );

    let mut wrong = Vec::new();
    for role in ROLES {
        for tenant in ["acme", ""] {
            let mut session = db.login(role).await;
            session.set_tenant(tenant).await;
            for table in tables.iter().filter(|t| t.has_tenant || t.family == "leaf") {
                let name = &table.name;
                if table.family == "leaf" {
                    let seen = count(
                        &mut session,
                        &format!("select count(*) from transcript.{name}"),
                    )
                    .await;
                    if seen != Ok(0) {
                        wrong.push(format!("{role} sees {seen:?} in leaf {name}"));
                    }
                    for change in [
                        format!("delete from transcript.{name}"),
                        format!("update transcript.{name} set tenant_id = 'acme'"),
                    ] {
                        let changed = session.try_run(&change).await;
                        let left = count(
                            &mut dba,
                            &format!(
                                "select count(*) from transcript.{name} where tenant_id = 'rival'"
                            ),
                        )
                        .await;
                        let owned = count(
                            &mut dba,
                            "select count(*) from transcript.events where tenant_id = 'acme'",
                        )
                        .await;
                        if changed.is_ok()
                            && (left == Ok(0) && name.ends_with("_old") || owned == Ok(0))
                        {
                            wrong.push(format!("{role}: {change} took effect"));
                        }
                    }
                    let copied = format!("insert into transcript.{name} select * from transcript.{name}
                        union all select (jsonb_populate_record(null::transcript.{name},
                          jsonb_build_object('conversation_id', gen_random_uuid(), 'tenant_id', 'acme', 'payload', 1))).*");
                    if session.try_run(&copied).await.is_ok() {
                        wrong.push(format!("{role} inserts into leaf {name}"));
                    }
                } else {
                    // The purger's policies and the auditor's catalogues name who sees all.
                    let sees_all = SELECTS.iter().any(|(family, cells)| {
                        let at = ROLES.iter().position(|r| *r == role).unwrap_or_default();
                        *family == table.family && &cells[at..=at] == "a"
                    });
                    let foreign = format!(
                        "select count(*) from transcript.{name} where tenant_id is distinct from '{tenant}'"
                    );
                    let seen = count(&mut session, &foreign).await;
                    if seen != Ok(0) && !sees_all {
                        wrong.push(format!(
                            "{role}, tenant {tenant:?}, sees {seen:?} foreign rows in {name}"
                        ));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn every_table_and_leaf_has_rls_enabled_and_forced() {
    let db = Database::migrated().await;
    let mut dba = fill(&db).await;
    dba.run("update transcript.settings set partition_interval = 'month', partitions_ahead = 3")
        .await;
    dba.run("select transcript.ensure_partitions()").await;
    let open = dba
        .texts(
            "select relname from pg_class
             where relnamespace = 'transcript'::regnamespace and relkind in ('r', 'p')
               and not (relrowsecurity and relforcerowsecurity)",
        )
        .await;
    assert!(open.is_empty(), "{open:?}");
    // Nothing that has no row-level security at all: views run with the caller's rights, and no
    // materialized views or foreign tables.
    let others = dba
        .texts(
            "select relname from pg_class
             where relnamespace = 'transcript'::regnamespace and (relkind in ('m', 'f')
               or relkind = 'v' and not coalesce(reloptions::text[] && array['security_invoker=true', 'security_invoker=on'], false))",
        )
        .await;
    assert!(others.is_empty(), "{others:?}");
    // The owner is bound like everybody else, and nobody can log in as it.
    dba.run("set role transcript_owner").await;
    for table in [
        "conversations",
        "runs",
        "events",
        "blobs",
        "rejected",
        "audit_log",
    ] {
        assert_eq!(
            dba.number(&format!("select count(*) from transcript.{table}"))
                .await,
            0,
            "{table}"
        );
    }
    let loose = dba
        .texts("select rolname from pg_roles where rolname ~ '^transcript_' and (rolcanlogin or rolsuper or rolbypassrls)")
        .await;
    assert!(loose.is_empty(), "{loose:?}");
}

#[tokio::test]
async fn nobody_but_the_owner_has_a_right_to_write_a_table() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let grants = dba
        .texts(
            "select format('%s %s %s', c.relname, a.privilege_type, coalesce(r.rolname, 'public'))
             from pg_class c cross join lateral aclexplode(c.relacl) a left join pg_roles r on r.oid = a.grantee
             where c.relnamespace = 'transcript'::regnamespace and a.grantee <> c.relowner and a.privilege_type <> 'SELECT'
             order by 1",
        )
        .await;
    assert_eq!(
        grants,
        [
            "(\"purge_log INSERT transcript_purger\")",
            "(\"rejected DELETE transcript_purger\")"
        ]
    );
    let leaves = dba
        .texts("select relname from pg_class where relnamespace = 'transcript'::regnamespace and relispartition and relkind = 'r' and relacl is not null")
        .await;
    assert!(leaves.is_empty(), "granted: {leaves:?}");
    let writers = dba
        .texts(
            "select rolname from pg_roles
             where has_table_privilege(oid, 'transcript.events', 'insert') and not rolsuper and rolname !~ '^pg_'
               and not pg_has_role(oid, 'transcript_owner', 'member')",
        )
        .await;
    assert!(writers.is_empty(), "{writers:?}");
    let columns = dba
        .number("select count(*) from pg_attribute a join pg_class c on c.oid = a.attrelid where c.relnamespace = 'transcript'::regnamespace and a.attacl is not null")
        .await;
    assert_eq!(columns, 0, "grants on columns");
}

#[tokio::test]
async fn a_writer_writes_and_reads_nothing() {
    let db = Database::migrated().await;
    let mut writer = db.login("test_writer").await;
    writer.set_tenant("acme").await;
    let verdicts = writer
        .append(
            r#"{"conversation":"c","items":[{"key":"a","kind":"note","payload":1}]}"#,
            "native",
        )
        .await;
    assert_eq!(verdicts[0].status, "stored");
    for refused in [
        "select * from transcript.events",
        "select * from transcript.conversations",
        "select * from transcript.timeline('c')",
        "select * from transcript.messages('c')",
        "select * from transcript.purge_plan()",
        "call transcript.purge()",
        "select transcript.ensure_partitions()",
        "select transcript.create_leaf('events', 'x', now(), now())",
        "select transcript.drop_leaf('events', 'x')",
        "select transcript.lock_parent('events')",
        "select transcript.protection('acme')",
        "select transcript.keep_rejected('rival', null, null, null, null, null, null, 'r', 'x')",
        "copy transcript.events to stdout",
    ] {
        assert_eq!(writer.error(refused).await.0, "42501", "{refused}");
    }
    let mut reader = db.login("test_reader").await;
    reader.set_tenant("acme").await;
    assert_eq!(
        reader
            .number("select count(*) from transcript.timeline('c')")
            .await,
        1
    );
    for refused in [
        "select transcript.append('[]')",
        "select transcript.reject('s', 1, 'native', 'r', 'x')",
        "select transcript.keep_rejected('acme', null, null, null, null, null, null, 'r', 'x')",
    ] {
        assert_eq!(reader.error(refused).await.0, "42501", "{refused}");
    }
}

#[tokio::test]
async fn a_foreign_and_a_missing_conversation_give_the_same_answer() {
    let db = Database::migrated().await;
    let batch = |c: &str, n: i32| {
        format!(
            r#"{{"conversation":"{c}","items":[{{"key":"k","kind":"message","role":"user","payload":{{"content":"{n}"}}}}]}}"#
        )
    };
    let mut rival = db.app("rival").await;
    rival.append(&batch("theirs", 1), "native").await;
    rival.append(&batch("both", 2), "native").await;
    let mut acme = db.app("acme").await;
    // The same key in the same external conversation: another tenant's is no duplicate.
    let verdicts = acme.append(&batch("both", 3), "native").await;
    assert_eq!(
        (verdicts[0].status.as_str(), verdicts[0].seq),
        ("stored", Some(1))
    );
    assert_ne!(
        acme.text("select transcript.conversation_id('acme', 'both')")
            .await,
        acme.text("select transcript.conversation_id('rival', 'both')")
            .await
    );
    assert_eq!(
        acme.texts("select content from transcript.messages('both')")
            .await,
        ["(3)"]
    );
    for function in ["timeline", "messages"] {
        for conversation in ["theirs", "missing"] {
            let rows = acme
                .number(&format!(
                    "select count(*) from transcript.{function}('{conversation}')"
                ))
                .await;
            assert_eq!(rows, 0, "{function}('{conversation}')");
        }
    }
    // By its computed id, which is no secret.
    for table in ["conversations", "events", "runs", "blobs"] {
        let rows = acme
            .number(&format!("select count(*) from transcript.{table} where conversation_id = transcript.conversation_id('rival', 'theirs')"))
            .await;
        assert_eq!(rows, 0, "{table}");
    }
    // Writing to the foreign one's name makes one's own.
    assert_eq!(
        acme.append(&batch("theirs", 4), "native").await[0].seq,
        Some(1)
    );
    assert_eq!(
        rival
            .texts("select content from transcript.messages('theirs')")
            .await,
        ["(1)"]
    );
}

#[tokio::test]
async fn a_user_sees_and_writes_only_own_rows() {
    let db = Database::migrated().await;
    let batch = |c: &str, k: &str, user: &str| {
        let large = "word ".repeat(9_000);
        format!(
            r#"{{"conversation":"{c}","run":"r","items":[
            {{"key":"{k}","kind":"message","role":"user"{user},"payload":{{"content":"{k}"}}}},
            {{"key":"{k}-large","kind":"note"{user},"payload":{{"password":"x9-{k}","n":"{k}","log":"{large}"}}}}]}}"#
        )
    };
    let statuses = |verdicts: Vec<tests::Verdict>| -> Vec<String> {
        verdicts
            .into_iter()
            .map(|v| v.reason.map_or(v.status, |r| r[..5].to_owned()))
            .collect()
    };
    let mut ann = db.app("acme").await;
    ann.run("set transcript.user_id = 'ann'").await;
    let mut bob = db.app("acme").await;
    bob.run("set transcript.user_id = 'bob'").await;
    let mut service = db.app("acme").await;
    assert_eq!(
        statuses(ann.append(&batch("a", "1", ""), "native").await),
        ["stored", "stored"]
    );
    assert_eq!(
        statuses(bob.append(&batch("b", "1", ""), "native").await),
        ["stored", "stored"]
    );
    assert_eq!(
        statuses(service.append(&batch("nobody", "1", ""), "native").await),
        ["stored", "stored"]
    );

    // Another user's conversation, a conversation of no user, and an item in another user's name.
    assert_eq!(
        statuses(bob.append(&batch("a", "2", ""), "native").await),
        ["TR019", "TR019"]
    );
    assert_eq!(
        statuses(bob.append(&batch("nobody", "2", ""), "native").await),
        ["TR019", "TR019"]
    );
    assert_eq!(
        statuses(
            bob.append(&batch("b", "2", r#","user":"ann""#), "native")
                .await
        ),
        ["TR019", "TR019"]
    );
    assert_eq!(
        statuses(
            bob.append(&batch("new", "1", r#","user":"ann""#), "native")
                .await
        ),
        ["TR019", "TR019"]
    );
    assert_eq!(
        statuses(
            bob.append(&batch("b", "3", r#","user":"bob""#), "native")
                .await
        ),
        ["stored", "stored"]
    );
    // A service that names no user may write in a user's name, but not under another's.
    assert_eq!(
        statuses(
            service
                .append(&batch("a", "3", r#","user":"ann""#), "native")
                .await
        ),
        ["stored", "stored"]
    );
    assert_eq!(
        statuses(
            service
                .append(&batch("a", "4", r#","user":"bob""#), "native")
                .await
        ),
        ["TR019", "TR019"]
    );

    for (session, user, own, foreign) in [(&mut ann, "ann", "a", "b"), (&mut bob, "bob", "b", "a")]
    {
        for table in ["conversations", "runs", "events", "blobs"] {
            let users = session
                .texts(&format!("select distinct user_id from transcript.{table}"))
                .await;
            assert_eq!(users, [format!("({user})")], "{table}");
        }
        for function in ["timeline", "messages"] {
            assert!(
                session
                    .number(&format!(
                        "select count(*) from transcript.{function}('{own}')"
                    ))
                    .await
                    > 0
            );
            for hidden in [foreign, "nobody", "missing"] {
                let seen = session
                    .number(&format!(
                        "select count(*) from transcript.{function}('{hidden}')"
                    ))
                    .await;
                assert_eq!(seen, 0, "{user}: {function}('{hidden}')");
            }
        }
    }
    assert_eq!(
        service
            .number("select count(distinct user_id) from transcript.events")
            .await,
        2
    );
    let mut auditor = db.login("test_auditor").await;
    auditor.set_tenant("acme").await;
    let everyone = auditor
        .number("select count(*) from transcript.rejected")
        .await;
    let all = auditor.texts("select concat_ws(' ', conversation, item_index, format, reason, raw_bytes) from transcript.rejected").await;
    auditor.run("set transcript.user_id = 'ann'").await;
    let of_ann = auditor
        .texts("select distinct user_id from transcript.audit_log")
        .await;
    assert_eq!(of_ann, ["(ann)"]);
    assert_eq!(everyone, 10, "{all:?}");
    assert_eq!(
        auditor
            .number("select count(*) from transcript.rejected")
            .await,
        0,
        "ann had none rejected"
    );
    // Nothing of the refused batches is half done.
    assert_eq!(
        service
            .number("select count(*) from transcript.conversations")
            .await,
        3
    );
    assert_eq!(
        service
            .number("select sum(event_count) from transcript.conversations")
            .await,
        10
    );
}

#[tokio::test]
async fn a_context_ends_with_its_transaction() {
    let db = Database::migrated().await;
    let mut setup = db.app("acme").await;
    setup
        .append(
            r#"{"conversation":"c","items":[{"key":"a","kind":"note","payload":1}]}"#,
            "native",
        )
        .await;
    let mut app = db.login("test_app").await;
    app.run("begin; set local transcript.tenant = 'acme'").await;
    assert_eq!(
        app.number("select count(*) from transcript.timeline('c')")
            .await,
        1
    );
    app.run("commit").await;
    for after in [
        "select 1",
        "reset transcript.tenant",
        "reset all",
        "set transcript.tenant = '   '",
    ] {
        app.run(after).await;
        assert_eq!(
            app.number("select count(*) from transcript.events").await,
            0,
            "{after}"
        );
        assert_eq!(
            app.number("select count(*) from transcript.conversations")
                .await,
            0,
            "{after}"
        );
        let (state, message, hint) = app.error("select * from transcript.timeline('c')").await;
        assert_eq!(
            (state.as_str(), message.as_str(), hint.is_empty()),
            ("TR012", "tenant is not set", false),
            "{after}"
        );
        assert_eq!(
            app.error("select * from transcript.messages('c')").await.0,
            "TR012",
            "{after}"
        );
        assert_eq!(
            app.error("select transcript.append('[]')").await.0,
            "TR012",
            "{after}"
        );
    }
    // A rolled back context ends as well.
    app.run("begin; set local transcript.tenant = 'acme'; rollback")
        .await;
    assert_eq!(
        app.number("select count(*) from transcript.events").await,
        0
    );
}

#[tokio::test]
async fn tenants_interleaved_on_one_connection_never_mix() {
    let db = Database::migrated().await;
    let mut pooled = db.login("test_app").await;
    let tenants = ["acme", "rival", "third"];
    let mut stored = [0i64; 3];
    let mut random: u32 = 12_345;
    for turn in 0..150 {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let which = (random >> 16) as usize % 4;
        pooled.run("begin").await;
        if which == 3 {
            // A client that forgot: nothing is visible, nothing is written.
            assert_eq!(
                pooled
                    .number("select count(*) from transcript.events")
                    .await,
                0,
                "turn {turn}"
            );
            let refused = pooled
                .try_append(r#"{"conversation":"c","items":[]}"#, "native")
                .await;
            assert_eq!(tests::sqlstate(&refused.expect_err("no tenant")), "TR012");
            pooled.run("rollback").await;
            continue;
        }
        let tenant = tenants[which];
        pooled
            .run(&format!("set local transcript.tenant = '{tenant}'"))
            .await;
        // Prepared statements with cached plans: always the same text.
        let seen = pooled
            .number("select count(*) from transcript.events")
            .await;
        assert_eq!(seen, stored[which], "turn {turn}: {tenant}");
        let timeline = pooled
            .number("select count(*) from transcript.timeline('c')")
            .await;
        assert_eq!(timeline, stored[which], "turn {turn}: {tenant}");
        let foreign = pooled
            .number("select count(*) from transcript.events where tenant_id <> current_setting('transcript.tenant')")
            .await;
        assert_eq!(foreign, 0);
        let batch = format!(
            r#"{{"conversation":"c","items":[{{"key":"{turn}","kind":"note","payload":{{"of":"{tenant}"}}}}]}}"#
        );
        let verdicts = pooled.append(&batch, "native").await;
        assert_eq!(verdicts[0].seq, Some(stored[which] + 1));
        if (random >> 8).is_multiple_of(3) {
            pooled.run("rollback").await;
        } else {
            pooled.run("commit").await;
            stored[which] += 1;
        }
    }
    let mut dba = db.superuser().await;
    assert_eq!(
        dba.number("select count(*) from transcript.events where tenant_id <> payload ->> 'of'")
            .await,
        0
    );
    assert_eq!(
        dba.number("select count(*) from transcript.events").await,
        stored.iter().sum::<i64>()
    );
}
