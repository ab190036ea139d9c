//! What the catalog says of row-level security and grants, and what a writer is refused.

use crate::matrix::fill;
use tests::Database;

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
    // Nothing that has no row-level security at all: views run with the caller's rights, but for the
    // masked ones (tests/masking), and no materialized views or foreign tables.
    let others = dba
        .texts(
            "select relname from pg_class
             where relnamespace = 'transcript'::regnamespace and (relkind in ('m', 'f')
               or relkind = 'v' and relname not in ('masked_conversations', 'masked_runs', 'masked_events') and not coalesce(reloptions::text[] && array['security_invoker=true', 'security_invoker=on'], false))",
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
        "attachments",
        "inputs",
        "changes",
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
    // Whose history there is, and for the purger when it came and what is on hold; nothing of it.
    let columns = dba
        .texts(
            "select format('%s %s %s', r.rolname, c.relname, string_agg(a.attname || ' ' || e.privilege_type, ', ' order by a.attname))
             from pg_attribute a join pg_class c on c.oid = a.attrelid
             cross join lateral aclexplode(a.attacl) e join pg_roles r on r.oid = e.grantee
             where c.relnamespace = 'transcript'::regnamespace
             group by r.rolname, c.relname order by 1",
        )
        .await;
    let columns: Vec<&str> = (columns.iter())
        .map(|row| row.trim_matches(['(', ')', '"']))
        .collect();
    assert_eq!(
        columns,
        [
            "transcript_purger attachments recorded_at SELECT, tenant_id SELECT",
            "transcript_purger blobs recorded_at SELECT, tenant_id SELECT",
            "transcript_purger conversations conversation_id SELECT, hold SELECT, tenant_id SELECT",
            "transcript_purger events conversation_id SELECT, recorded_at SELECT, tenant_id SELECT",
            "transcript_purger inputs recorded_at SELECT, tenant_id SELECT",
            "transcript_purger rejected ctid SELECT, recorded_at SELECT, tenant_id SELECT",
            "transcript_redactor conversations tenant_id SELECT",
            "transcript_redactor rejected tenant_id SELECT",
        ]
    );
    let mut purger = db.login("test_purger").await;
    for content in [
        "payload from transcript.events",
        "payload from transcript.blobs",
        "content from transcript.attachments",
        "title from transcript.conversations",
        "envelope from transcript.rejected",
    ] {
        let refused = purger.error(&format!("select {content}")).await.0;
        assert_eq!(refused, "42501", "{content}");
    }
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
        "select transcript.keep_rejected('rival', null, null, null, null, null, null, 'r', null, 'x')",
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
        "select transcript.keep_rejected('acme', null, null, null, null, null, null, 'r', null, 'x')",
    ] {
        assert_eq!(reader.error(refused).await.0, "42501", "{refused}");
    }
}
