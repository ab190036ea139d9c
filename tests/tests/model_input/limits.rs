//! Items over the caps, policies that change, and calls whose payload differs.

use crate::calls::{batch, made_up, payload};
use tests::Database;

#[tokio::test]
async fn items_over_the_inline_cap_are_whole_and_those_over_the_blob_cap_say_so() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    dba.run("update transcript.settings set blob_bytes = 200000")
        .await;
    let mut app = db.app("acme").await;
    let large = format!(
        r#"{{"role":"tool","content":"{}"}}"#,
        "a line of a log ".repeat(9_000)
    );
    let huge = format!(
        r#"{{"role":"tool","content":"{}"}}"#,
        "a line of a log ".repeat(20_000)
    );
    let calls = [
        payload(&[large.clone(), made_up(1)]),
        payload(&[large.clone(), made_up(1), huge.clone(), made_up(2)]),
    ];
    let verdicts = app.append(&batch("c", "k", &calls), "native").await;
    assert!(
        verdicts.iter().all(|v| v.status == "stored"),
        "{verdicts:?}"
    );
    // Both stay small inline; nothing of them is capped.
    assert_eq!(
        app.texts("select format('%s %s %s', capped, parts, pg_column_size(payload) < 1000) from transcript.timeline('c') order by seq").await,
        ["(\"f 2 t\")", "(\"f 2 t\")"]
    );
    let same = |n: usize| {
        format!(
            "select transcript.model_input('c', {n}) = '[{}]'::jsonb",
            [large.clone(), made_up(1)].join(",")
        )
    };
    assert_eq!(app.text(&same(1)).await, "true");
    let cut = "select format('%s %s %s', jsonb_array_length(i), i -> 2 -> '$capped' ->> 'bytes' >= '320000', length(i::text) < 500000)
      from transcript.model_input('c', 2) i";
    assert_eq!(app.text(cut).await, "4 t t");
    let marked = "select b.truncated and b.payload -> '$capped' ->> 'sha256' = encode(b.digest, 'hex') from transcript.blobs b where b.truncated";
    assert_eq!(dba.text(marked).await, "true");
    assert_eq!(app.text(&format!("select transcript.digest('{huge}'::jsonb) = (select digest from transcript.blobs where truncated)")).await, "true");
    assert_eq!(
        app.append(&batch("c", "k", &calls), "native").await[1].status,
        "duplicate"
    );
    assert_eq!(
        dba.texts("select v from transcript.verify_blobs() v").await,
        [""; 0]
    );
}

#[tokio::test]
async fn a_retry_after_the_policy_changed_is_compared_whole() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let mut app = db.app("acme").await;
    let secret = r#"{"role":"user","content":"write to bob@example.org at once"}"#.to_owned();
    dba.run("insert into transcript.redaction_policies (tenant_id, policy) values ('acme', transcript.builtin_policy('secrets'))").await;
    let history: Vec<String> = (0..10).map(made_up).chain([secret]).collect();
    let call = batch("c", "k", &[payload(&history)]);
    assert_eq!(app.append(&call, "native").await[0].status, "stored");
    assert_eq!(
        app.text("select transcript.model_input('c', 1)::text ~ 'bob@example.org'")
            .await,
        "true"
    );
    dba.run("insert into transcript.redaction_policies (tenant_id, policy) values ('acme', transcript.builtin_policy('standard'))").await;
    assert_eq!(app.append(&call, "native").await[0].status, "duplicate");
    let other = batch("c", "k", &[payload(&history[1..])]);
    assert_eq!(app.append(&other, "native").await[0].status, "conflict");
    // Under today's policy it is stored without the address, beside what it shares.
    let again = batch("c", "l", &[payload(&history)]);
    assert_eq!(app.append(&again, "native").await[0].status, "stored");
    assert_eq!(
        app.text("select transcript.model_input('c', 2)::text ~ 'bob@example.org'")
            .await,
        "false"
    );
    assert_eq!(
        dba.number("select count(*) from transcript.inputs").await,
        12
    );
}

/// What the sweep that redacts history again does: the whole payload written back.
#[tokio::test]
async fn an_event_that_is_written_back_is_taken_apart_again() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    dba.run("insert into transcript.redaction_policies (tenant_id, policy) values ('acme', transcript.builtin_policy('secrets'))").await;
    let mut app = db.app("acme").await;
    let history: Vec<String> = (0..20)
        .map(made_up)
        .chain([r#"{"role":"user","content":"I am bob@example.org"}"#.to_owned()])
        .collect();
    let large = format!(
        r#"{{"log":"bob@example.org {}"}}"#,
        "a line of a log ".repeat(4_000)
    );
    app.append(
        &batch("c", "k", &[payload(&history[..20]), payload(&history)]),
        "native",
    )
    .await;
    app.append(
        &format!(
            r#"{{"conversation":"c","items":[{{"key":"l","kind":"note","payload":{large}}}]}}"#
        ),
        "native",
    )
    .await;
    dba.run("insert into transcript.redaction_policies (tenant_id, policy) values ('acme', transcript.builtin_policy('standard'))").await;
    dba.run("update transcript.events e set payload = transcript.whole_payload(e)")
        .await;
    let found = "select count(*) from transcript.events e where transcript.whole_payload(e)::text ~ 'bob@example'";
    assert_eq!(dba.number(found).await, 0);
    assert_eq!(
        dba.number("select count(*) from transcript.blobs where payload::text ~ 'bob@example'")
            .await,
        2
    );
    let orphans =
        "select count(*) from transcript.verify_blobs() where problem = 'nothing refers to it'";
    assert_eq!(
        dba.number(orphans).await,
        3,
        "an item, its node, a spilled payload"
    );
    let removed = "select sum(transcript.drop_unreferenced(e.conversation_id, date_trunc('day', e.recorded_at, 'UTC')))
      from (select distinct conversation_id, date_trunc('day', recorded_at, 'UTC') as recorded_at from transcript.events) e";
    assert_eq!(dba.number(removed).await, 3);
    assert_eq!(
        dba.number("select count(*) from transcript.blobs where payload::text ~ 'bob@example'")
            .await,
        0
    );
    assert_eq!(
        dba.texts("select v from transcript.verify_blobs() v").await,
        [""; 0]
    );
    assert_eq!(dba.number("select count(*) from transcript.events e where transcript.digest(transcript.whole_payload(e)) = e.digest").await, 3);
    // From large to small and back: what says where the whole is follows.
    dba.run("update transcript.events set payload = '1' where seq = 3")
        .await;
    assert_eq!(dba.text("select concat_ws(' ', payload, blob_at is null, parts) from transcript.events where seq = 3").await, "1 t 0");
    assert_eq!(dba.number(removed).await, 1);
    // The owner does it too, within the tenant.
    dba.run("begin; set local role transcript_owner; set local transcript.tenant = 'acme'; delete from transcript.blobs where false").await;
    assert_eq!(dba.number(removed).await, 0);
    dba.run("rollback").await;
}

/// Looked at alone, an item has neither the kind of its event nor the names around it.
#[tokio::test]
async fn what_a_policy_keeps_in_a_call_is_kept_in_its_items_and_attachments() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let policy = r#"{"version": 1, "extends": "standard", "detectors": [{"detector": "email", "action": "keep", "kinds": ["model_call"]}]}"#;
    dba.run(&format!(
        "insert into transcript.redaction_policies (tenant_id, policy) values ('acme', '{policy}')"
    ))
    .await;
    let mut app = db.app("acme").await;
    let words = format!("I am bob@example.org {}", "and so on ".repeat(150));
    let call = format!(
        r#"{{"input":["{words}",{}],"system":"{words}"}}"#,
        made_up(1)
    );
    app.append(&batch("c", "k", std::slice::from_ref(&call)), "native")
        .await;
    let same = format!(
        "select payload = '{call}'::jsonb and payload::text ~ 'bob@example' from transcript.timeline('c', inflate => true)"
    );
    assert_eq!(app.text(&same).await, "true");
    assert_eq!(
        dba.texts("select v from transcript.verify_blobs() v").await,
        [""; 0]
    );
}
