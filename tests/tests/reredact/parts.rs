//! What is stored apart from its event is swept with it: attachments, shared inputs.

use crate::policies::set_policy;
use crate::secrets::places;
use tests::Database;

const ADDRESS: &str = "203.0.113.77";

#[tokio::test]
async fn calls_that_share_their_input_and_payloads_with_attachments_are_swept_whole() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let mut app = db.app("acme").await;
    // Text of a kind, long enough to stand alone; its first line is what the policy will hide.
    let image: String = (0..4000)
        .map(|n| char::from(b"ABCDEFGH"[n * n % 8]))
        .collect();
    let said = |n: usize| {
        let word = format!("turn {n} ").repeat(200);
        format!(r#"{{"role":"user","content":"from {ADDRESS} came {word}"}}"#)
    };
    let mut items = Vec::new();
    for turn in 1..=4 {
        let input: Vec<String> = (0..turn).map(said).collect();
        items.push(format!(
            r#"{{"key":"call {turn}","kind":"model_call","payload":{{"model":"m","input":[{}]}}}}"#,
            input.join(",")
        ));
    }
    items.push(format!(
        r#"{{"key":"image","kind":"note","payload":{{"from":"{ADDRESS}","shot":"data:image/png;base64,{image}"}}}}"#
    ));
    let batch = format!(r#"{{"conversation":"c","items":[{}]}}"#, items.join(","));
    let verdicts = app.append(&batch, "native").await;
    assert!(
        verdicts.iter().all(|v| v.status == "stored"),
        "{verdicts:?}"
    );
    let whole = "select seq || ' ' || transcript.redacted(payload, 'acme', kind)::text from transcript.timeline('c', inflate => true)";
    let parts = dba.number("select sum(parts) from transcript.events").await;
    assert!(parts >= 5, "{parts} parts");
    let attachment = "select encode(sha256, 'hex') || ' ' || media_type || path from transcript.attachments('c')";
    let attached = app.texts(attachment).await;
    assert_eq!(attached.len(), 1);

    set_policy(&mut dba, None, r#"{"version":1,"extends":"strict"}"#).await;
    dba.set_tenant("acme").await;
    dba.set_tenant("acme").await;
    let wanted = dba.texts(whole).await;
    assert!(!wanted.concat().contains(ADDRESS));
    let out = db.migrator(&["redact", "--backfill", "--execute"]);
    assert!(out.status.success(), "{}", tests::stderr(&out));

    let now = "select seq || ' ' || payload::text from transcript.timeline('c', inflate => true)";
    assert_eq!(app.texts(now).await, wanted);
    assert_eq!(app.texts(attachment).await, attached);
    assert_eq!(places(&mut dba, ADDRESS).await, Vec::<String>::new());
    assert_eq!(
        dba.number("select sum(parts) from transcript.events").await,
        parts
    );
    // Each item of the inputs is there once: no blob of the old ones is left.
    assert_eq!(
        dba.number("select count(*) from transcript.inputs").await,
        4
    );
    assert_eq!(
        dba.texts("select v::text from transcript.verify_blobs() v")
            .await,
        Vec::<String>::new()
    );
    let input = "select jsonb_array_length(transcript.model_input('c', seq)) from transcript.timeline('c', kinds => array['model_call']) where seq = 4";
    assert_eq!(app.number(input).await, 4);
}

#[tokio::test]
async fn states_that_a_merge_replaced_are_swept_too() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let mut app = db.app("acme").await;
    for n in 0..3 {
        let batch = format!(
            r#"{{"conversation":"c","items":[{{"key":"k","kind":"note","payload":{{"from":"{ADDRESS}","n":{n}}}}}]}}"#
        );
        let append = format!("select transcript.append('{batch}', 'native', 'merge')");
        app.run(&append).await;
    }
    // An envelope of a dead letter is content as well.
    let batch = format!(r#"{{"conversation":"c","agent":"at {ADDRESS}","items":[7]}}"#);
    app.append(&batch, "native").await;
    assert!(
        places(&mut dba, ADDRESS)
            .await
            .contains(&"audit_log.detail".to_owned())
    );
    assert!(
        places(&mut dba, ADDRESS)
            .await
            .contains(&"rejected.envelope".to_owned())
    );
    set_policy(&mut dba, None, r#"{"version":1,"extends":"strict"}"#).await;
    dba.run("call transcript.reredact('acme')").await;
    assert_eq!(places(&mut dba, ADDRESS).await, Vec::<String>::new());
    assert_eq!(dba.number("select count(*) from transcript.audit_log where action = 'replace' and detail #>> '{payload,from}' like '[redacted:ip%'").await, 2);
}

#[tokio::test]
async fn attachments_that_are_text_are_swept_wherever_they_are_referred_to() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let mut app = db.app("acme").await;
    // Of three types, one in a shared input, one under a payload that is capped.
    app.run(&format!(
        "create temp table file as select type, 'data:' || type || ';base64,' || translate(encode(
           convert_to(repeat('a line of a log, ', 3000) || type || ' from {ADDRESS}', 'UTF8'), 'base64'), E'\\n', '') as url
         from unnest(array['text/plain', 'application/xml', 'application/octet-stream']) type"
    ))
    .await;
    let batch = "select string_agg(a.status, ' ') from transcript.append((
        select jsonb_build_object('conversation', 'c', 'items', jsonb_build_array(
          jsonb_build_object('key', 'a', 'kind', 'note', 'payload', jsonb_build_object('files', jsonb_agg(url))),
          jsonb_build_object('key', 'b', 'kind', 'model_call', 'payload', jsonb_build_object('input',
            jsonb_build_array(jsonb_build_object('file', max(url)), 'and this'))),
          jsonb_build_object('key', 'c', 'kind', 'note', 'payload', jsonb_build_object('file', min(url), 'log',
            repeat('another line, ', 10000)))))
        from file), 'native') a";
    assert_eq!(app.text(batch).await, "stored stored stored");
    let kept = "select count(*) from transcript.attachments";
    assert_eq!(dba.number(kept).await, 3);
    let before = places(&mut dba, ADDRESS).await;
    assert!(
        matches!(before.as_slice(), [one] if one.starts_with("attachments_") && one.ends_with(".content")),
        "{before:?}"
    );

    set_policy(&mut dba, None, r#"{"version":1,"extends":"strict"}"#).await;
    dba.set_tenant("acme").await;
    dba.run("call transcript.reredact('acme')").await;
    assert_eq!(places(&mut dba, ADDRESS).await, Vec::<String>::new());
    // None is left of the old ones, and the new ones are whole.
    assert_eq!(dba.number(kept).await, 3);
    dba.set_tenant("acme").await;
    assert_eq!(
        dba.texts("select v::text from transcript.verify_blobs() v")
            .await,
        Vec::<String>::new()
    );
    let read = "select count(*) from transcript.timeline('c', inflate => true) e
        cross join lateral regexp_matches(e.payload::text, 'base64,([A-Za-z0-9+/=]+)', 'g') m
        where convert_from(decode(m[1], 'base64'), 'UTF8') like '%a line of a log, % from [redacted:ip:12]'";
    assert_eq!(app.number(read).await, 5);
    // A hidden address in each of five files; the receipt says so, and which tables it was in.
    let receipt = "select (findings ->> 'ip') || ' ' || (changed ->> 'events') || ' ' ||
        (array_to_string(tables, ' ') ~ 'attachments_')::text from transcript.redaction_receipts";
    assert_eq!(dba.text(receipt).await, "5 3 true");
}
