//! Nothing that was planted is in the tables, their files or the WAL.

use crate::by_append::append_everything;
use crate::past_append::{copy_and_replicate, insert, write_tables};
use crate::planted::{Fakes, scan};
use crate::server_files::{data_directory, files_with};
use tests::Database;

#[tokio::test]
async fn no_planted_secret_is_stored_by_any_path() {
    let db = Database::migrated().await;
    let mut f = Fakes::new();
    let mut app = db.app("acme").await;
    let mut dba = db.superuser().await;

    append_everything(&mut app, &mut f).await;
    // Past append.
    let leaf = dba.text("select leaf from transcript.partitions where parent = 'events' and now() >= lower_bound and now() < upper_bound").await;
    write_tables(&mut dba, &mut f, &leaf).await;
    copy_and_replicate(&mut dba, &mut f, &leaf).await;

    // A leaf made later is no gap.
    dba.run(
        "select transcript.create_leaf('events', 'events_later', '2020-01-01Z', '2020-01-08Z')",
    )
    .await;
    dba.run(
        &insert("events_later", 5, &mut f, "later leaf")
            .replace("date_trunc('day', now())", "'2020-01-02Z'"),
    )
    .await;

    assert!(f.made.len() > 120, "{} fakes", f.made.len());
    let seen = dba
        .text("select string_agg(payload::text, ' ') from transcript.events")
        .await;
    assert!(
        seen.contains("visible marker text"),
        "the rest of a payload stays"
    );
    assert!(dba.number("select count(*) from transcript.blobs").await >= 4);
    assert!(dba.number("select count(*) from transcript.rejected").await >= 8);
    assert!(
        dba.number("select count(*) from transcript.audit_log where action = 'redact'")
            .await
            > 10
    );
    let leaks = scan(&mut dba, &f).await;
    assert!(
        leaks.is_empty(),
        "{} leaks:\n{}",
        leaks.len(),
        leaks.join("\n")
    );

    // What the reading functions give.
    for function in [
        "timeline('direct', inflate => true)",
        "messages('c3')",
        "timeline('c4')",
    ] {
        let text = app
            .text(&format!(
                "select string_agg(t::text, ' ') from transcript.{function} t"
            ))
            .await;
        assert!(!text.is_empty() && !text.contains(&f.mark), "{function}");
    }
}

#[tokio::test]
async fn the_scan_finds_what_is_not_redacted() {
    let db = Database::migrated().await;
    let mut f = Fakes::new();
    let mut dba = db.superuser().await;
    dba.run("alter table transcript.conversations disable trigger all")
        .await;
    let secret = f.token("title");
    dba.run(&format!("insert into transcript.conversations (conversation_id, tenant_id, external_id, title) values (gen_random_uuid(), 'acme', 'c', '{secret}')")).await;
    assert_eq!(
        scan(&mut dba, &f).await,
        ["conversations.title: planted as [\"title\"]"]
    );
}

#[tokio::test]
async fn neither_the_wal_nor_the_tables_files_carry_a_planted_secret() {
    let db = Database::migrated().await;
    let mut f = Fakes::new();
    let mut app = db.app("acme").await;
    let mut dba = db.superuser().await;
    let open = f.mark.replace('q', "open");
    // The control: what is no secret must be found in the same files.
    let batch = format!(
        r#"{{"conversation":"c {}","title":"{open} {}","items":[
            {{"key":"a","kind":"note","payload":{{"open":"{open}","password":"{}","text":"it is {}"}}}},
            {{"key":"b","kind":"note","payload":{{"log":"{}{}"}}}},
            {{"kind":"note","payload":"{open} {}"}}]}}"#,
        f.token("conversation"),
        f.token("title"),
        f.password("key"),
        f.token("text"),
        "some words ".repeat(9_000),
        f.token("blob"),
        f.token("rejected"),
    );
    app.append(&batch, "native").await;
    dba.run("checkpoint").await;
    let data = data_directory(&mut dba).await;
    let oid = dba
        .text("select oid from pg_database where datname = current_database()")
        .await;
    for place in [data.join("pg_wal"), data.join("base").join(&oid)] {
        let Some(control) = files_with(&place, &open) else {
            return;
        };
        assert!(
            !control.is_empty(),
            "{} has not even the open text",
            place.display()
        );
        let found = files_with(&place, &f.mark).unwrap_or_default();
        assert!(found.is_empty(), "planted bytes in {found:?}");
    }
}
