//! Who sees what is stored apart: whoever sees the event, and nobody else.

use crate::{Image, notes};
use tests::Database;

#[tokio::test]
async fn neither_another_tenant_nor_another_user_reads_or_verifies_them() {
    let db = Database::migrated().await;
    let image = Image::new(5, 3_000);
    let words = "some words ".repeat(120);
    let payloads = [
        format!(r#"{{"url":"{}"}}"#, image.url()),
        format!(r#"{{"input":["{words}"]}}"#),
    ];
    let batch = notes("c", &payloads).replace(
        "\"key\":\"k1\",\"kind\":\"note\"",
        "\"key\":\"k1\",\"kind\":\"model_call\"",
    );
    let mut ann = db.app("acme").await;
    ann.run("set transcript.user_id = 'ann'").await;
    ann.append(&batch, "native").await;
    let sha256 = ann
        .text("select sha256 from transcript.attachments('c')")
        .await;
    let seen = format!(
        "select concat_ws(' ', (select count(*) from transcript.attachments('c')),
           (select count(transcript.attachment('c', '{sha256}'))), (select count(transcript.model_input('c', 2))),
           (select count(*) from transcript.verify_blobs()), (select count(*) from transcript.verify_blobs('c')))"
    );
    assert_eq!(ann.text(&seen).await, "1 1 1 0 0");
    let mut service = db.app("acme").await;
    assert_eq!(service.text(&seen).await, "1 1 1 0 0");
    let mut bob = db.app("acme").await;
    bob.run("set transcript.user_id = 'bob'").await;
    let mut rival = db.app("rival").await;
    for stranger in [&mut bob, &mut rival] {
        assert_eq!(stranger.text(&seen).await, "0 0 0 0 0");
        for table in ["attachments", "inputs", "blobs"] {
            assert_eq!(
                stranger
                    .number(&format!("select count(*) from transcript.{table}"))
                    .await,
                0
            );
        }
        // Neither by the functions behind them, which take the ids as they are.
        let past = "select transcript.inflated(transcript.conversation_id('acme', 'c'), 'x', now(), null,
            jsonb_build_object('$attachment', jsonb_build_object('bytes', 3000, 'sha256', substr($1, 3)))) ? '$attachment'";
        let hidden: bool = sqlx::query_scalar(past)
            .bind(&sha256)
            .fetch_one(&mut stranger.connection)
            .await
            .expect("a reference");
        assert!(hidden);
    }
    // The same content of another tenant is a row of its own.
    rival.append(&batch, "native").await;
    assert_eq!(rival.text(&seen).await, "1 1 1 0 0");
    let mut dba = db.superuser().await;
    assert_eq!(
        dba.number("select count(*) from transcript.attachments")
            .await,
        2
    );
}

#[tokio::test]
async fn writers_read_nothing_and_nobody_calls_what_removes() {
    let db = Database::migrated().await;
    let mut writer = db.login("test_writer").await;
    writer.set_tenant("acme").await;
    for call in [
        "transcript.attachments('c')",
        "transcript.attachment('c', 'x')",
        "transcript.model_input('c', 1)",
        "transcript.verify_blobs()",
    ] {
        assert_eq!(
            writer.error(&format!("select {call}")).await.0,
            "42501",
            "{call}"
        );
    }
    for login in [
        "test_app",
        "test_reader",
        "test_auditor",
        "test_purger",
        "test_stranger",
    ] {
        let mut session = db.login(login).await;
        session.set_tenant("acme").await;
        assert_eq!(
            session
                .error("select transcript.drop_unreferenced(gen_random_uuid(), now())")
                .await
                .0,
            "42501",
            "{login}"
        );
        for table in ["blobs", "attachments", "inputs"] {
            assert_eq!(
                session
                    .error(&format!("delete from transcript.{table}"))
                    .await
                    .0,
                "42501",
                "{login} {table}"
            );
        }
    }
    let mut reader = db.login("test_reader").await;
    assert_eq!(
        reader
            .error("select * from transcript.attachments('c')")
            .await
            .0,
        "TR012"
    );
    assert_eq!(
        reader
            .error("select transcript.model_input('c', 1)")
            .await
            .0,
        "TR012"
    );
    for call in ["verify_blobs('c')", "verify_blobs()"] {
        assert_eq!(
            reader.error(&format!("select transcript.{call}")).await.0,
            "TR012",
            "{call}"
        );
    }
}
