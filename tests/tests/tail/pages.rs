//! Pages, cursors, and who may read them.

use crate::exporter::{Exporter, batch};
use tests::Database;

#[tokio::test]
async fn pages_of_any_size_give_the_same_events() {
    let db = Database::migrated().await;
    let mut app = db.app("acme").await;
    for round in 0..3 {
        for conversation in ["a", "b", "c"] {
            let text = batch(conversation, &format!("r{round}"), 5);
            app.append(&text, "native").await;
        }
    }
    // Several appends and several conversations in one transaction.
    app.run("begin").await;
    for prefix in ["x", "y"] {
        app.append(&batch("a", prefix, 3), "native").await;
        app.append(&batch("d", prefix, 2), "native").await;
    }
    app.run("commit").await;

    let mut whole = Exporter::new(&db, "acme").await;
    assert_eq!(whole.wait_for(55, 1000).await.len(), 55);
    for conversation in ["a", "b", "c", "d"] {
        let seqs: Vec<i64> = whole
            .served
            .iter()
            .filter(|s| s.conversation == conversation)
            .map(|s| s.seq)
            .collect();
        assert_eq!(seqs, (1..=seqs.len() as i64).collect::<Vec<_>>());
    }
    assert_eq!(whole.page(1000).await, 0);
    for size in [1, 2, 3, 4, 7, 54, 55] {
        let mut exporter = Exporter::new(&db, "acme").await;
        exporter.wait_for(55, size).await;
        assert_eq!(exporter.served, whole.served, "pages of {size}");
    }
}

#[tokio::test]
async fn a_page_is_what_timeline_says_of_the_event() {
    let db = Database::migrated().await;
    let mut app = db.app("acme").await;
    let large = "lorem ipsum ".repeat(5_000);
    app.append(
        &format!(
            r#"{{"conversation":"c","run":"r","items":[
                {{"key":"a","kind":"message","role":"user","payload":{{"content":"I am bob@example.org"}}}},
                {{"key":"l","kind":"note","payload":{{"log":"{large}"}}}}]}}"#
        ),
        "native",
    )
    .await;
    let mut exporter = Exporter::new(&db, "acme").await;
    exporter.wait_for(2, 9).await;
    let mut reader = exporter.reader;
    let columns = "seq, recorded_at, occurred_at, kind, role, agent, model, tool_name, tool_call_id, run,
        sequence, payload, payload_bytes, digest, capped, redactions, parts, calls, answers, item_id, parent_id";
    for inflate in ["false", "true"] {
        let timeline = reader
            .texts(&format!(
                "select {columns} from transcript.timeline('c', inflate => {inflate})"
            ))
            .await;
        let tail = reader
            .texts(&format!(
                "select {columns} from transcript.tail(inflate => {inflate})"
            ))
            .await;
        assert_eq!(tail, timeline);
        assert!(tail[0].contains("[redacted:email:15]"));
        assert_eq!(tail[1].contains(&large), inflate == "true");
    }
}

#[tokio::test]
async fn a_reader_sees_its_own_and_others_see_nothing() {
    let db = Database::migrated().await;
    for (tenant, count) in [("acme", 3), ("rival", 2)] {
        let text = batch(&format!("of {tenant}"), "k", count);
        db.app(tenant).await.append(&text, "native").await;
    }
    let mut acme = Exporter::new(&db, "acme").await;
    let own = ["stored of acme 1", "stored of acme 2", "stored of acme 3"];
    assert_eq!(acme.wait_for(3, 2).await, own);
    // A cursor opens nothing that its tenant does not see.
    let mut rival = Exporter::new(&db, "rival").await;
    while rival.page(1).await == 0 {}
    rival.reader.set_tenant("acme").await;
    for row in rival.catch_up(2).await {
        assert!(row.contains("of acme"), "{row}");
    }

    // One user of the tenant.
    let mut app = db.app("acme").await;
    app.run("set transcript.user_id = 'ada'").await;
    app.append(&batch("ada's", "k", 1), "native").await;
    assert_eq!(acme.wait_for(1, 9).await, ["stored ada's 1"]);
    let mut ada = Exporter::new(&db, "acme").await;
    ada.reader.run("set transcript.user_id = 'ada'").await;
    assert_eq!(ada.wait_for(1, 9).await, ["stored ada's 1"]);

    let all = "select count(*) from transcript.tail()";
    for login in [
        "test_writer",
        "test_auditor",
        "test_purger",
        "test_stranger",
    ] {
        let mut session = db.login(login).await;
        session.set_tenant("acme").await;
        assert_eq!(session.error(all).await.0, "42501", "{login}");
    }
    let mut nobody = db.login("test_reader").await;
    assert_eq!(nobody.error(all).await.0, "TR012");
}

#[tokio::test]
async fn what_is_no_cursor_is_refused() {
    let db = Database::migrated().await;
    let mut app = db.app("acme").await;
    app.append(&batch("c", "k", 2), "native").await;
    let mut exporter = Exporter::new(&db, "acme").await;
    while exporter.page(1).await == 0 {}
    let good = exporter.cursor.clone().expect("a cursor");
    let conversation = good.split('/').nth(1).expect("a conversation");
    for bad in [
        "".to_owned(),
        "0".to_owned(),
        format!("{good} "),
        format!("\n{good}"),
        format!("{good}\n"),
        format!("9{}", "9".repeat(18)) + &good[good.find('/').expect("a slash")..],
        good.replace("stored", "stolen"),
        good.replace(conversation, "c"),
        good.replace(conversation, &conversation.replace('-', "")),
    ] {
        let refused = exporter
            .reader
            .error(&format!("select * from transcript.tail('{bad}')"))
            .await;
        assert_eq!(refused.0, "TR023", "{bad:?}");
        assert!(!refused.2.is_empty());
    }
    for none in ["0", "-1", "null"] {
        let refused = exporter
            .reader
            .error(&format!("select * from transcript.tail(null, {none})"))
            .await;
        assert_eq!(refused.0, "TR020", "{none}");
    }
}
