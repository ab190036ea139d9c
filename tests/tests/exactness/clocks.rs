//! Clients' clocks that jump: what they say is kept, and decides nothing.

use crate::batches::{statuses, stored};
use serde_json::json;
use tests::Database;

#[tokio::test]
async fn a_clients_clock_moves_neither_seq_nor_recorded_at_nor_partition() {
    let db = Database::migrated().await;
    let (mut app, mut dba) = (db.app("acme").await, db.superuser().await);
    let clocks = [
        "2026-05-01T12:00:00Z",
        "2031-05-01T12:00:00Z",
        "1970-01-01T00:00:00Z",
        "2026-05-01T12:00:00.000001Z",
        "2026-05-01T11:59:59+14:00",
        "9999-12-31T23:59:59Z",
        "2026-05-01T12:00:00Z",
    ];
    let before = dba.text("clock_timestamp()").await;
    for (n, clock) in clocks.into_iter().enumerate() {
        let item = json!({"key": format!("k{n}"), "kind": "note", "payload": format!("k{n}"), "occurred_at": clock});
        let batch = json!({"conversation": "c", "items": [item]}).to_string();
        let verdicts = app.append(&batch, "native").await;
        assert_eq!(
            (statuses(&verdicts), verdicts[0].seq),
            (vec!["stored"], Some(n as i64 + 1)),
            "{clock}"
        );
        // The same again is the same, whatever the clock says meanwhile.
        assert_eq!(statuses(&app.append(&batch, "native").await), ["duplicate"]);
    }
    stored(&mut dba, "c").await;
    for (n, clock) in clocks.into_iter().enumerate() {
        let said = format!(
            "select count(*) from transcript.events where seq = {} and occurred_at = '{clock}'",
            n + 1
        );
        assert_eq!(dba.number(&said).await, 1, "{clock}");
    }
    // The server's clock alone: it only grows, and all is in the leaf of today.
    let facts = format!(
        "select min(recorded_at) >= '{before}' and max(recorded_at) <= clock_timestamp()
           and array_agg(seq order by recorded_at, seq) = array_agg(seq order by seq)
           and count(distinct tableoid) = 1 from transcript.events"
    );
    assert_eq!(dba.text(&facts).await, "true");
    let activity = format!(
        "select first_activity >= '{before}' and last_activity <= clock_timestamp() from transcript.conversations"
    );
    assert_eq!(dba.text(&activity).await, "true");
    let leaves = "select count(*) from transcript.partitions where upper_bound > now() + interval '1 year' or upper_bound < now() - interval '1 year'";
    assert_eq!(dba.number(leaves).await, 0);
}

/// Its own row is the only thing a bad clock costs.
#[tokio::test]
async fn a_time_that_is_none_costs_its_item_and_no_other() {
    let db = Database::migrated().await;
    let mut app = db.app("acme").await;
    let batch = r#"{"conversation":"c","items":[
        {"key":"a","kind":"note","payload":1,"occurred_at":"2026-02-30T00:00:00Z"},
        {"key":"b","kind":"note","payload":1,"occurred_at":"yesterday"},
        {"key":"c","kind":"note","payload":1,"occurred_at":"2026-02-28T00:00:00Z"}]}"#;
    let verdicts = app.append(batch, "native").await;
    assert_eq!(statuses(&verdicts), ["rejected", "rejected", "stored"]);
    for verdict in &verdicts[..2] {
        let reason = verdict.reason.as_deref().unwrap_or_default();
        assert!(reason.starts_with("TR017"), "{reason}");
    }
}
