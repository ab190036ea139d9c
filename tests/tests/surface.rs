//! What the catalog says of the schema: comments, markings, ownership, triggers, indexes.

use sqlx::Connection;
use tests::Database;

/// The extension's functions: name, volatility (i, s, v), strict, parallel safety (s, r, u).
const FUNCTIONS: &[(&str, &str, bool, &str)] = &[
    ("assemble", "i", false, "s"),
    ("batch_header", "i", true, "s"),
    ("builtin_policy", "i", true, "s"),
    ("call_input", "i", true, "s"),
    ("cap", "i", true, "s"),
    ("conversation_id", "i", true, "s"),
    ("digest", "i", true, "s"),
    ("findings", "i", false, "s"),
    ("forget_protection", "v", false, "u"),
    ("formats", "i", true, "s"),
    ("mask", "i", true, "s"),
    ("mask_label", "i", true, "s"),
    ("mask_text", "i", true, "s"),
    ("parse", "i", true, "s"),
    ("part_references", "i", true, "s"),
    ("policy_check", "i", true, "s"),
    ("project", "i", true, "s"),
    ("protect_attachment", "v", false, "u"),
    ("protect_columns", "v", false, "u"),
    ("protect_event", "v", false, "u"),
    ("pseudonyms", "s", true, "r"),
    ("redact", "i", false, "s"),
    ("redact_text", "i", false, "s"),
    ("redacted", "s", false, "r"),
    ("run_id", "i", true, "s"),
    ("unparse", "i", true, "s"),
];

/// The row and statement triggers of a table; leaves have those of their parent that fire per row.
const TRIGGERS: &[(&str, &[&str])] = &[
    (
        "events",
        &["events_guard", "events_protect", "events_protect_labels"],
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
async fn everything_has_a_comment() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let bare = dba
        .texts(
            "select 'function ' || p.oid::regprocedure from pg_proc p
             where p.pronamespace = 'transcript'::regnamespace and coalesce(obj_description(p.oid, 'pg_proc'), '') = ''
             union all
             select 'relation ' || c.oid::regclass from pg_class c
             where c.relnamespace = 'transcript'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')
               and coalesce(obj_description(c.oid, 'pg_class'), '') = ''
             union all
             select 'type ' || t.oid::regtype from pg_type t left join pg_class c on c.oid = t.typrelid
             where t.typnamespace = 'transcript'::regnamespace and t.typcategory <> 'A' and (c.oid is null or c.relkind = 'c')
               and coalesce(obj_description(t.oid, 'pg_type'), '') = ''",
        )
        .await;
    assert!(bare.is_empty(), "without a comment: {bare:#?}");
    assert!(
        dba.number("select count(*) from pg_proc where pronamespace = 'transcript'::regnamespace")
            .await
            > 20
    );
}

#[tokio::test]
async fn definers_pin_search_path_and_nothing_is_open_to_the_public() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let loose = dba
        .texts(
            "select p.oid::regprocedure from pg_proc p
             where p.pronamespace = 'transcript'::regnamespace and p.prosecdef
               and not (coalesce(p.proconfig, '{}') @> array['search_path=pg_catalog, pg_temp'])",
        )
        .await;
    assert!(loose.is_empty(), "search_path is not pinned: {loose:?}");
    let definers = dba
        .texts("select p.proname from pg_proc p where p.pronamespace = 'transcript'::regnamespace and p.prosecdef order by 1")
        .await;
    assert_eq!(
        definers,
        [
            "(append)",
            "(create_leaf)",
            "(drop_leaf)",
            "(ensure_partitions)",
            "(lock_parent)",
            "(reject)",
            "(reredact_batch)",
            "(reredact_plan)",
            "(reredact_vacuumed)"
        ]
    );
    // Functions of the extension compute and read no table; all others are granted one by one.
    let public = dba
        .texts(
            "select p.oid::regprocedure from pg_proc p
             cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
             where p.pronamespace = 'transcript'::regnamespace and a.grantee = 0 and a.privilege_type = 'EXECUTE'
               and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')",
        )
        .await;
    assert!(public.is_empty(), "executable by PUBLIC: {public:?}");
    let owners = dba
        .texts(
            "select p.proname || ' ' || r.rolname from pg_proc p join pg_roles r on r.oid = p.proowner
             where p.pronamespace = 'transcript'::regnamespace and r.rolname <> 'transcript_owner'
               and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')",
        )
        .await;
    assert!(owners.is_empty(), "not transcript_owner's: {owners:?}");
}

#[tokio::test]
async fn the_extension_owns_functions_only_marked_as_listed() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let listed: Vec<String> = FUNCTIONS
        .iter()
        .map(|(n, v, s, p)| format!("{n} {v} {s} {p}"))
        .collect();
    let found = dba
        .texts(
            "select format('%s %s %s %s', p.proname, p.provolatile, case when p.proisstrict then 'true' else 'false' end, p.proparallel)
             from pg_depend d join pg_extension x on x.oid = d.refobjid and d.refclassid = 'pg_extension'::regclass
             join pg_proc p on p.oid = d.objid and d.classid = 'pg_proc'::regclass
             where x.extname = 'pg_transcript' and d.deptype = 'e' order by p.proname",
        )
        .await;
    let found: Vec<_> = found
        .iter()
        .map(|f| f.trim_matches(['(', ')', '"']).to_owned())
        .collect();
    assert_eq!(found, listed);
    let others = dba
        .texts(
            "select pg_describe_object(d.classid, d.objid, 0)
             from pg_depend d join pg_extension x on x.oid = d.refobjid and d.refclassid = 'pg_extension'::regclass
             where x.extname = 'pg_transcript' and d.deptype = 'e' and d.classid <> 'pg_proc'::regclass",
        )
        .await;
    assert!(others.is_empty(), "{others:?}");
    // No table, column default, index or policy hangs on it: only triggers go with it.
    let hanging = dba
        .texts(
            "select distinct d.classid::regclass from pg_depend d
             where d.refclassid = 'pg_proc'::regclass and d.deptype = 'n' and d.refobjid in (
               select e.objid from pg_depend e join pg_extension x on x.oid = e.refobjid
               where x.extname = 'pg_transcript' and e.deptype = 'e' and e.classid = 'pg_proc'::regclass)",
        )
        .await;
    assert_eq!(hanging, ["(pg_trigger)"]);
}

#[tokio::test]
async fn the_extension_is_trusted_and_stays_in_its_schema() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let installed = dba
        .texts(
            "select format('%s %s %s', n.nspname, x.extrelocatable, v.trusted)
             from pg_extension x join pg_namespace n on n.oid = x.extnamespace
             join pg_available_extension_versions v on v.name = x.extname and v.version = x.extversion
             where x.extname = 'pg_transcript' and v.installed and v.schema = 'transcript' and not v.relocatable",
        )
        .await;
    assert_eq!(installed, ["(\"transcript f t\")"]);
    assert_eq!(
        dba.error("alter extension pg_transcript set schema public")
            .await
            .0,
        "0A000"
    );

    // A database's owner who is no superuser may create it.
    let empty = Database::empty().await;
    let mut dba = empty.superuser().await;
    dba.run(
        "do $$ begin create role test_maker login; exception when duplicate_object or unique_violation then null; end $$",
    )
    .await;
    dba.run(&format!(
        "grant create on database {} to test_maker",
        empty.name
    ))
    .await;
    let mut maker = empty.login("test_maker").await;
    maker
        .run("create schema transcript; create extension pg_transcript schema transcript")
        .await;
    assert_eq!(maker.text("select transcript.parse('{}')").await, "{}");
    let mut stranger = empty.login("test_stranger").await;
    assert_eq!(
        stranger.error("drop extension pg_transcript").await.0,
        "42501"
    );
    maker.run("drop extension pg_transcript").await;
    assert_eq!(
        stranger
            .error("create extension pg_transcript schema transcript")
            .await
            .0,
        "42501"
    );
    // Not into any other schema.
    assert!(
        maker
            .try_run("create extension pg_transcript schema pg_temp")
            .await
            .is_err()
    );
    let _ = maker.connection.close().await;
}

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
    assert_eq!(partitioned, 4);
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

#[tokio::test]
async fn a_database_that_is_not_utf8_is_refused() {
    let db = Database::empty().await;
    let mut dba = db.superuser().await;
    let name = format!("{}_latin1", db.name);
    dba.run(&format!(
        "create database {name} encoding 'LATIN1' locale 'C' template template0"
    ))
    .await;
    let url = db.url.replace(&db.name, &name);
    let latin1 = <sqlx::PgConnection as sqlx::Connection>::connect(&url)
        .await
        .expect("a connection");
    let (code, message, hint) = tests::Session::new(latin1)
        .error("create schema transcript; create extension pg_transcript schema transcript")
        .await;
    assert_eq!(code, "0A000");
    assert!(
        message.contains("LATIN1") && hint.contains("UTF8"),
        "{message}: {hint}"
    );
    dba.run(&format!("drop database {name} with (force)")).await;
}
