//! Who may sweep, where from, and what a redactor sees: counts and tenants, no content.

use crate::policies::{STRICTER, set_policy};
use tests::Database;

#[tokio::test]
async fn only_a_redactor_sweeps_and_it_reads_no_content() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    for tenant in ["acme", "rival"] {
        let mut app = db.app(tenant).await;
        app.append(r#"{"conversation":"c","items":[{"key":"a","kind":"note","payload":"from 203.0.113.2"},{"kind":"note"}]}"#, "native").await;
    }
    set_policy(&mut dba, None, STRICTER).await;
    for role in [
        "test_app",
        "test_reader",
        "test_auditor",
        "test_purger",
        "test_structure_reader",
        "test_stranger",
    ] {
        let mut session = db.login(role).await;
        session.set_tenant("acme").await;
        for refused in [
            "call transcript.reredact()",
            "select transcript.reredact_batch('acme')",
            "select * from transcript.reredact_plan('acme')",
            "select transcript.swept_tenants()",
            "select transcript.reredact_vacuumed('acme', 1)",
            "select transcript.reredact_conversation(gen_random_uuid(), 1, true, null, 1, now())",
            "select transcript.reredact_event(gen_random_uuid(), 1, now(), 0, 0, '', null)",
            "select transcript.drop_unreferenced(gen_random_uuid(), now())",
        ] {
            assert_eq!(session.error(refused).await.0, "42501", "{role}: {refused}");
        }
    }
    let mut redactor = db.login("test_redactor").await;
    redactor.set_tenant("acme").await;
    for refused in [
        "select * from transcript.conversations",
        "select title from transcript.conversations",
        "select raw from transcript.rejected",
        "select * from transcript.events",
        "select * from transcript.blobs",
        "select * from transcript.runs",
        "select * from transcript.audit_log",
        "select * from transcript.timeline('c')",
        "select transcript.drop_unreferenced(gen_random_uuid(), now())",
        "update transcript.redaction_receipts set status = 'done'",
        "delete from transcript.redaction_receipts",
    ] {
        assert_eq!(redactor.error(refused).await.0, "42501", "{refused}");
    }
    // Not within somebody else's transaction, and of one tenant only that one's.
    assert!(
        redactor
            .try_run("begin; call transcript.reredact()")
            .await
            .is_err()
    );
    redactor.run("rollback").await;
    redactor.run("call transcript.reredact('acme')").await;
    let swept = "select string_agg(tenant_id || ' ' || (payload::text like '%redacted%'), ', ' order by tenant_id) from transcript.events";
    assert_eq!(dba.text(swept).await, "acme true, rival false");
    redactor.run("call transcript.reredact()").await;
    assert_eq!(dba.text(swept).await, "acme true, rival true");

    assert_eq!(
        redactor
            .error("select transcript.reredact_batch('acme', 0)")
            .await
            .0,
        "TR070"
    );
    assert_eq!(
        redactor
            .error("select transcript.reredact_batch(' ')")
            .await
            .0,
        "TR012"
    );
    redactor.run("begin isolation level repeatable read").await;
    assert_eq!(
        redactor
            .error("select transcript.reredact_batch('acme')")
            .await
            .0,
        "TR071"
    );
    redactor.run("rollback").await;

    // An auditor sees the receipts of the tenant that is set.
    let mut auditor = db.login("test_auditor").await;
    assert_eq!(
        auditor
            .number("select count(*) from transcript.redaction_receipts")
            .await,
        0
    );
    auditor.set_tenant("acme").await;
    assert_eq!(
        auditor
            .text("select string_agg(tenant_id, ' ') from transcript.redaction_receipts")
            .await,
        "acme"
    );
}
