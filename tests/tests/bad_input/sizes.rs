//! Too deep, too large.

use crate::refusal::{APPEND, CANARY, counts, refused};
use tests::Database;

#[tokio::test]
async fn three_hundred_levels_of_nesting() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let mut app = db.app("acme").await;
    let before = counts(&mut dba).await;
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!("{}\"kanarienvogel\"{}", open.repeat(300), close.repeat(300));
        for sql in [
            "select transcript.redact($1::jsonb, transcript.builtin_policy())",
            "select transcript.digest($1::jsonb)",
            "select transcript.cap($1::jsonb, 100)",
        ] {
            let query = sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).bind(&deep);
            let Err(error) = query.fetch_all(&mut app.connection).await else {
                // `digest` and `cap` may well answer; `redact` must not let it in.
                assert!(sql.contains("digest") || sql.contains("cap"), "{sql}");
                continue;
            };
            assert_eq!(tests::sqlstate(&error), "TR002", "{sql}: {error}");
            assert!(!format!("{error:?}").contains(CANARY));
        }
        let (state, message, hint) = refused(
            &mut app,
            APPEND,
            &format!(
                r#"{{"conversation":"c","items":[{{"key":"k","kind":"note","payload":{deep}}}]}}"#
            ),
        )
        .await;
        assert_eq!(state, "TR002");
        assert!(
            message.contains("256 levels") && hint.contains("flatten"),
            "{message}; {hint}"
        );
        // In what the batch says of the conversation.
        let (state, ..) = refused(&mut app, "select * from transcript.append($1::jsonb)", &format!(r#"{{"conversation":"c","metadata":{{"m":{deep}}},"items":[{{"key":"k","kind":"note","payload":1}}]}}"#)).await;
        assert_eq!(state, "TR002");
        assert_eq!(counts(&mut dba).await, before);
    }
    // ::jsonb takes more levels: then it is one item, and its siblings are stored.
    let deep = format!("{}\"kanarienvogel\"{}", "[".repeat(300), "]".repeat(300));
    let rows = sqlx::query_as::<_, (String, Option<String>)>("select status, reason from transcript.append($1::jsonb)")
        .bind(format!(r#"{{"conversation":"c","items":[{{"key":"k","kind":"note","payload":{deep}}},{{"key":"l","kind":"note","payload":1}}]}}"#))
        .fetch_all(&mut app.connection)
        .await
        .expect("append");
    assert_eq!(rows[1].0, "stored");
    let reason = rows[0].1.as_deref().unwrap_or_default();
    assert!(
        reason.starts_with("TR002: item is nested deeper than 256 levels; flatten"),
        "{reason}"
    );
    assert_eq!(
        dba.number(
            "select count(*) from transcript.rejected where conversation = 'c' and item_index = 0"
        )
        .await,
        1
    );
    assert_eq!(
        dba.number("select count(*) from transcript.events").await,
        1
    );
}

#[tokio::test]
async fn a_payload_of_200_mb() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let mut app = db.app("acme").await;
    let rows = sqlx::query_as::<_, (String, Option<i64>, Option<String>)>(
        "select status, seq, reason from transcript.append(jsonb_build_object('conversation', 'c', 'items', jsonb_build_array(
           jsonb_build_object('key', 'large', 'kind', 'note', 'payload', 'kanarienvogel' || repeat('x', 200 * 1024 * 1024)),
           jsonb_build_object('key', 'small', 'kind', 'note', 'payload', 1))))",
    )
    .fetch_all(&mut app.connection)
    .await
    .expect("append");
    assert_eq!((rows[1].0.as_str(), rows[1].1), ("stored", Some(1)));
    let reason = rows[0].2.clone().unwrap_or_default();
    assert_eq!(rows[0].0, "rejected");
    assert!(reason.starts_with("TR003: item has 20971"), "{reason}");
    assert!(
        reason.contains("more than the 67108864 allowed"),
        "{reason}"
    );
    // The hint names the setting that exists.
    assert!(reason.contains("settings.max_item_bytes"), "{reason}");
    assert_eq!(dba.number("select count(*) from transcript.rejected where raw like '%kanarienvogel%' and octet_length(raw) <= 65536").await, 1);
    assert_eq!(
        dba.number("select count(*) from transcript.events").await,
        1
    );

    // As text. One that no jsonb can hold is an error of our own, not the server's.
    assert_eq!(dba.number("select length(transcript.parse('\"' || repeat('x', 200 * 1024 * 1024) || '\"') #>> '{}')").await, 200 * 1024 * 1024);
    let (state, message, hint) = app
        .error("select transcript.parse('\"' || repeat('x', 300 * 1024 * 1024) || '\"')")
        .await;
    assert_eq!(
        (state.as_str(), message.as_str(), hint.as_str()),
        (
            "TR003",
            "payload is too large for jsonb",
            "split the payload"
        )
    );
    // A dead line of that size keeps its head.
    app.run(
        "select transcript.reject('f', 1, 'native', 'too large', repeat('x', 100 * 1024 * 1024))",
    )
    .await;
    assert_eq!(dba.number("select count(*) from transcript.rejected where raw_bytes = 100 * 1024 * 1024 and octet_length(raw) <= 1048576").await, 1);
}
