//! What today's policy hides is gone from every column of every table.

use crate::policies::set_policy;
use sqlx::Row;
use tests::{Database, Session};

/// Every value of the schema that a text occurs in.
pub async fn places(dba: &mut Session, text: &str) -> Vec<String> {
    let columns = dba
        .rows(
            "select c.relname::text, a.attname::text, a.atttypid = 'bytea'::regtype
             from pg_class c join pg_attribute a on a.attrelid = c.oid
             where c.relnamespace = 'transcript'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
               -- What the test itself asks to be hidden is in the policy.
               and (c.relname, a.attname) <> ('redaction_policies', 'policy')",
        )
        .await;
    assert!(columns.len() > 200, "{} columns", columns.len());
    let mut found = Vec::new();
    for column in columns {
        let (table, name): (String, String) = (column.get(0), column.get(1));
        let value = if column.get(2) {
            format!("encode({name}, 'escape')")
        } else {
            format!("{name}::text")
        };
        let sql = format!("select count(*) from transcript.{table} where {value} like '%{text}%'");
        if dba.number(&sql).await > 0 {
            found.push(format!("{table}.{name}"));
        }
    }
    found
}

/// An address in every place that content reaches; private ones are no addresses to hide.
const ADDRESS: &str = "203.0.113.";

#[tokio::test]
async fn what_is_hidden_today_is_gone_from_every_column() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let mut app = db.app("acme").await;
    let log = format!("from {ADDRESS}9 came a line\\n").repeat(2_000);
    let batch = format!(
        r#"{{"conversation":"c {ADDRESS}1","run":"run {ADDRESS}2","agent":"at {ADDRESS}3","title":"of {ADDRESS}4","metadata":{{"host":"{ADDRESS}5"}},"items":[
          {{"key":"a","kind":"message","role":"user","model":"m {ADDRESS}6","payload":{{"content":"I am at {ADDRESS}8"}}}},
          {{"key":"b","kind":"note","payload":{{"log":"{log}"}}}},
          {{"key":"c","kind":"tool_call","tool_name":"t {ADDRESS}10","tool_call_id":"i {ADDRESS}11","payload":{{"arguments":"{{\"ip\": \"{ADDRESS}12\"}}"}}}},
          {{"key":"d","kind":"note","payload":{{"hosts":{{"{ADDRESS}13":{{"password":"hunter2-of-it"}}}}}}}},
          {{"key":"e","payload":"lost {ADDRESS}14"}}]}}"#
    );
    app.append(&batch, "native").await;
    app.run(&format!("select transcript.reject('file {ADDRESS}15', 1, 'native', 'bad {ADDRESS}16', '{{{ADDRESS}17')")).await;
    dba.run(&format!(
        "update transcript.runs set error = 'failed at {ADDRESS}18', provider = 'p {ADDRESS}19', usage = '{{\"from\":\"{ADDRESS}7\"}}'"
    ))
    .await;
    let before = places(&mut dba, ADDRESS).await;
    for column in [
        "payload",
        "text",
        "title",
        "metadata",
        "usage",
        "error",
        "raw",
        "reason",
        "source",
        "conversation",
        "external_id",
        "agent",
        "model",
        "tool_name",
        "tool_call_id",
        "detail",
    ] {
        assert!(
            before
                .iter()
                .any(|place| place.ends_with(&format!(".{column}"))),
            "{column} is not tested: {before:?}"
        );
    }
    assert!(
        before.iter().any(|place| place.starts_with("blobs_")),
        "{before:?}"
    );

    set_policy(
        &mut dba,
        Some("acme"),
        r#"{"version":1,"extends":"strict"}"#,
    )
    .await;
    dba.run("call transcript.reredact('acme')").await;
    assert_eq!(places(&mut dba, ADDRESS).await, Vec::<String>::new());
    // Identity is as before: the caller's own id finds it, and what comes is a duplicate.
    assert_eq!(
        app.number(&format!(
            "select count(*) from transcript.timeline('c {ADDRESS}1')"
        ))
        .await,
        4
    );
    let statuses: Vec<_> = app
        .append(&batch, "native")
        .await
        .into_iter()
        .map(|v| v.status)
        .collect();
    assert_eq!(&statuses[..4], ["duplicate"; 4]);
    // A call and its result are still joined.
    assert_eq!(
        dba.text("select tool_call_id from transcript.events where kind = 'tool_call'")
            .await,
        "i [redacted:ip:12]"
    );
    // A receipt holds counts.
    assert_eq!(
        dba.number("select (changed ->> 'rejected')::int + (changed ->> 'runs')::int + (changed ->> 'conversations')::int from transcript.redaction_receipts").await,
        4
    );
}
