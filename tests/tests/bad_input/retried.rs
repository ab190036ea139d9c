//! Dead letters are appended again once what was wrong with them is mended.

use tests::Database;

const RETRY: &str =
    "select concat_ws(' ', status, seq, left(reason, 5)) from transcript.retry_rejected()";

#[tokio::test]
async fn a_letter_is_stored_as_it_would_have_been_and_is_gone() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    dba.run("update transcript.settings set max_item_bytes = 1024")
        .await;
    let long = "a long story ".repeat(200);
    let items = format!(
        r#"{{"role":"user","content":"short"}},{{"role":"user","content":"{long}"}},{{"role":"assistant","content":"\\u0000 \\ud83d"}},7"#
    );
    let batch =
        format!(r#"{{"conversation":"c","run":"r","agent":"A","sequence":5,"items":[{items}]}}"#);
    let mut app = db.app("acme").await;
    let verdicts = app.append(&batch, "openai-chat").await;
    let shown: Vec<_> = verdicts.iter().map(|v| v.status.as_str()).collect();
    assert_eq!(shown, ["stored", "rejected", "stored", "rejected"]);
    // Of an item over the limit only the head is kept: it must be sent again.
    assert_eq!(app.texts(RETRY).await, ["(\"rejected TR014\")"]);
    let letters =
        "select concat_ws(' ', item_index, attempts) from transcript.rejected order by item_index";
    assert_eq!(dba.texts(letters).await, ["(\"1 1\")", "(\"3 2\")"]);
    let mut stranger = db.app("rival").await;
    assert!(stranger.texts(RETRY).await.is_empty());
}

#[tokio::test]
async fn what_was_refused_for_its_conversation_is_stored_when_that_is_mended() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let mut ann = db.app("acme").await;
    ann.run("set transcript.user_id = 'ann'").await;
    ann.append(
        r#"{"conversation":"c","items":[{"key":"k","kind":"note","payload":1}]}"#,
        "native",
    )
    .await;
    let mut bob = db.app("acme").await;
    bob.run("set transcript.user_id = 'bob'").await;
    let batch = r#"{"conversation":"c","agent":"B","sequence":3,"items":[
        {"kind":"note","payload":{"to":"zoe@mail.example.org"}},{"kind":"note","payload":"\\u0000"}]}"#;
    bob.append(batch, "native").await;
    assert_eq!(
        bob.texts(RETRY).await,
        ["(\"rejected TR019\")", "(\"rejected TR019\")"]
    );
    assert_eq!(
        dba.number("select count(*) from transcript.rejected").await,
        2,
        "no letter of a retry"
    );
    // The conversation changes hands.
    dba.run("update transcript.conversations set user_id = 'bob'; update transcript.events set user_id = 'bob'").await;
    assert_eq!(bob.texts(RETRY).await, ["(\"stored 2\")", "(\"stored 3\")"]);
    assert_eq!(
        dba.number("select count(*) from transcript.rejected").await,
        0
    );
    let rows = "select concat_ws(' ', agent, sequence, payload::text) from transcript.timeline('c', after_seq => 1)";
    let rows = bob.texts(rows).await;
    assert!(
        rows[0].contains("B 3") && rows[0].contains("redacted:email"),
        "{rows:?}"
    );
    // It is what the batch would have stored: sent again, it is a duplicate.
    let again = bob.append(batch, "native").await;
    assert!(again.iter().all(|v| v.status == "duplicate"), "{again:?}");
    assert!(bob.texts(RETRY).await.is_empty());
}

#[tokio::test]
async fn a_retry_that_fails_leaves_the_letter_and_counts() {
    let db = Database::migrated().await;
    let mut app = db.app("acme").await;
    let (code, _, hint) = app
        .error("select * from transcript.retry_rejected(0)")
        .await;
    assert_eq!((code.as_str(), hint.as_str()), ("TR020", "say at least 1"));
    let batch = r#"{"conversation":"c","items":[{"kind":"note","payload":1}]}"#;
    app.append(batch, "native").await;
    for _ in 0..3 {
        assert_eq!(app.texts(RETRY).await, ["(\"rejected TR018\")"]);
    }
    let mut dba = db.superuser().await;
    assert_eq!(
        dba.number("select attempts from transcript.rejected").await,
        4
    );
}

#[tokio::test]
async fn a_letter_of_a_batch_of_payloads_has_its_type_and_no_other_payload() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let mut ann = db.app("acme").await;
    ann.run("set transcript.user_id = 'ann'").await;
    let note = r#"{"conversation":"s","items":[{"key":"k","kind":"note","payload":1}]}"#;
    ann.append(note, "native").await;
    let mut bob = db.app("acme").await;
    bob.run("set transcript.user_id = 'bob'").await;
    let batch = r#"{"type":"message.part.updated","payloads":[
        {"session_id":"s","message_id":"m","part_id":"p1","part_type":"text","text":"one"},
        {"session_id":"s","message_id":"m","part_id":"p2","part_type":"text","text":"two"}]}"#;
    let verdicts = bob.append(batch, "message-parts").await;
    assert!(verdicts.iter().all(|v| v.status == "rejected"));
    let letters = "select envelope || jsonb_build_object('text', transcript.parse(raw) ->> 'text')
        from transcript.rejected order by item_index";
    assert_eq!(
        dba.texts(letters).await,
        [
            r#"("{""text"": ""one"", ""type"": ""message.part.updated""}")"#,
            r#"("{""text"": ""two"", ""type"": ""message.part.updated""}")"#,
        ]
    );
    dba.run("update transcript.conversations set user_id = 'bob'; update transcript.events set user_id = 'bob'").await;
    assert_eq!(bob.texts(RETRY).await, ["(\"stored 2\")", "(\"stored 3\")"]);
    let again = bob.append(batch, "message-parts").await;
    assert!(again.iter().all(|v| v.status == "duplicate"), "{again:?}");
}

#[tokio::test]
async fn who_retries_for_all_users_makes_nothing_theirs_or_anothers() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let mut ann = db.app("acme").await;
    ann.run("set transcript.user_id = 'ann'").await;
    let of = |conversation: &str, key: &str| {
        format!(
            r#"{{"conversation":"{conversation}","items":[{{"key":"{key}","kind":"note","payload":1}}]}}"#
        )
    };
    for conversation in ["hers", "gone"] {
        ann.append(&of(conversation, "k"), "native").await;
    }
    let mut bob = db.app("acme").await;
    bob.run("set transcript.user_id = 'bob'").await;
    for conversation in ["hers", "gone"] {
        let verdicts = bob.append(&of(conversation, "l"), "native").await;
        assert_eq!(verdicts[0].status, "rejected");
    }
    dba.run("delete from transcript.events where conversation_id = transcript.conversation_id('acme', 'gone');
        delete from transcript.conversations where external_id = 'gone'")
        .await;
    let mut all = db.app("acme").await;
    assert_eq!(
        all.texts(RETRY).await,
        ["(\"rejected TR019\")", "(\"stored 1\")"]
    );
    assert_eq!(
        all.text("coalesce(nullif(current_setting('transcript.user_id', true), ''), 'nobody')")
            .await,
        "nobody"
    );
    let owners = "select concat_ws(' ', c.external_id, c.user_id, e.user_id, e.seq)
        from transcript.events e join transcript.conversations c using (conversation_id) order by c.external_id";
    assert_eq!(
        dba.texts(owners).await,
        ["(\"gone bob bob 1\")", "(\"hers ann ann 1\")"]
    );
}
