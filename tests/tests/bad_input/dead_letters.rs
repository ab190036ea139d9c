//! Dead letters that look alike.

use tests::Database;

#[tokio::test]
async fn dead_letters_of_two_users_are_two_and_hide_from_each_other() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let batch = r#"{"conversation":"c","items":[{"kind":"note","payload":"kanarienvogel"},{"key":"k","kind":"note","payload":1}]}"#;
    for user in ["ann", "bob"] {
        let mut app = db.app("acme").await;
        app.run(&format!("set transcript.user_id = '{user}'")).await;
        let verdicts = app
            .try_append(batch, "native")
            .await
            .unwrap_or_else(|e| panic!("{user}: {e}"));
        assert_eq!(verdicts[0].status, "rejected");
        assert_eq!(
            app.text("select transcript.reject('f', 1, 'native', 'r', 'raw')")
                .await,
            ""
        );
    }
    assert_eq!(
        dba.number("select count(*) from transcript.rejected where reason like 'TR018%'")
            .await,
        2
    );
    assert_eq!(
        dba.number("select count(*) from transcript.rejected where raw = 'raw'")
            .await,
        2
    );
}

#[tokio::test]
async fn dead_letters_that_differ_only_in_what_is_hidden_are_all_kept() {
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
    for key in ["first", "second"] {
        let batch = format!(
            r#"{{"conversation":"c","items":[{{"key":"{key}","kind":"kind of {key}","payload":{{"n":1}}}}]}}"#
        );
        assert!(
            bob.append(&batch, "native").await[0]
                .reason
                .as_deref()
                .unwrap_or_default()
                .starts_with("TR019")
        );
    }
    // Two events were refused: both are there, with all that was said of them.
    assert_eq!(
        dba.number("select count(*) from transcript.rejected").await,
        2
    );
    assert_eq!(
        dba.number("select count(*) from transcript.rejected where raw like '%kind of%'")
            .await,
        2
    );
}
