//! The extension: what it owns, how that is marked, who may create it.

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
    ("fingerprint", "i", false, "s"),
    ("forget_protection", "v", false, "u"),
    ("formats", "i", true, "s"),
    ("mask", "i", true, "s"),
    ("mask_label", "i", true, "s"),
    ("mask_text", "i", true, "s"),
    ("parse", "i", true, "s"),
    ("part_references", "i", true, "s"),
    ("place", "i", true, "s"),
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
    ("system_identifier", "s", true, "s"),
    ("unparse", "i", true, "s"),
];

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
