//! One purge takes the events and all that they refer to.

use crate::{Image, PROBLEMS, SOUND, notes};
use tests::Database;

#[tokio::test]
async fn parts_go_with_their_events_and_not_before() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    dba.run("select transcript.create_leaf(p, p || '_old', '2020-01-01Z', '2020-01-08Z') from unnest(transcript.partitioned_tables()) p").await;
    let mut app = db.app("acme").await;
    let words = "some words ".repeat(120);
    let payload = format!(
        r#"{{"url":"{}","input":["{words}"],"log":"{}"}}"#,
        Image::new(9, 3_000).url(),
        "a line ".repeat(9_000)
    );
    let batch = notes("c", &[payload]).replace("note", "model_call");
    app.append(&batch, "native").await;
    // The same event as it would have been stored then.
    dba.run(
        "insert into transcript.events (conversation_id, seq, recorded_at, event_key, tenant_id, kind, payload, payload_bytes, digest, policy_version)
         select conversation_id, 2, '2020-01-03T23:59:59.999Z', gen_random_uuid(), tenant_id, kind, transcript.whole_payload(e), 0, '', 0 from transcript.events e",
    )
    .await;
    let rows = "select string_agg(format('%s %s', t, n), ', ' order by t) from (
        select 'attachments' as t, count(*) as n from transcript.attachments union all
        select 'blobs', count(*) from transcript.blobs union all
        select 'events', count(*) from transcript.events union all
        select 'inputs', count(*) from transcript.inputs) x";
    assert_eq!(
        dba.text(rows).await,
        "attachments 2, blobs 4, events 2, inputs 2"
    );
    assert_eq!(
        dba.text("select bool_and(recorded_at = '2020-01-03Z') from transcript.attachments_old")
            .await,
        "true"
    );
    assert_eq!(dba.texts(PROBLEMS).await, SOUND);
    let mut purger = db.login("test_purger").await;
    let plan = purger.texts("select format('%s %s %s', leaf, rows, action) from transcript.purge_plan() where leaf ~ '_old$'").await;
    assert_eq!(
        plan,
        [
            "(\"events_old 1 drop\")",
            "(\"blobs_old 2 drop\")",
            "(\"attachments_old 1 drop\")",
            "(\"inputs_old 1 drop\")",
            "(\"changes_old 0 drop\")"
        ]
    );
    // Not before the events are gone.
    for parent in ["blobs", "attachments", "inputs"] {
        let dropped = purger
            .text(&format!(
                "select transcript.drop_leaf('{parent}', '{parent}_old')"
            ))
            .await;
        assert_eq!(dropped, "false", "{parent}");
    }
    purger.run("call transcript.purge()").await;
    assert_eq!(
        dba.text(rows).await,
        "attachments 1, blobs 2, events 1, inputs 1"
    );
    assert_eq!(
        dba.number("select count(*) from transcript.partitions where leaf ~ '_old$'")
            .await,
        0
    );
    assert_eq!(dba.texts(PROBLEMS).await, SOUND);
    assert_eq!(
        dba.number("select sum(rows_removed) from transcript.purge_log where result = 'done'")
            .await,
        5
    );
}

#[tokio::test]
async fn what_nothing_refers_to_is_removed_and_the_rest_stays() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let mut app = db.app("acme").await;
    let (one, two) = (Image::new(1, 2_000), Image::new(2, 2_000));
    let payloads = [
        format!(r#"{{"url":"{}"}}"#, one.url()),
        format!(r#"["{}","{}"]"#, one.url(), two.url()),
    ];
    app.append(&notes("c", &payloads), "native").await;
    app.append(&notes("other", &payloads), "native").await;
    let drop = "select transcript.drop_unreferenced(transcript.conversation_id('acme', 'c'), date_trunc('day', now(), 'UTC'))";
    assert_eq!(dba.number(drop).await, 0);
    dba.run("delete from transcript.events where seq = 2").await;
    assert_eq!(dba.number(drop).await, 1);
    assert_eq!(dba.number(drop).await, 0);
    assert_eq!(
        dba.number("select count(*) from transcript.attachments")
            .await,
        3,
        "the other conversation's stay"
    );
    assert_eq!(app.text("select transcript.digest(payload) = digest from transcript.timeline('c', inflate => true)").await, "true");
}
