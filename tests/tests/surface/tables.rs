//! Tables and leaves: triggers, indexes, compression.

use tests::Database;

/// The row and statement triggers of a table; leaves have those of their parent that fire per row.
const TRIGGERS: &[(&str, &[&str])] = &[
    (
        "events",
        &[
            "events_clear",
            "events_guard",
            "events_protect",
            "events_protect_labels",
            "events_refuse",
            "events_updated",
        ],
    ),
    ("blobs", &["blobs_guard", "blobs_protect"]),
    ("attachments", &["attachments_guard", "attachments_protect"]),
    (
        "conversations",
        &["conversations_guard", "conversations_protect"],
    ),
    ("runs", &["runs_guard", "runs_protect"]),
    ("rejected", &["rejected_guard", "rejected_protect"]),
    (
        "redaction_policies",
        &["redaction_policies_check", "redaction_policies_forget"],
    ),
    ("redaction_keys", &["redaction_keys_forget"]),
    ("settings", &["settings_forget"]),
];

#[tokio::test]
async fn triggers_fire_always_on_parents_and_leaves() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    // Leaves of every way: the migration's, the job's, one by hand.
    dba.run("update transcript.settings set partition_interval = 'day', partitions_ahead = 40")
        .await;
    dba.run("select transcript.ensure_partitions(); select transcript.create_leaf(p, p || '_old', '2020-01-01Z', '2020-01-08Z') from unnest(transcript.partitioned_tables()) p").await;
    let all = dba
        .rows(
            "select c.relname::text,
               (select coalesce(array_agg(t.tgname::text order by t.tgname), '{}') from pg_trigger t
                where t.tgrelid = c.oid and not t.tgisinternal and t.tgenabled = 'A'),
               (select count(*) from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal and t.tgenabled <> 'A'),
               coalesce((select i.inhparent::regclass::text from pg_inherits i where i.inhrelid = c.oid), '')
             from pg_class c where c.relnamespace = 'transcript'::regnamespace and c.relkind in ('r', 'p')",
        )
        .await;
    let mut leaves = 0;
    for row in all {
        use sqlx::Row;
        let (name, always, others, parent): (String, Vec<String>, i64, String) =
            (row.get(0), row.get(1), row.get(2), row.get(3));
        leaves += i32::from(!parent.is_empty());
        let family = parent.strip_prefix("transcript.").unwrap_or(&name);
        let wanted = TRIGGERS
            .iter()
            .find(|(table, _)| *table == family)
            .map_or(&[][..], |(_, names)| names);
        assert_eq!(always, wanted, "{name}");
        assert_eq!(others, 0, "{name} has triggers that are not ALWAYS");
    }
    assert!(leaves > 30, "{leaves}");
}

#[tokio::test]
async fn events_have_three_indexes_no_default_partition_and_lz4() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    dba.run("select transcript.create_leaf(p, p || '_old', '2020-01-01Z', '2020-01-08Z') from unnest(transcript.partitioned_tables()) p").await;
    let default = dba.number("select count(*) from pg_partitioned_table t join pg_class c on c.oid = t.partrelid where c.relnamespace = 'transcript'::regnamespace and t.partdefid <> 0").await;
    assert_eq!(default, 0);
    let partitioned = dba.number("select count(*) from pg_partitioned_table t join pg_class c on c.oid = t.partrelid where c.relnamespace = 'transcript'::regnamespace").await;
    assert_eq!(partitioned, 5);
    let many = dba
        .texts(
            "select c.relname || ' ' || count(*) from pg_class c join pg_index i on i.indrelid = c.oid
             where c.relnamespace = 'transcript'::regnamespace and c.relname ~ '^events(_[0-9]+|_old)?$' and c.relkind in ('r', 'p')
             group by c.relname having count(*) not between 1 and 3",
        )
        .await;
    assert!(many.is_empty(), "{many:?}");
    let not_lz4 = dba
        .texts(
            "select c.relname || '.' || a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid
             where c.relnamespace = 'transcript'::regnamespace and c.relname ~ '^(events|blobs)' and c.relkind in ('r', 'p')
               and a.attname in ('payload', 'text') and a.attcompression <> 'l'",
        )
        .await;
    assert!(not_lz4.is_empty(), "{not_lz4:?}");
    // What a leaf may not lose against its parent.
    let differing = dba
        .texts(
            "select l.relname || '.' || p.attname from pg_class l join pg_inherits i on i.inhrelid = l.oid
             join pg_attribute p on p.attrelid = i.inhparent and p.attnum > 0
             left join pg_attribute a on a.attrelid = l.oid and a.attname = p.attname
             where l.relnamespace = 'transcript'::regnamespace and l.relkind = 'r'
               and (a.attname is null or (a.atttypid, a.attnotnull, a.atthasdef) <> (p.atttypid, p.attnotnull, p.atthasdef))",
        )
        .await;
    assert!(differing.is_empty(), "{differing:?}");
    let untuned = dba
        .texts(
            "select relname from pg_class where relnamespace = 'transcript'::regnamespace and relispartition and relkind = 'r'
               and not coalesce(reloptions @> array['autovacuum_vacuum_insert_scale_factor=0'], false)",
        )
        .await;
    assert!(untuned.is_empty(), "{untuned:?}");
}
