//! What is refused whole: batches that are none, formats, tenants, nulls.

use crate::refusal::{APPEND, CANARY, counts, refused};
use tests::Database;

#[tokio::test]
async fn a_batch_that_is_none_is_refused_whole() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let mut app = db.app("acme").await;
    app.append(
        r#"{"conversation":"c","items":[{"key":"k","kind":"note","payload":1}]}"#,
        "native",
    )
    .await;
    let before = counts(&mut dba).await;
    let good = r#"{"key":"good","kind":"note","payload":1}"#;
    let c = CANARY;
    for (batch, state, named) in [
        // Not JSON.
        (c.to_owned(), "TR001", "text is not JSON"),
        ("".to_owned(), "TR001", "text is not JSON"),
        (
            format!(r#"{{"conversation":"{c}","items":[{good}]"#),
            "TR001",
            "text is not JSON",
        ),
        (
            format!(r#"{{"conversation":"c","items":[{good}]}} {c}"#),
            "TR001",
            "text is not JSON",
        ),
        (
            format!(r#"{{'conversation':'{c}','items':[{good}]}}"#),
            "TR001",
            "text is not JSON",
        ),
        // Another envelope.
        (
            format!("\"{c}\""),
            "TR010",
            "batch must be an object or an array, not a string",
        ),
        (
            "7".to_owned(),
            "TR010",
            "batch must be an object or an array, not a number",
        ),
        (
            "null".to_owned(),
            "TR010",
            "batch must be an object or an array, not null",
        ),
        ("{}".to_owned(), "TR010", "batch has no \"items\""),
        (
            format!(r#"{{"conversation":"{c}"}}"#),
            "TR010",
            "batch has no \"items\"",
        ),
        (
            format!(r#"{{"conversation":"c","items":"{c}"}}"#),
            "TR010",
            "batch member \"items\" must be an array, not a string",
        ),
        (
            format!(r#"{{"conversation":"c","items":{{"{c}":1}}}}"#),
            "TR010",
            "batch member \"items\" must be an array, not an object",
        ),
        (
            format!(r#"{{"conversation":"c","messages":["{c}"],"items":[{good}]}}"#),
            "TR010",
            "batch member \"messages\" is not known",
        ),
        (
            format!(r#"{{"conversation":"c","it is {c}":1,"items":[{good}]}}"#),
            "TR010",
            "batch member of 19 bytes is not known",
        ),
        // Something else where a string belongs.
        (
            format!(r#"{{"conversation":7,"items":[{good}]}}"#),
            "TR010",
            "batch member \"conversation\" must be a string, not a number",
        ),
        (
            format!(r#"{{"conversation":["{c}"],"items":[{good}]}}"#),
            "TR010",
            "batch member \"conversation\" must be a string, not an array",
        ),
        (
            format!(r#"{{"conversation":"c","run":12,"items":[{good}]}}"#),
            "TR010",
            "batch member \"run\" must be a string, not a number",
        ),
        (
            format!(r#"{{"conversation":"c","user":{{"{c}":1}},"items":[{good}]}}"#),
            "TR010",
            "batch member \"user\" must be a string, not an object",
        ),
        (
            format!(r#"{{"conversation":"c","title":true,"items":[{good}]}}"#),
            "TR010",
            "batch member \"title\" must be a string, not a boolean",
        ),
        (
            format!(r#"{{"conversation":"c","metadata":"{c}","items":[{good}]}}"#),
            "TR010",
            "batch member \"metadata\" must be an object, not a string",
        ),
        (
            format!(r#"{{"conversation":"c","sequence":"{c}","items":[{good}]}}"#),
            "TR010",
            "batch member \"sequence\" must be a 64-bit integer, not a string",
        ),
        (
            format!(r#"{{"conversation":"c","sequence":1.5,"items":[{good}]}}"#),
            "TR010",
            "batch member \"sequence\" must be a 64-bit integer, not a number",
        ),
    ] {
        let (found, message, hint) = refused(&mut app, APPEND, &batch).await;
        assert_eq!(found, state, "{batch}: {message}");
        assert!(message.contains(named), "{batch}: {message}");
        if state == "TR010" {
            assert!(hint.contains("items"), "{hint}");
        }
        assert_eq!(counts(&mut dba).await, before, "{batch} is half done");
    }
}

#[tokio::test]
async fn an_unknown_format_is_named() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let mut app = db.app("acme").await;
    let before = counts(&mut dba).await;
    let append = r#"select * from transcript.append('{"conversation":"c","items":[{"key":"k","kind":"note","payload":1}]}', $1)"#;
    for (format, named) in [
        ("openai-chart", "format \"openai-chart\" is not known"),
        ("NATIVE", "format \"NATIVE\" is not known"),
        ("", "format of 0 bytes is not known"),
        ("it is kanarienvogel", "format of 19 bytes is not known"),
    ] {
        let (state, message, hint) = refused(&mut app, append, format).await;
        assert_eq!((state.as_str(), message.as_str()), ("TR011", named));
        assert!(hint.contains("transcript.formats()"), "{hint}");
    }
    assert_eq!(counts(&mut dba).await, before);
    // The hint's word for it: every one listed is taken.
    for format in app
        .texts("select unnest(aliases || format) from transcript.formats()")
        .await
    {
        let format = format.trim_matches(['(', ')', '"']).to_owned();
        assert!(
            app.try_append(r#"{"conversation":"c","items":[]}"#, &format)
                .await
                .is_ok(),
            "{format}"
        );
    }
}

#[tokio::test]
async fn without_a_tenant_nothing_is_read_or_written() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let before = counts(&mut dba).await;
    for tenant in [None, Some(""), Some(" "), Some(" \t ")] {
        let mut app = db.login("test_app").await;
        if let Some(tenant) = tenant {
            app.set_tenant(tenant).await;
        }
        let batch = r#"{"conversation":"kanarienvogel","items":[{"key":"k","kind":"note","payload":"kanarienvogel"}]}"#;
        for (sql, bound) in [
            (APPEND, batch),
            (
                "select transcript.reject('s', 1, 'native', 'r', $1)",
                "kanarienvogel",
            ),
            ("select * from transcript.timeline($1)", "kanarienvogel"),
            ("select * from transcript.messages($1)", "kanarienvogel"),
        ] {
            let (state, message, hint) = refused(&mut app, sql, bound).await;
            // Before anything is stored a function that reads an empty table says so, too.
            assert_eq!(
                (state.as_str(), message.as_str()),
                ("TR012", "tenant is not set"),
                "{tenant:?}: {sql}"
            );
            assert!(hint.contains("SET LOCAL transcript.tenant"), "{hint}");
        }
    }
    assert_eq!(counts(&mut dba).await, before);
}

#[tokio::test]
async fn null_arguments_are_refused_where_they_would_lose_something() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let mut app = db.app("acme").await;
    let before = counts(&mut dba).await;
    for sql in [
        "select * from transcript.append(null)",
        "select * from transcript.append('[]', null)",
    ] {
        let (state, message, hint) = app.error(sql).await;
        assert_eq!(state, "TR010", "{sql}");
        assert!(
            message.contains("null") && hint.contains("items"),
            "{message}; {hint}"
        );
    }
    assert_eq!(counts(&mut dba).await, before);
    // A line is kept whatever is not known of it.
    app.run("select transcript.reject(null, null, null, null, 'kanarienvogel'); select transcript.reject(null, null, null, null, null)").await;
    assert_eq!(
        dba.number("select count(*) from transcript.rejected where raw = 'kanarienvogel'")
            .await,
        1
    );
    assert_eq!(
        dba.number("select count(*) from transcript.rejected").await,
        2
    );
    // Computing functions are strict.
    for sql in [
        "transcript.parse(null)",
        "transcript.digest(null)",
        "transcript.cap(null, 1)",
        "transcript.cap('1', null)",
        "transcript.redact(null, '{}')",
        "transcript.builtin_policy(null)",
    ] {
        assert_eq!(
            app.number(&format!("select ({sql} is null)::int")).await,
            1,
            "{sql}"
        );
    }
    assert_eq!(
        app.number("select count(*) from transcript.timeline(null)")
            .await,
        0
    );
}
