//! `verify_blobs` finds what is wrong, and nothing where nothing is.

use crate::{Image, PROBLEMS, SOUND, notes};
use tests::{Database, Session};

async fn filled(db: &Database) -> Session {
    let mut dba = db.superuser().await;
    dba.run("update transcript.settings set blob_bytes = 1048576")
        .await;
    let mut app = db.app("acme").await;
    let words = "some words of a long message ".repeat(40);
    let payloads = [
        format!(r#"{{"url":"{}"}}"#, Image::new(1, 4_000).url()),
        format!(r#"{{"log":"{}"}}"#, "a line of a log ".repeat(4_000)),
        format!(r#"{{"log":"{}"}}"#, "a line of a log ".repeat(90_000)),
    ];
    app.append(&notes("c", &payloads), "native").await;
    for n in 1..4 {
        let items: Vec<_> = (0..n).map(|n| format!(r#""{n} {words}""#)).collect();
        let call = format!(
            r#"{{"input":[{}],"instructions":"{words}"}}"#,
            items.join(",")
        );
        let batch = notes("c", &[call])
            .replace("k0", &format!("m{n}"))
            .replace("note", "model_call");
        app.append(&batch, "native").await;
    }
    app.append(&notes("other", &payloads[..1]), "native").await;
    let mut dba = db.superuser().await;
    assert_eq!(
        dba.number("select count(*) from transcript.blobs").await,
        2 + 3 + 1
    );
    for table in ["events", "blobs", "attachments", "inputs"] {
        dba.run(&format!(
            "alter table transcript.{table} disable trigger all"
        ))
        .await;
    }
    dba
}

/// What is found after a change: kind, seq and problem, without the digests.
async fn found(dba: &mut Session, change: &str) -> Vec<String> {
    dba.run("begin").await;
    dba.run(change).await;
    let found = dba
        .texts("select distinct concat_ws(' ', kind, seq, problem) from transcript.verify_blobs() order by 1")
        .await;
    dba.run("rollback").await;
    found
        .iter()
        .map(|f| f.trim_matches(['(', ')', '"']).to_owned())
        .collect()
}

#[tokio::test]
async fn every_corruption_is_found() {
    let db = Database::migrated().await;
    let mut dba = filled(&db).await;
    assert_eq!(dba.texts(PROBLEMS).await, SOUND);
    let wrong = "content does not match its digest or size";
    let lost = "what it refers to is missing or corrupt";
    let orphan = "nothing refers to it";
    // The image stands in both conversations, each with a row of its own.
    let of_c = "conversation_id = transcript.conversation_id('acme', 'c')";
    let spilled = "digest in (select digest from transcript.events where seq = 2)";
    let cut = "digest in (select digest from transcript.events where seq = 3)";
    let item = "digest in (select item from transcript.inputs where position = 2)";
    let event = |seq: i64| format!("event {seq} {lost}");
    let cases: Vec<(String, Vec<String>)> = vec![
        (format!("update transcript.attachments set content = set_byte(content, 99, (get_byte(content, 99) + 1) % 256) where {of_c}"), vec![format!("attachment {wrong}"), event(1)]),
        (format!("update transcript.attachments set content_bytes = 3 where {of_c}"), vec![format!("attachment {wrong}")]),
        (format!("delete from transcript.attachments where {of_c}"), vec!["attachment is missing".to_owned(), event(1)]),
        (format!("update transcript.blobs set payload = jsonb_set(payload, '{{log}}', '\"x\"') where {spilled}"), vec![format!("blob {wrong}"), event(2)]),
        (format!("update transcript.blobs set payload_bytes = payload_bytes + 1 where {spilled}"), vec![format!("blob {wrong}")]),
        (format!("delete from transcript.blobs where {spilled}"), vec!["blob is missing".to_owned(), event(2)]),
        (format!("update transcript.blobs set payload = payload - '$capped' where {cut}"), vec![format!("blob {wrong}")]),
        (format!("delete from transcript.blobs where {item}"), vec!["blob is missing".to_owned(), event(5), event(6)]),
        (format!("update transcript.blobs set payload = '\"other\"' where {item}"), vec![format!("blob {wrong}"), event(5), event(6)]),
        ("update transcript.inputs set item = sha256('x') where position = 3".to_owned(), vec!["blob is missing".to_owned(), format!("blob {orphan}"), event(6), format!("input {wrong}")]),
        ("delete from transcript.inputs where position = 2".to_owned(), vec![format!("blob {orphan}"), event(5), event(6), "input does not follow the item before it".to_owned(), "input is missing".to_owned()]),
        ("update transcript.inputs set position = 7 where position = 3".to_owned(), vec![event(6), "input does not follow the item before it".to_owned()]),
        ("delete from transcript.events where seq in (1, 2)".to_owned(), vec![format!("attachment {orphan}"), format!("blob {orphan}")]),
        ("delete from transcript.events where seq = 6".to_owned(), vec![format!("blob {orphan}"), format!("input {orphan}")]),
        ("update transcript.events set payload = jsonb_set(payload, '{url,$attachment,sha256}', to_jsonb(repeat('a', 64))) where seq = 1 and user_id is null".to_owned(), vec!["attachment is missing".to_owned(), format!("attachment {orphan}"), event(1)]),
        ("update transcript.blobs set conversation_id = gen_random_uuid() where digest in (select digest from transcript.events where seq = 2)".to_owned(), vec!["blob is missing".to_owned(), format!("blob {orphan}"), event(2)]),
    ];
    for (change, expected) in cases {
        let mut expected = expected;
        expected.sort();
        assert_eq!(found(&mut dba, &change).await, expected, "{change}");
    }
    assert_eq!(dba.texts(PROBLEMS).await, SOUND);
}

#[tokio::test]
async fn what_is_missing_stays_a_reference_and_is_never_an_error() {
    let db = Database::migrated().await;
    let mut dba = filled(&db).await;
    dba.run("delete from transcript.attachments; delete from transcript.blobs where digest in (select item from transcript.inputs where position = 2)").await;
    dba.run("delete from transcript.blobs where digest in (select digest from transcript.events where seq = 2)").await;
    let mut app = db.app("acme").await;
    let seen = "select concat_ws(' ', seq, payload -> 'url' ? '$attachment', payload ? '$capped', payload #> '{input,1}' ? '$shared', jsonb_typeof(payload #> '{input,2}'))
        from transcript.timeline('c', inflate => true) order by seq";
    assert_eq!(
        app.texts(seen).await,
        [
            "(\"1 t f\")",
            "(\"2 t\")",
            "(\"3 t\")",
            "(\"4 f\")",
            "(\"5 f t\")",
            "(\"6 f t string\")"
        ]
    );
    assert_eq!(
        app.text(
            "select transcript.attachment('c', sha256) is null from transcript.attachments('c')"
        )
        .await,
        "true"
    );
    // A chain that is broken is not shown as a shorter input.
    dba.run("delete from transcript.inputs where position = 1")
        .await;
    assert_eq!(
        app.text("select transcript.model_input('c', 6) ? '$input'")
            .await,
        "true"
    );
    // A chain that was bent into a circle ends.
    dba.run("update transcript.inputs set parent = digest where position = 3")
        .await;
    assert_eq!(
        app.text("select transcript.model_input('c', 6) ? '$input'")
            .await,
        "true"
    );
    assert!(
        app.number("select count(*) from transcript.verify_blobs('c')")
            .await
            > 0
    );
}
