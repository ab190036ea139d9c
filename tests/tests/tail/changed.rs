//! Events that change after they were served, and such as are gone before.

use crate::exporter::{Exporter, batch};
use tests::{Database, leaves};

fn note(key: &str, payload: &str) -> String {
    format!(
        r#"{{"conversation":"c","items":[{{"key":"{key}","kind":"note","payload":"{payload}"}}]}}"#
    )
}

#[tokio::test]
async fn what_a_merge_changes_is_served_again() {
    let db = Database::migrated().await;
    let mut app = db.app("acme").await;
    let mut exporter = Exporter::new(&db, "acme").await;
    app.append(&batch("c", "k", 3), "native").await;
    exporter.wait_for(3, 2).await;
    let merge = "select status from transcript.append($1::jsonb, 'native', 'merge')";
    for (payload, status) in [
        ("first", "merged"),
        ("last", "merged"),
        ("last", "duplicate"),
    ] {
        let said: String = sqlx::query_scalar(merge)
            .bind(note("k-1", payload))
            .fetch_one(&mut app.connection)
            .await
            .expect("a verdict");
        assert_eq!(said, status);
    }
    // Twice, as it was written twice; each time as it is now.
    let again = exporter.wait_for(2, 1).await;
    assert_eq!(again, ["updated c 2", "updated c 2"]);
    for served in &exporter.served[3..] {
        assert_eq!(served.payload, r#""last""#);
    }
    // In one transaction it counts once.
    app.run("begin").await;
    for payload in ["a", "b", "c"] {
        sqlx::query(merge)
            .bind(note("k-0", payload))
            .execute(&mut app.connection)
            .await
            .expect("a verdict");
    }
    app.run("commit").await;
    assert_eq!(exporter.wait_for(1, 1).await, ["updated c 1"]);
    assert_eq!(exporter.served.last().expect("it").payload, r#""c""#);
    // A retry and a conflict change nothing.
    app.append(&batch("c", "k", 3), "native").await;
    assert!(exporter.catch_up(1).await.is_empty());
}

#[tokio::test]
async fn what_a_policy_hides_is_served_again_without_it() {
    let db = Database::migrated().await;
    let (mut app, mut dba) = (db.app("acme").await, db.superuser().await);
    let mut exporter = Exporter::new(&db, "acme").await;
    app.append(&note("a", "203.0.113.77"), "native").await;
    app.append(&note("b", "plain"), "native").await;
    exporter.wait_for(2, 9).await;
    assert!(exporter.served[0].payload.contains("203.0.113.77"));
    dba.run(
        "insert into transcript.redaction_policies (tenant_id, policy)
           select 'acme', transcript.builtin_policy('strict')",
    )
    .await;
    dba.run("call transcript.reredact('acme')").await;
    assert_eq!(exporter.wait_for(1, 9).await, ["updated c 1"]);
    assert!(!exporter.served[2].payload.contains("203.0.113.77"));
}

#[tokio::test]
async fn what_was_purged_is_passed_by() {
    let db = Database::migrated().await;
    let (mut app, mut dba) = (db.app("acme").await, db.superuser().await);
    let mut exporter = Exporter::new(&db, "acme").await;
    app.append(&batch("c", "k", 4), "native").await;
    while exporter.page(1).await == 0 {}
    // Rows first, then whole leaves.
    dba.run("delete from transcript.events where seq < 4").await;
    app.append(&batch("d", "k", 1), "native").await;
    assert_eq!(exporter.wait_for(2, 1).await, ["stored c 4", "stored d 1"]);
    dba.run(leaves::DROP_ALL).await;
    app.append(&batch("c", "l", 1), "native").await;
    assert_eq!(exporter.wait_for(1, 1).await, ["stored c 5"]);
}
