//! What each role may do with each table, and a database in which that can be seen.

use sqlx::Row;
use tests::{Database, Session, leaves};

pub const ROLES: [&str; 8] = [
    "test_app",
    "test_writer",
    "test_reader",
    "test_auditor",
    "test_purger",
    "test_redactor",
    "test_structure_reader",
    "test_stranger",
];

/// What a SELECT gives, per role in the order of [`ROLES`]: `-` refused, `o` the rows of the tenant
/// that is set and no others, `a` all rows. `leaf` stands for every leaf.
pub const SELECTS: &[(&str, &str)] = &[
    ("conversations", "o-o-aa--"),
    ("runs", "o-o-----"),
    ("events", "o-o-a---"),
    ("blobs", "o-o-a---"),
    ("attachments", "o-o-a---"),
    ("inputs", "o-o-a---"),
    ("changes", "o-o-a---"),
    ("eras", "a-a-----"),
    ("rejected", "---oaa--"),
    ("audit_log", "---o----"),
    ("purge_log", "---aa---"),
    ("partitions", "----aa--"),
    ("settings", "--------"),
    ("redaction_policies", "--------"),
    ("redaction_keys", "--------"),
    ("redaction_receipts", "---o-a--"),
    ("retention_policies", "----a---"),
    ("event_kinds", "a-a-----"),
    ("attached_stores", "---o----"),
    ("fingerprint_keys", "--------"),
    ("drift", "---o----"),
    ("drift_checks", "---o----"),
    ("migrations", "--------"),
    ("applied_files", "--------"),
    ("leaf", "--------"),
];

/// All that is not SELECT and not refused.
pub const CHANGES: &[(&str, &str, &str)] = &[
    ("test_purger", "rejected", "delete"),
    ("test_purger", "purge_log", "insert"),
];

/// A table of the schema, as the catalog has it.
pub struct Table {
    pub name: String,
    /// Its name in [`SELECTS`].
    pub family: String,
    pub has_tenant: bool,
    /// A column that an UPDATE may name.
    pub column: String,
}

pub async fn tables(dba: &mut Session) -> Vec<Table> {
    let found = dba
        .rows(
            "select c.relname::text, c.relispartition,
               exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id'),
               (select a.attname::text from pg_attribute a
                where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attidentity = ''
                order by a.attnum limit 1)
             from pg_class c
             where c.relnamespace = 'transcript'::regnamespace and c.relkind not in ('i', 'I', 'S', 'c', 't', 'v')
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
pub async fn fill(db: &Database) -> Session {
    for tenant in ["acme", "rival"] {
        let mut app = db.app(tenant).await;
        let large = "lorem ipsum ".repeat(4_000);
        let (image, words) = ("iVBO".repeat(400), "lorem ipsum ".repeat(100));
        let batch = format!(
            r#"{{"conversation":"c","run":"r","title":"of {tenant}","items":[
                {{"key":"a","kind":"message","role":"user","payload":{{"content":"I am {tenant}"}}}},
                {{"key":"b","kind":"note","payload":{{"password":"hunter2 of {tenant}"}}}},
                {{"key":"l","kind":"note","payload":{{"log":"{large}"}}}},
                {{"key":"i","kind":"note","payload":{{"image_url":"data:image/png;base64,{image}"}}}},
                {{"key":"m","kind":"model_call","payload":{{"input":["{words}","I am {tenant}"]}}}},
                {{"kind":"note"}}]}}"#
        );
        let statuses: Vec<_> = app
            .append(&batch, "native")
            .await
            .into_iter()
            .map(|v| v.status)
            .collect();
        assert_eq!(statuses[..5], ["stored"; 5]);
        assert_eq!(statuses[5..], ["rejected"]);
    }
    let mut dba = db.superuser().await;
    dba.run(leaves::MAKE_OLD).await;
    dba.run(
        "insert into transcript.redaction_policies (tenant_id, policy)
           select t, transcript.builtin_policy('strict') from unnest(array['acme', 'rival']) t;
         insert into transcript.retention_policies (tenant_id, ttl)
           select t, interval '10 years' from unnest(array['acme', 'rival']) t;
         select transcript.rotate_redaction_key(t) from unnest(array['acme', 'rival', null]) t;
         insert into transcript.purge_log (started_at, parent, cutoff, result) values (now(), 'events', now(), 'done');
         insert into transcript.events (conversation_id, seq, recorded_at, event_key, tenant_id, kind, payload, payload_bytes, digest, policy_version)
           select conversation_id, 100, '2020-01-02Z', gen_random_uuid(), tenant_id, 'model_call', jsonb_build_object('large', repeat('x y ', 9000), 'input', jsonb_build_array(repeat('lorem ', 300)),
             'url', 'data:image/png;base64,' || repeat('iVBO', 400)), 0, '', 0
           from transcript.conversations;
         insert into transcript.changes (tenant_id, position, conversation_id, first_seq, change, recorded_at, last_seq, event_at)
           select tenant_id, 0, conversation_id, 100, 'stored', '2020-01-02Z', 100, '2020-01-02Z'
           from transcript.conversations",
    )
    .await;
    dba.run(
        "create table items_acme (id int primary key, session_id text not null, message_data text);
         create table items_rival (like items_acme including all);
         select transcript.attach('items_' || t, t, time_column => '') from unnest(array['acme', 'rival']) t;
         set session_replication_role = replica;
         insert into items_acme values (1, 'unseen', '{}');
         insert into items_rival values (1, 'unseen', '{}');
         reset session_replication_role;
         select transcript.drift()",
    )
    .await;
    dba.run("call transcript.reredact()").await;
    dba
}

pub async fn count(session: &mut Session, sql: &str) -> Result<i64, String> {
    match sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(sql.to_owned()))
        .fetch_one(&mut session.connection)
        .await
    {
        Ok(count) => Ok(count),
        Err(error) => Err(tests::sqlstate(&error)),
    }
}
