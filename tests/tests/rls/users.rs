//! Users of one tenant.

use tests::Database;

#[tokio::test]
async fn a_user_sees_and_writes_only_own_rows() {
    let db = Database::migrated().await;
    let batch = |c: &str, k: &str, user: &str| {
        let large = "word ".repeat(9_000);
        format!(
            r#"{{"conversation":"{c}","run":"r","items":[
            {{"key":"{k}","kind":"message","role":"user"{user},"payload":{{"content":"{k}"}}}},
            {{"key":"{k}-large","kind":"note"{user},"payload":{{"password":"x9-{k}","n":"{k}","log":"{large}"}}}}]}}"#
        )
    };
    let statuses = |verdicts: Vec<tests::Verdict>| -> Vec<String> {
        verdicts
            .into_iter()
            .map(|v| v.reason.map_or(v.status, |r| r[..5].to_owned()))
            .collect()
    };
    let mut ann = db.app("acme").await;
    ann.run("set transcript.user_id = 'ann'").await;
    let mut bob = db.app("acme").await;
    bob.run("set transcript.user_id = 'bob'").await;
    let mut service = db.app("acme").await;
    assert_eq!(
        statuses(ann.append(&batch("a", "1", ""), "native").await),
        ["stored", "stored"]
    );
    assert_eq!(
        statuses(bob.append(&batch("b", "1", ""), "native").await),
        ["stored", "stored"]
    );
    assert_eq!(
        statuses(service.append(&batch("nobody", "1", ""), "native").await),
        ["stored", "stored"]
    );

    // Another user's conversation, a conversation of no user, and an item in another user's name.
    assert_eq!(
        statuses(bob.append(&batch("a", "2", ""), "native").await),
        ["TR019", "TR019"]
    );
    assert_eq!(
        statuses(bob.append(&batch("nobody", "2", ""), "native").await),
        ["TR019", "TR019"]
    );
    assert_eq!(
        statuses(
            bob.append(&batch("b", "2", r#","user":"ann""#), "native")
                .await
        ),
        ["TR019", "TR019"]
    );
    assert_eq!(
        statuses(
            bob.append(&batch("new", "1", r#","user":"ann""#), "native")
                .await
        ),
        ["TR019", "TR019"]
    );
    assert_eq!(
        statuses(
            bob.append(&batch("b", "3", r#","user":"bob""#), "native")
                .await
        ),
        ["stored", "stored"]
    );
    // A service that names no user may write in a user's name, but not under another's.
    assert_eq!(
        statuses(
            service
                .append(&batch("a", "3", r#","user":"ann""#), "native")
                .await
        ),
        ["stored", "stored"]
    );
    assert_eq!(
        statuses(
            service
                .append(&batch("a", "4", r#","user":"bob""#), "native")
                .await
        ),
        ["TR019", "TR019"]
    );

    for (session, user, own, foreign) in [(&mut ann, "ann", "a", "b"), (&mut bob, "bob", "b", "a")]
    {
        for table in ["conversations", "runs", "events", "blobs"] {
            let users = session
                .texts(&format!("select distinct user_id from transcript.{table}"))
                .await;
            assert_eq!(users, [format!("({user})")], "{table}");
        }
        for function in ["timeline", "messages"] {
            assert!(
                session
                    .number(&format!(
                        "select count(*) from transcript.{function}('{own}')"
                    ))
                    .await
                    > 0
            );
            for hidden in [foreign, "nobody", "missing"] {
                let seen = session
                    .number(&format!(
                        "select count(*) from transcript.{function}('{hidden}')"
                    ))
                    .await;
                assert_eq!(seen, 0, "{user}: {function}('{hidden}')");
            }
        }
    }
    assert_eq!(
        service
            .number("select count(distinct user_id) from transcript.events")
            .await,
        2
    );
    let mut auditor = db.login("test_auditor").await;
    auditor.set_tenant("acme").await;
    let everyone = auditor
        .number("select count(*) from transcript.rejected")
        .await;
    let all = auditor.texts("select concat_ws(' ', conversation, item_index, format, reason, raw_bytes) from transcript.rejected").await;
    auditor.run("set transcript.user_id = 'ann'").await;
    let of_ann = auditor
        .texts("select distinct user_id from transcript.audit_log")
        .await;
    assert_eq!(of_ann, ["(ann)"]);
    assert_eq!(everyone, 10, "{all:?}");
    assert_eq!(
        auditor
            .number("select count(*) from transcript.rejected")
            .await,
        0,
        "ann had none rejected"
    );
    // Nothing of the refused batches is half done.
    assert_eq!(
        service
            .number("select count(*) from transcript.conversations")
            .await,
        3
    );
    assert_eq!(
        service
            .number("select sum(event_count) from transcript.conversations")
            .await,
        10
    );
}
