//! Tenants: nothing of another is seen, and a context ends with its transaction.

use tests::Database;

#[tokio::test]
async fn a_foreign_and_a_missing_conversation_give_the_same_answer() {
    let db = Database::migrated().await;
    let batch = |c: &str, n: i32| {
        format!(
            r#"{{"conversation":"{c}","items":[{{"key":"k","kind":"message","role":"user","payload":{{"content":"{n}"}}}}]}}"#
        )
    };
    let mut rival = db.app("rival").await;
    rival.append(&batch("theirs", 1), "native").await;
    rival.append(&batch("both", 2), "native").await;
    let mut acme = db.app("acme").await;
    // The same key in the same external conversation: another tenant's is no duplicate.
    let verdicts = acme.append(&batch("both", 3), "native").await;
    assert_eq!(
        (verdicts[0].status.as_str(), verdicts[0].seq),
        ("stored", Some(1))
    );
    assert_ne!(
        acme.text("select transcript.conversation_id('acme', 'both')")
            .await,
        acme.text("select transcript.conversation_id('rival', 'both')")
            .await
    );
    assert_eq!(
        acme.texts("select content from transcript.messages('both')")
            .await,
        ["(3)"]
    );
    for function in ["timeline", "messages"] {
        for conversation in ["theirs", "missing"] {
            let rows = acme
                .number(&format!(
                    "select count(*) from transcript.{function}('{conversation}')"
                ))
                .await;
            assert_eq!(rows, 0, "{function}('{conversation}')");
        }
    }
    // By its computed id, which is no secret.
    for table in ["conversations", "events", "runs", "blobs"] {
        let rows = acme
            .number(&format!("select count(*) from transcript.{table} where conversation_id = transcript.conversation_id('rival', 'theirs')"))
            .await;
        assert_eq!(rows, 0, "{table}");
    }
    // Writing to the foreign one's name makes one's own.
    assert_eq!(
        acme.append(&batch("theirs", 4), "native").await[0].seq,
        Some(1)
    );
    assert_eq!(
        rival
            .texts("select content from transcript.messages('theirs')")
            .await,
        ["(1)"]
    );
}

#[tokio::test]
async fn a_context_ends_with_its_transaction() {
    let db = Database::migrated().await;
    let mut setup = db.app("acme").await;
    setup
        .append(
            r#"{"conversation":"c","items":[{"key":"a","kind":"note","payload":1}]}"#,
            "native",
        )
        .await;
    let mut app = db.login("test_app").await;
    app.run("begin; set local transcript.tenant = 'acme'").await;
    assert_eq!(
        app.number("select count(*) from transcript.timeline('c')")
            .await,
        1
    );
    app.run("commit").await;
    for after in [
        "select 1",
        "reset transcript.tenant",
        "reset all",
        "set transcript.tenant = '   '",
    ] {
        app.run(after).await;
        assert_eq!(
            app.number("select count(*) from transcript.events").await,
            0,
            "{after}"
        );
        assert_eq!(
            app.number("select count(*) from transcript.conversations")
                .await,
            0,
            "{after}"
        );
        let (state, message, hint) = app.error("select * from transcript.timeline('c')").await;
        assert_eq!(
            (state.as_str(), message.as_str(), hint.is_empty()),
            ("TR012", "tenant is not set", false),
            "{after}"
        );
        assert_eq!(
            app.error("select * from transcript.messages('c')").await.0,
            "TR012",
            "{after}"
        );
        assert_eq!(
            app.error("select transcript.append('[]')").await.0,
            "TR012",
            "{after}"
        );
    }
    // A rolled back context ends as well.
    app.run("begin; set local transcript.tenant = 'acme'; rollback")
        .await;
    assert_eq!(
        app.number("select count(*) from transcript.events").await,
        0
    );
}

#[tokio::test]
async fn tenants_interleaved_on_one_connection_never_mix() {
    let db = Database::migrated().await;
    let mut pooled = db.login("test_app").await;
    let tenants = ["acme", "rival", "third"];
    let mut stored = [0i64; 3];
    let mut random: u32 = 12_345;
    for turn in 0..150 {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let which = (random >> 16) as usize % 4;
        pooled.run("begin").await;
        if which == 3 {
            // A client that forgot: nothing is visible, nothing is written.
            assert_eq!(
                pooled
                    .number("select count(*) from transcript.events")
                    .await,
                0,
                "turn {turn}"
            );
            let refused = pooled
                .try_append(r#"{"conversation":"c","items":[]}"#, "native")
                .await;
            assert_eq!(tests::sqlstate(&refused.expect_err("no tenant")), "TR012");
            pooled.run("rollback").await;
            continue;
        }
        let tenant = tenants[which];
        pooled
            .run(&format!("set local transcript.tenant = '{tenant}'"))
            .await;
        // Prepared statements with cached plans: always the same text.
        let seen = pooled
            .number("select count(*) from transcript.events")
            .await;
        assert_eq!(seen, stored[which], "turn {turn}: {tenant}");
        let timeline = pooled
            .number("select count(*) from transcript.timeline('c')")
            .await;
        assert_eq!(timeline, stored[which], "turn {turn}: {tenant}");
        let foreign = pooled
            .number("select count(*) from transcript.events where tenant_id <> current_setting('transcript.tenant')")
            .await;
        assert_eq!(foreign, 0);
        let batch = format!(
            r#"{{"conversation":"c","items":[{{"key":"{turn}","kind":"note","payload":{{"of":"{tenant}"}}}}]}}"#
        );
        let verdicts = pooled.append(&batch, "native").await;
        assert_eq!(verdicts[0].seq, Some(stored[which] + 1));
        if (random >> 8).is_multiple_of(3) {
            pooled.run("rollback").await;
        } else {
            pooled.run("commit").await;
            stored[which] += 1;
        }
    }
    let mut dba = db.superuser().await;
    assert_eq!(
        dba.number("select count(*) from transcript.events where tenant_id <> payload ->> 'of'")
            .await,
        0
    );
    assert_eq!(
        dba.number("select count(*) from transcript.events").await,
        stored.iter().sum::<i64>()
    );
}
