//! A conversation on hold is evidence: it stays as it is, and the receipt says so.

use crate::policies::{STRICTER, set_policy};
use tests::Database;

#[tokio::test]
async fn a_hold_is_left_as_it_is_unless_asked_for_and_is_made_up_for_later() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let mut app = db.app("acme").await;
    for name in ["free", "held"] {
        let batch = format!(
            r#"{{"conversation":"{name}","title":"at 203.0.113.1","run":"r","items":[
              {{"key":"a","kind":"note","payload":"from 203.0.113.2"}},{{"key":"z","payload":"203.0.113.3"}}]}}"#
        );
        app.append(&batch, "native").await;
    }
    dba.run("update transcript.conversations set hold = true where external_id = 'held'")
        .await;
    set_policy(&mut dba, Some("acme"), STRICTER).await;
    let held = "select md5(string_agg(t, '|' order by t)) from (
        select e.ctid || e::text as t from transcript.events e where conversation_id = transcript.conversation_id('acme', 'held')
        union all select v.ctid || v::text from transcript.conversations v where external_id = 'held'
        union all select r.ctid || r::text from transcript.rejected r where conversation = 'held') x";
    let before = dba.text(held).await;
    let plan = "select string_agg(relation || ' ' || changed || ' ' || held, ', ') from transcript.reredact_plan('acme') where changed + held > 0";
    let plan = dba.text(plan).await;
    assert!(
        plan.contains("conversations 1 1") && plan.contains("rejected 1 1"),
        "{plan}"
    );

    dba.run("call transcript.reredact()").await;
    assert_eq!(dba.text(held).await, before);
    let receipts = "select string_agg(held || ' ' || status || ' ' || coalesce(changed ->> 'events', '-'), ', ' order by receipt_id) from transcript.redaction_receipts";
    assert_eq!(dba.text(receipts).await, "2 done 1");
    assert_eq!(
        tests::code(&db.migrator(&["redact", "--backfill", "--execute"])),
        7
    );
    assert_eq!(dba.text(receipts).await, "2 done 1, 2 done -");

    // Lifted, it is swept like the rest.
    dba.run("update transcript.conversations set hold = false")
        .await;
    dba.run("call transcript.reredact()").await;
    assert_eq!(
        dba.number("select count(*) from transcript.events where payload::text like '%203.0.113%'")
            .await,
        0
    );
    assert_eq!(
        dba.number("select count(*) from transcript.rejected where raw like '%203.0.113%'")
            .await,
        0
    );
    assert_eq!(
        tests::code(&db.migrator(&["redact", "--backfill", "--execute"])),
        0
    );

    // On request, whatever is on hold.
    app.append(
        r#"{"conversation":"held","items":[{"key":"b","kind":"note","payload":{"nick":"bobby"}}]}"#,
        "native",
    )
    .await;
    dba.run("update transcript.conversations set hold = true")
        .await;
    set_policy(
        &mut dba,
        Some("acme"),
        &STRICTER.replace("nickname", "nick"),
    )
    .await;
    dba.run("call transcript.reredact('acme', include_held => true)")
        .await;
    assert_eq!(
        dba.number("select count(*) from transcript.events where payload::text like '%bobby%'")
            .await,
        0
    );
}
