//! base64 in payloads becomes bytes, and comes back as the text that it was.

use crate::{Image, PROBLEMS, SOUND, notes};
use sqlx::Row;
use tests::Database;

#[tokio::test]
async fn attachments_of_every_format_are_bytes_with_their_media_type() {
    let db = Database::migrated().await;
    let mut app = db.app("acme").await;
    let image = Image::new(1, 60_000);
    let (url, data) = (image.url(), &image.base64);
    let payloads = [
        format!(
            r#"{{"role":"user","content":[{{"type":"image_url","image_url":{{"url":"{url}"}}}},{{"type":"input_image","image_url":"{url}"}}]}}"#
        ),
        format!(
            r#"{{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,{data}"}}"#
        ),
        format!(
            r#"{{"content":[{{"type":"image","source":{{"type":"base64","media_type":"image/jpeg","data":"{data}"}}}}]}}"#
        ),
        format!(
            r#"{{"parts":[{{"inlineData":{{"mimeType":"image/webp","data":"{data}"}}}},{{"inline_data":{{"mime_type":"image/gif","data":"{data}"}}}}]}}"#
        ),
        format!(r#"{{"content":[{{"type":"audio","mimeType":"audio/mpeg","data":"{data}"}}]}}"#),
        format!(r#"{{"input_audio":{{"format":"wav","data":"{data}"}}}}"#),
    ];
    let verdicts = app.append(&notes("c", &payloads), "native").await;
    assert!(
        verdicts.iter().all(|v| v.status == "stored"),
        "{verdicts:?}"
    );
    let listed = app
        .texts("select format('%s %s %s %s', seq, path, media_type, bytes) from transcript.attachments('c')")
        .await;
    let listed: Vec<_> = listed
        .iter()
        .map(|l| l.trim_matches(['(', ')', '"']))
        .collect();
    assert_eq!(
        listed,
        [
            "1 $.content[0].image_url.url image/png 60000",
            "1 $.content[1].image_url image/png 60000",
            "2 $.file_data application/pdf 60000",
            "3 $.content[0].source.data image/jpeg 60000",
            "4 $.parts[0].inlineData.data image/webp 60000",
            "4 $.parts[1].inline_data.data image/gif 60000",
            "5 $.content[0].data audio/mpeg 60000",
            "6 $.input_audio.data audio/wav 60000",
        ]
    );
    let bytes = app
        .rows("select distinct transcript.attachment('c', a.sha256), a.sha256 = sha256(transcript.attachment('c', a.sha256)) from transcript.attachments('c') a")
        .await;
    assert_eq!(bytes.len(), 1);
    assert_eq!(bytes[0].get::<Vec<u8>, _>(0), image.bytes);
    assert!(bytes[0].get::<bool, _>(1));
    // Eight references, one row; the events stay small, and nothing is capped.
    let mut dba = db.superuser().await;
    assert_eq!(
        dba.number("select count(*) from transcript.attachments")
            .await,
        1
    );
    assert_eq!(dba.number("select count(*) from transcript.blobs").await, 0);
    assert_eq!(
        dba.number("select count(*) from transcript.events where pg_column_size(payload) < 800 and parts > 0 and blob_at is null and payload_bytes > 80000").await,
        6
    );
    assert_eq!(dba.text("select string_agg(distinct attstorage::text, '') from pg_attribute a join pg_class c on c.oid = attrelid where attname = 'content' and relname ~ '^attachments' and relkind in ('r', 'p')").await, "e");
    for (n, payload) in payloads.iter().enumerate() {
        let same: String = sqlx::query_scalar(
            "select concat_ws(' ', payload = p, payload::text = p::text, digest = transcript.digest(p), payload_bytes = pg_column_size(p))
             from transcript.timeline('c', $1, 1, inflate => true), transcript.parse($2) p",
        )
        .bind(n as i64)
        .bind(payload)
        .fetch_one(&mut app.connection)
        .await
        .expect("an event");
        assert_eq!(same, "t t t t", "{n}");
    }
    let again = app.append(&notes("c", &payloads), "native").await;
    assert!(again.iter().all(|v| v.status == "duplicate"), "{again:?}");
    assert_eq!(dba.texts(PROBLEMS).await, SOUND);
}

#[tokio::test]
async fn attachments_within_a_capped_payload_and_an_input_are_found() {
    let db = Database::migrated().await;
    let mut app = db.app("acme").await;
    let (one, two) = (Image::new(1, 5_000), Image::new(2, 7_000));
    let log = "a line of a log ".repeat(4_000);
    let capped = format!(r#"{{"log":"{log}","shot":"{}"}}"#, one.url());
    let call = format!(
        r#"{{"messages":[{{"role":"user","content":"{}"}},{{"role":"user","content":[{{"image_url":"{}"}}]}}],"log":"{log}"}}"#,
        "words ".repeat(200),
        two.url()
    );
    app.append(&notes("c", std::slice::from_ref(&capped)), "native")
        .await;
    let batch = notes("c", std::slice::from_ref(&call))
        .replace("\"k0\"", "\"m\"")
        .replace("note", "model_call");
    app.append(&batch, "native").await;
    let listed = app
        .texts("select format('%s %s %s', seq, path, bytes) from transcript.attachments('c')")
        .await;
    assert_eq!(
        listed,
        [
            "(\"1 $.shot 5000\")",
            "(\"2 $.messages[1].content[0].image_url 7000\")"
        ]
    );
    let same = "select concat_ws(' ', payload = transcript.parse($2), capped, digest = transcript.digest(payload))
        from transcript.timeline('c', $1, 1, inflate => true)";
    for (n, payload) in [&capped, &call].into_iter().enumerate() {
        let same: String = sqlx::query_scalar(same)
            .bind(n as i64)
            .bind(payload)
            .fetch_one(&mut app.connection)
            .await
            .expect("an event");
        assert_eq!(same, "t t t", "{n}");
    }
    // What is inline says what the whole was.
    let marked = "select bool_and(payload -> '$capped' @> jsonb_build_object('bytes', payload_bytes, 'sha256', encode(digest, 'hex'))) from transcript.timeline('c')";
    assert_eq!(app.text(marked).await, "true");
    let mut dba = db.superuser().await;
    assert_eq!(dba.texts(PROBLEMS).await, SOUND);
}

#[tokio::test]
async fn the_setting_says_how_large_an_attachment_is() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let mut app = db.app("acme").await;
    for (least, most, expected) in [
        (1024, 1_048_576, 2),
        (1025, 1_048_576, 1),
        (64, 4_000, 1),
        (2000, 4_000, 0),
    ] {
        dba.run(&format!("update transcript.settings set attachment_bytes = {least}, inline_bytes = 1000, blob_bytes = {most}")).await;
        let conversation = format!("c{least}-{most}");
        let payloads =
            [1024, 5_000].map(|bytes| format!(r#"{{"url":"{}"}}"#, Image::new(3, bytes).url()));
        app.append(&notes(&conversation, &payloads), "native").await;
        let count = format!("select count(*) from transcript.attachments('{conversation}')");
        assert_eq!(app.number(&count).await, expected, "{conversation}");
    }
    // Over the blob cap it stays text, and is cut like text: the marker says so.
    let cut = "select payload ? '$capped' and capped from transcript.timeline('c64-4000', 1, 1, inflate => true)";
    assert_eq!(app.text(cut).await, "true");
    assert_eq!(dba.texts(PROBLEMS).await, SOUND);
}
