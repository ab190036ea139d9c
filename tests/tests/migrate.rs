//! `pg_transcript migrate` and `status`: rivals, edits, missing rights, newer databases.

use std::process::Output;
use tests::{Database, code, migrator, stderr};

fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", stderr(output)))
}

#[tokio::test]
async fn an_empty_database_becomes_ready_and_stays_so() {
    let db = Database::empty().await;
    let mut dba = db.superuser().await;
    let schemas = "select count(*) from pg_namespace where nspname = 'transcript'";

    let before = db.migrator(&["status", "--json", "--exit-code"]);
    assert_eq!(code(&before), 2, "{}", stderr(&before));
    let pending = json(&before)["summary"]["pending"].as_u64().unwrap();
    assert!(pending > 10);
    let dry = db.migrator(&["migrate", "--dry-run", "--json"]);
    assert_eq!(
        json(&dry)["would_apply"].as_array().unwrap().len() as u64,
        pending
    );
    assert_eq!(
        dba.number(schemas).await,
        0,
        "status and a dry run write nothing"
    );

    let first = db.migrator(&["migrate", "--json"]);
    assert_eq!(code(&first), 0, "{}", stderr(&first));
    assert_eq!(
        json(&first)["applied"].as_array().unwrap().len() as u64,
        pending
    );
    let second = db.migrator(&["migrate", "--json"]);
    assert_eq!(
        (
            code(&second),
            json(&second)["applied"].as_array().unwrap().len()
        ),
        (0, 0)
    );
    let after = db.migrator(&["status", "--exit-code"]);
    assert_eq!(code(&after), 0, "{}", stderr(&after));
}

#[tokio::test]
async fn of_eight_rivals_one_applies_and_none_fails() {
    let db = Database::empty().await;
    let rivals: Vec<_> = (0..8)
        .map(|_| {
            let url = db.url.clone();
            std::thread::spawn(move || migrator(&url, &["migrate", "--json"]))
        })
        .collect();
    let mut applied = Vec::new();
    for rival in rivals {
        let output = rival.join().unwrap();
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        applied.push(json(&output)["applied"].as_array().unwrap().len());
    }
    applied.sort_unstable();
    assert_eq!(applied[..7], [0; 7]);
    assert!(applied[7] > 10);
}

#[tokio::test]
async fn a_file_edited_after_it_was_applied_is_named_and_nothing_is_done() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    // The other way round of editing the file: the binary's text is no longer what was applied.
    dba.run(
        "update transcript.applied_files set sha256 = repeat('0', 64) where path ~ 'V000[15]__'",
    )
    .await;
    dba.run("update transcript.applied_files set sha256 = repeat('0', 64) where path = 'functions/05_read.sql'").await;
    let output = db.migrator(&["migrate"]);
    assert_eq!(code(&output), 3, "{}", stderr(&output));
    for file in ["V0001__roles.sql", "V0005__rejected_and_logs.sql"] {
        assert!(stderr(&output).contains(file), "{}", stderr(&output));
    }
    let stale = "select count(*) from transcript.applied_files where sha256 = repeat('0', 64)";
    assert_eq!(
        dba.number(stale).await,
        3,
        "the changed function was not applied either"
    );
    assert_eq!(code(&db.migrator(&["status"])), 3);
}

#[tokio::test]
async fn a_database_newer_than_the_binary_is_left_alone() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    dba.run("insert into transcript.migrations select 9999, 'later', applied_on, checksum from transcript.migrations where version = 1").await;
    let output = db.migrator(&["migrate"]);
    assert_eq!(code(&output), 10, "{}", stderr(&output));
    assert!(
        stderr(&output).contains("9999") && stderr(&output).contains("upgrade"),
        "{}",
        stderr(&output)
    );
    assert_eq!(code(&db.migrator(&["status"])), 10);
}

#[tokio::test]
async fn a_role_without_rights_is_told_the_commands_and_they_are_enough() {
    let db = Database::empty().await;
    let mut dba = db.superuser().await;
    let role = format!("deploy_{}", db.name);
    dba.run(&format!(
        "create role {role} login password 'secret-of-deploy'"
    ))
    .await;
    dba.run(&format!(
        "revoke create on database {} from public",
        db.name
    ))
    .await;
    let host = db.url.rsplit_once('@').unwrap().1;
    let url = format!("postgres://{role}:secret-of-deploy@{host}");

    let refused = migrator(&url, &["migrate"]);
    let told = stderr(&refused);
    assert_eq!(code(&refused), 9, "{told}");
    assert!(
        told.contains("CREATE EXTENSION pg_transcript SCHEMA transcript;"),
        "{told}"
    );
    assert!(!told.contains("secret-of-deploy"), "{told}");
    let here = told
        .split_once("<<'SQL'\n")
        .unwrap()
        .1
        .split_once("\nSQL")
        .unwrap()
        .0;
    dba.run(here).await;

    let done = migrator(&url, &["migrate"]);
    assert_eq!(code(&done), 0, "{}", stderr(&done));
    let mut app = db.app("acme").await;
    let stored = app
        .append(
            r#"[{"conversation":"c","key":"k","kind":"note","payload":1}]"#,
            "native",
        )
        .await;
    assert_eq!(stored[0].status, "stored");
}

#[tokio::test]
async fn a_lock_held_too_long_names_its_holder() {
    let db = Database::migrated().await;
    let mut holder = db.superuser().await;
    holder.run("set application_name = 'another deploy'").await;
    // Any lock of the migrator's kind: taken from the waiting migrator's own request.
    let keys = {
        let url = db.url.clone();
        let output = migrator(&url, &["migrate", "--help"]);
        assert_eq!(code(&output), 0);
        let mut watch = db.superuser().await;
        lock_keys(&mut watch, &url).await
    };
    holder
        .run(&format!("select pg_advisory_lock({}, {})", keys.0, keys.1))
        .await;
    let output = db.migrator(&["migrate", "--lock-wait", "1s"]);
    assert_eq!(code(&output), 4, "{}", stderr(&output));
    assert!(
        stderr(&output).contains("another deploy"),
        "{}",
        stderr(&output)
    );
}

/// The advisory lock that a migrator takes, seen while one is held up by a table lock.
async fn lock_keys(watch: &mut tests::Session, url: &str) -> (i64, i64) {
    watch
        .run("begin; lock table transcript.migrations in access exclusive mode")
        .await;
    let url = url.to_owned();
    let migrating = std::thread::spawn(move || migrator(&url, &["migrate"]));
    let held = "from pg_locks where locktype = 'advisory' and granted and database = (select oid from pg_database where datname = current_database())";
    while watch.number(&format!("select count(*) {held}")).await == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let keys = (
        watch
            .number(&format!("select classid::bigint {held} limit 1"))
            .await,
        watch
            .number(&format!("select objid::bigint {held} limit 1"))
            .await,
    );
    watch.run("rollback").await;
    assert_eq!(code(&migrating.join().unwrap()), 0);
    (
        i64::from(keys.0 as u32 as i32),
        i64::from(keys.1 as u32 as i32),
    )
}

#[tokio::test]
async fn no_connection_is_one_clear_error_without_the_password() {
    let output = migrator(
        "postgres://someone:very-secret@127.0.0.1:1/nothing",
        &["migrate"],
    );
    assert_eq!(code(&output), 1);
    assert!(!stderr(&output).contains("very-secret") && !stderr(&output).contains("panicked"));
    assert!(stderr(&output).contains("127.0.0.1"), "{}", stderr(&output));
}
