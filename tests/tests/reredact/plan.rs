//! A plan changes nothing and is what the sweep then does.

use crate::policies::{FORMATS, STRICTER, import, set_policy};
use tests::{Database, Session};

/// Where every row of the schema lies, and which transaction wrote it.
async fn snapshot(dba: &mut Session) -> Vec<String> {
    let tables = dba
        .texts("select relname from pg_class where relnamespace = 'transcript'::regnamespace and relkind = 'r'")
        .await;
    let mut all = Vec::new();
    for table in tables {
        let table = table.trim_matches(['(', ')']).to_owned();
        all.push(dba.text(&format!("select '{table} ' || count(*) || ' ' || coalesce(md5(string_agg(ctid::text || xmin || xmax, ',' order by ctid)), '') from transcript.{table}")).await);
    }
    all
}

#[tokio::test]
async fn a_plan_changes_nothing_and_the_sweep_does_what_it_says() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let mut app = db.app("acme").await;
    app.append(r#"{"conversation":"c","run":"r","title":"at 203.0.113.1","items":[{"key":"z","payload":"203.0.113.3"},
        {"key":"a","kind":"note","payload":{"nickname":"bobby","hosts":["203.0.113.2","203.0.113.2"]}}]}"#, "native").await;
    for format in &FORMATS[1..] {
        import(&db, format, "acme");
    }
    set_policy(&mut dba, None, STRICTER).await;
    let before = snapshot(&mut dba).await;
    let mut redactor = db.login("test_redactor").await;
    redactor.set_tenant("rival").await;
    let plan = "select string_agg(regexp_replace(relation, '_[0-9]+$', '') || ' ' || looked || ' ' || changed, ', ' order by relation)
        from transcript.reredact_plan('acme') where relation <> 'blobs'";
    let planned = redactor.text(plan).await;
    let hidden = redactor.text("select jsonb_object_agg(key, n) from (select key, sum(value::int) as n from transcript.reredact_plan('acme'), jsonb_each_text(findings) group by key) s").await;
    let out = db.migrator(&["redact", "--backfill"]);
    assert!(out.status.success(), "{}", tests::stderr(&out));
    assert_eq!(
        redactor
            .text("select current_setting('transcript.tenant')")
            .await,
        "rival"
    );
    assert_eq!(snapshot(&mut dba).await, before);

    redactor.run("call transcript.reredact()").await;
    let done = "select string_agg(t.key || ' ' || t.value || ' ' || coalesce(changed ->> t.key, '0'), ', ' order by t.key)
        from transcript.redaction_receipts, jsonb_each_text(looked) t";
    assert_eq!(redactor.text(done).await, planned);
    assert_eq!(
        redactor
            .text("select findings from transcript.redaction_receipts")
            .await,
        hidden
    );
    assert!(
        hidden.contains("\"ip\": ") && planned.starts_with("conversations"),
        "{planned} {hidden}"
    );

    // Nothing is left to do, and a second sweep does nothing.
    assert_eq!(
        redactor
            .number("select sum(changed) from transcript.reredact_plan('acme')")
            .await,
        0
    );
    let after = snapshot(&mut dba).await;
    redactor.run("call transcript.reredact()").await;
    assert_eq!(snapshot(&mut dba).await, after);
}
