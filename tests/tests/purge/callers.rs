//! Who may purge, and where from.

use crate::spans::{day, leaves, log, old_span};
use tests::Database;

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
