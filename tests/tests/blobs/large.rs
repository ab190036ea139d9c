//! Payloads and attachments of many megabytes.

use crate::{Image, PROBLEMS, SOUND, notes};
use tests::Database;

/// Run by hand, with a size in MB: `BLOB_MB=200 cargo test -- --ignored`.
#[tokio::test]
#[ignore = "takes gigabytes of memory"]
async fn a_payload_of_hundreds_of_megabytes_is_kept_whole() {
    let megabytes = std::env::var("BLOB_MB")
        .ok()
        .and_then(|mb| mb.parse().ok())
        .unwrap_or(200);
    whole(megabytes).await;
}

#[tokio::test]
async fn a_payload_of_megabytes_is_kept_whole() {
    whole(8).await;
}

async fn whole(megabytes: usize) {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    dba.run("update transcript.settings set blob_bytes = 268435455, max_item_bytes = 268435455")
        .await;
    let mut app = db.app("acme").await;
    let batch = format!(
        "jsonb_build_object('conversation', 'c', 'items', jsonb_build_array(jsonb_build_object('key', 'k', 'kind', 'note', 'payload',
           jsonb_build_object('log', (select string_agg(md5(n::text), ' ') from generate_series(1, {megabytes} * 1048576 / 33) n)))))"
    );
    let started = std::time::Instant::now();
    assert_eq!(
        app.text(&format!("select status from transcript.append({batch})"))
            .await,
        "stored"
    );
    let stored = started.elapsed();
    let started = std::time::Instant::now();
    let same = format!(
        "select concat_ws(' ', payload = {batch} #> '{{items,0,payload}}', capped, payload_bytes > {megabytes} * 1000000)
         from transcript.timeline('c', inflate => true)"
    );
    assert_eq!(app.text(&same).await, "t t t");
    println!(
        "{megabytes} MB: stored in {stored:?}, read in {:?}",
        started.elapsed()
    );
    assert_eq!(
        app.text("select not truncated from transcript.blobs").await,
        "true"
    );
    let started = std::time::Instant::now();
    assert_eq!(dba.texts(PROBLEMS).await, SOUND);
    println!("verified in {:?}", started.elapsed());
}

#[tokio::test]
async fn an_image_of_megabytes_leaves_its_event_small() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    dba.run("update transcript.settings set blob_bytes = 268435455")
        .await;
    let mut app = db.app("acme").await;
    let image = Image::new(11, 12_000_000);
    app.append(
        &notes("c", &[format!(r#"{{"image_url":"{}"}}"#, image.url())]),
        "native",
    )
    .await;
    assert_eq!(app.text("select concat_ws(' ', capped, parts, pg_column_size(payload) < 500, payload_bytes) from transcript.timeline('c')").await, "f 1 t 16000047");
    let back: Vec<u8> = sqlx::query_scalar(
        "select transcript.attachment('c', sha256) from transcript.attachments('c')",
    )
    .fetch_one(&mut app.connection)
    .await
    .expect("bytes");
    assert!(back == image.bytes);
    assert_eq!(app.text("select transcript.digest(payload) = digest from transcript.timeline('c', inflate => true)").await, "true");
}
