//! Late and out of order: seq is the order of arrival, the caller's own order is kept beside it.

use crate::batches::{statuses, stored};
use serde_json::{Value, json};
use tests::Database;

fn item(n: i64) -> Value {
    json!({"key": format!("k{n}"), "kind": "note", "payload": format!("k{n}"), "sequence": n,
        "occurred_at": format!("2026-03-01T10:00:{n:02}Z")})
}

#[tokio::test]
async fn what_arrives_out_of_order_is_stored_once_and_can_be_put_in_order() {
    let db = Database::migrated().await;
    let (mut app, mut dba) = (db.app("acme").await, db.superuser().await);
    let arrivals: [&[i64]; 6] = [&[5, 3], &[9], &[1, 0, 3], &[8, 7, 6], &[5], &[2, 4]];
    let mut verdicts = Vec::new();
    for numbers in arrivals {
        let items: Vec<Value> = numbers.iter().copied().map(item).collect();
        let batch = json!({"conversation": "c", "items": items}).to_string();
        verdicts.extend(app.append(&batch, "native").await);
    }
    let (s, d) = ("stored", "duplicate");
    assert_eq!(statuses(&verdicts), [s, s, s, s, s, d, s, s, s, d, s, s]);
    assert_eq!(
        stored(&mut dba, "c").await,
        ["k5", "k3", "k9", "k1", "k0", "k8", "k7", "k6", "k2", "k4"]
    );
    for order in ["sequence", "occurred_at"] {
        let query = format!("select sequence from transcript.timeline('c') order by {order}");
        let wanted: Vec<String> = (0..10).map(|n| format!("({n})")).collect();
        assert_eq!(app.texts(&query).await, wanted);
    }
}

#[tokio::test]
async fn a_result_that_arrives_before_its_call_is_joined_to_it() {
    let db = Database::migrated().await;
    let mut app = db.app("acme").await;
    let result = r#"{"conversation":"c","run":"r","items":[{"role":"tool","tool_call_id":"call_1","content":"42"}]}"#;
    let call = r#"{"conversation":"c","run":"r","items":[{"role":"assistant","id":"m1","content":null,
        "tool_calls":[{"id":"call_1","type":"function","function":{"name":"ask","arguments":"{}"}}]}]}"#;
    for (batch, seq) in [(result, 1), (call, 2), (result, 1), (call, 2)] {
        let verdicts = app.append(batch, "openai-chat").await;
        assert_eq!(verdicts[0].seq, Some(seq), "{verdicts:?}");
    }
    let calls = "select tool_call_id, called_seq, answered_seq from transcript.calls('c')";
    assert_eq!(app.texts(calls).await, ["(call_1,2,1)"]);
    let open = "select count(*) from transcript.open_calls('c')";
    assert_eq!(app.number(open).await, 0);
}

/// Months late: retention counts from the server's clock, so it does not vanish at once.
#[tokio::test]
async fn what_arrives_months_late_is_as_new_as_its_arrival() {
    let db = Database::migrated().await;
    let (mut app, mut dba) = (db.app("acme").await, db.superuser().await);
    let batch = r#"{"conversation":"c","items":[{"key":"a","kind":"note","payload":1,"occurred_at":"2019-01-01T00:00:00Z"}]}"#;
    assert_eq!(statuses(&app.append(batch, "native").await), ["stored"]);
    dba.run("call transcript.purge()").await;
    let there =
        "select count(*) from transcript.events where recorded_at > now() - interval '1 minute'";
    assert_eq!(dba.number(there).await, 1);
    assert_eq!(statuses(&app.append(batch, "native").await), ["duplicate"]);
}
