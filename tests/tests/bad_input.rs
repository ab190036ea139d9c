//! Bad input: each has its own SQLSTATE, a message that names the thing, a hint, and no content; nothing
//! is half done, and what can be kept is kept as a dead letter.

use sqlx::postgres::PgDatabaseError;
use tests::{Database, Session};

const CANARY: &str = "kanarienvogel";

/// Runs SQL with a bound text that must fail; the error has a hint and no content.
async fn refused(session: &mut Session, sql: &str, bound: &str) -> (String, String, String) {
    let query = sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).bind(bound);
    let shown: String = bound.chars().take(100).collect();
    let outcome = query.fetch_all(&mut session.connection).await;
    let error = outcome
        .err()
        .unwrap_or_else(|| panic!("{sql} took {shown}"));
    let database = error
        .as_database_error()
        .unwrap_or_else(|| panic!("{sql}: {error}"));
    let error = database.downcast_ref::<PgDatabaseError>();
    assert!(
        !format!("{error:?}").contains(CANARY),
        "{shown}: content in {error:?}"
    );
    let hint = error.hint().unwrap_or_default().to_owned();
    assert!(!hint.is_empty(), "{shown}: no hint in {error:?}");
    assert!(error.message().len() < 300, "{error:?}");
    (error.code().to_owned(), error.message().to_owned(), hint)
}

/// Rows of every table that a caller writes.
async fn counts(dba: &mut Session) -> String {
    let tables = [
        "conversations",
        "runs",
        "events",
        "blobs",
        "rejected",
        "audit_log",
    ];
    let counts = tables.map(|table| format!("(select count(*) from transcript.{table})"));
    dba.text(&format!(
        "concat_ws(' ', {}, (select sum(next_seq) from transcript.conversations))",
        counts.join(", ")
    ))
    .await
}

const APPEND: &str = "select * from transcript.append(transcript.parse($1))";

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
        (format!("{c}"), "TR001", "text is not JSON"),
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

#[tokio::test]
async fn an_item_that_is_none_is_kept_and_its_siblings_are_stored() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let mut app = db.app("acme").await;
    let c = CANARY;
    let cases = [
        (
            format!(r#""{c}""#),
            "TR014",
            "item must be an object, not a string",
        ),
        (
            "7".to_owned(),
            "TR014",
            "item must be an object, not a number",
        ),
        (
            format!(r#"{{"key":"a","kind":7,"payload":"{c}"}}"#),
            "TR014",
            "\"kind\" must be a string, not a number",
        ),
        (
            format!(r#"{{"key":5,"kind":"note","payload":"{c}"}}"#),
            "TR014",
            "\"key\" must be a string, not a number",
        ),
        (
            format!(r#"{{"key":"a","kind":"note","role":{{"{c}":1}},"payload":1}}"#),
            "TR014",
            "\"role\" must be a string, not an object",
        ),
        (
            format!(r#"{{"key":"a","kind":"note","tool_call_id":3,"payload":"{c}"}}"#),
            "TR014",
            "\"tool_call_id\" must be a string, not a number",
        ),
        (
            format!(r#"{{"key":"a","payload":"{c}"}}"#),
            "TR016",
            "item has no \"kind\"",
        ),
        (
            format!(r#"{{"key":"a","kind":"note","title":"{c}"}}"#),
            "TR01",
            "item",
        ),
        (
            format!(r#"{{"kind":"note","payload":"{c}"}}"#),
            "TR018",
            "event key",
        ),
        (
            format!(r#"{{"key":"a","kind":"note","payload":1,"and {c}":"{c}"}}"#),
            "TR015",
            "item member of 17 bytes is not known",
        ),
        (
            format!(r#"{{"key":"a","kind":"note","occurred_at":"{c}","payload":1}}"#),
            "TR017",
            "\"occurred_at\" is not a time",
        ),
        (
            format!(
                r#"{{"key":"a","kind":"note","agent":"{}","payload":"{c}"}}"#,
                "x".repeat(1025)
            ),
            "TR006",
            "\"agent\" has 1025 bytes, more than the 1024 allowed",
        ),
    ];
    let good = |n: usize| format!(r#"{{"key":"good {n}","kind":"note","payload":{n}}}"#);
    let items: Vec<String> = cases
        .iter()
        .enumerate()
        .flat_map(|(n, case)| [case.0.clone(), good(n)])
        .collect();
    let batch = format!(
        r#"{{"conversation":"c","source":"file.jsonl","items":[{}]}}"#,
        items.join(",")
    );
    for round in 1..=2 {
        let verdicts = app.append(&batch, "native").await;
        assert_eq!(verdicts.len(), 2 * cases.len());
        for (n, (item, code, named)) in cases.iter().enumerate() {
            let (bad, sibling) = (&verdicts[2 * n], &verdicts[2 * n + 1]);
            assert_eq!(sibling.status, ["stored", "duplicate"][round - 1]);
            assert_eq!(sibling.seq, Some(n as i64 + 1), "without gaps");
            let reason = bad.reason.as_deref().unwrap_or_default();
            assert_eq!((bad.status.as_str(), bad.seq), ("rejected", None), "{item}");
            assert!(
                reason.starts_with(code) && reason.contains(named),
                "{item}: {reason}"
            );
            assert!(
                reason.split("; ").nth(1).is_some_and(|hint| hint.len() > 5),
                "no hint: {reason}"
            );
            assert!(!reason.contains(c), "{reason}");
            let kept = dba
                .texts(&format!("select concat_ws(' ', item_index, attempts, conversation, source, format, reason = '{}') from transcript.rejected where item_index = {}", reason.replace('\'', "''"), 2 * n))
                .await;
            assert_eq!(
                kept,
                [format!("(\"{} {round} c file.jsonl native t\")", 2 * n)],
                "{item}"
            );
        }
    }
    let with_content = cases.iter().filter(|(item, ..)| item.contains(c)).count() as i64;
    assert_eq!(
        dba.number(&format!(
            "select count(*) from transcript.rejected where raw like '%{c}%'"
        ))
        .await,
        with_content,
        "nothing is lost"
    );
    assert_eq!(
        dba.number("select count(*) from transcript.rejected").await,
        cases.len() as i64
    );
    assert_eq!(
        dba.number("select count(*) from transcript.events").await,
        cases.len() as i64
    );
}

#[tokio::test]
async fn an_item_without_a_conversation_is_kept() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let mut app = db.app("acme").await;
    for (batch, format) in [
        (
            r#"[{"key":"a","kind":"note","payload":"kanarienvogel"}]"#,
            "native",
        ),
        (
            r#"{"conversation":null,"items":[{"key":"b","kind":"note","payload":"kanarienvogel"}]}"#,
            "native",
        ),
        (
            r#"{"conversation":"  ","items":[{"key":"c","kind":"note","payload":"kanarienvogel 2"}]}"#,
            "native",
        ),
        (
            r#"{"items":[{"role":"user","content":"kanarienvogel"}],"run":"r"}"#,
            "openai-chat",
        ),
        (
            r#"{"items":[{"type":"message","id":"m","role":"user","content":"kanarienvogel"}]}"#,
            "openai-agents",
        ),
    ] {
        let verdicts = app.append(batch, format).await;
        let reason = verdicts[0].reason.as_deref().unwrap_or_default();
        assert_eq!(verdicts[0].status, "rejected", "{batch}");
        assert!(
            reason.starts_with("TR013: item has no \"conversation\"; name the conversation"),
            "{batch}: {reason}"
        );
    }
    assert_eq!(dba.number("select sum(attempts) from transcript.rejected where raw like '%kanarienvogel%' and conversation is null").await, 5);
    assert_eq!(
        dba.number("select count(*) from transcript.conversations")
            .await,
        0
    );
    assert_eq!(
        dba.number("select count(*) from transcript.events").await,
        0
    );
}

#[tokio::test]
async fn three_hundred_levels_of_nesting() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let mut app = db.app("acme").await;
    let before = counts(&mut dba).await;
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!("{}\"kanarienvogel\"{}", open.repeat(300), close.repeat(300));
        for sql in [
            "select transcript.parse($1)",
            "select transcript.redact($1::jsonb, transcript.builtin_policy())",
            "select transcript.digest($1::jsonb)",
            "select transcript.cap($1::jsonb, 100)",
        ] {
            let query = sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).bind(&deep);
            let Err(error) = query.fetch_all(&mut app.connection).await else {
                // `digest` and `cap` may well answer; `parse` and `redact` must not let it in.
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
    assert_eq!(dba.number("select count(*) from transcript.rejected where raw_bytes = 100 * 1024 * 1024 and octet_length(raw) <= 65536").await, 1);
}

#[tokio::test]
async fn policies_that_are_none_are_refused_by_path() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let (state, message, hint) =
        refused(&mut dba, "select transcript.builtin_policy($1)", "lax").await;
    assert_eq!(
        (state.as_str(), message.as_str()),
        ("TR022", "built-in policy \"lax\" does not exist")
    );
    assert_eq!(hint, "use secrets, standard or strict");
    assert_eq!(
        refused(
            &mut dba,
            "select transcript.builtin_policy($1)",
            "a kanarienvogel"
        )
        .await
        .0,
        "TR022"
    );

    for (policy, path) in [
        (r#""kanarienvogel""#, "$"),
        ("[]", "$"),
        ("{}", "$.version"),
        (r#"{"version":2}"#, "$.version"),
        (r#"{"version":"kanarienvogel"}"#, "$.version"),
        (
            r#"{"version":1,"detectors":["email","kanarienvogel"]}"#,
            "$.detectors[1]",
        ),
        (
            r#"{"version":1,"detectors":{"kanarienvogel":1}}"#,
            "$.detectors",
        ),
        (
            r#"{"version":1,"keys":["ok",{"kanarienvogel":1}]}"#,
            "$.keys[1]",
        ),
        (r#"{"version":1,"keys":[""]}"#, "$.keys[0]"),
        (
            r#"{"version":1,"allow_keys":"kanarienvogel"}"#,
            "$.allow_keys",
        ),
        (r#"{"version":1,"extends":"kanarienvogel"}"#, "$.extends"),
        (r#"{"version":1,"name":["kanarienvogel"]}"#, "$.name"),
        (r#"{"version":1,"rules":[]}"#, "$.rules"),
    ] {
        for sql in [
            "select transcript.redact('1', $1::jsonb)",
            "select transcript.redact_text('x', $1::jsonb)",
            "insert into transcript.redaction_policies (policy) values ($1::jsonb)",
        ] {
            let (state, message, hint) = refused(&mut dba, sql, policy).await;
            assert_eq!(state, "TR021", "{sql}: {policy}");
            assert!(
                message.ends_with(&format!(" at {path}")),
                "{policy}: {message}"
            );
            assert!(hint.contains("builtin_policy"), "{hint}");
        }
    }
    assert_eq!(
        dba.number("select count(*) from transcript.redaction_policies")
            .await,
        0
    );
    // The policy that is there stays when a change of it is refused.
    dba.run("insert into transcript.redaction_policies (policy) values (transcript.builtin_policy('strict'))").await;
    assert_eq!(
        dba.error("update transcript.redaction_policies set policy = '{}'")
            .await
            .0,
        "TR021"
    );
    let mut app = db.app("acme").await;
    app.append(
        r#"{"conversation":"c","items":[{"key":"k","kind":"note","payload":"203.0.113.77"}]}"#,
        "native",
    )
    .await;
    assert_eq!(
        dba.number("select count(*) from transcript.events where payload::text like '%203.0%'")
            .await,
        0
    );
}

#[tokio::test]
async fn a_cap_must_be_positive() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    for max in ["0", "-1", "-2147483648"] {
        let (state, message, hint) = refused(
            &mut dba,
            &format!("select transcript.cap(transcript.parse($1), {max})"),
            r#""kanarienvogel""#,
        )
        .await;
        assert_eq!(
            (state.as_str(), message.as_str(), hint.as_str()),
            (
                "TR020",
                "max_bytes must be positive",
                "give the limit in bytes"
            )
        );
        for column in [
            "inline_bytes",
            "blob_bytes",
            "max_item_bytes",
            "partitions_ahead",
        ] {
            assert_eq!(
                dba.error(&format!("update transcript.settings set {column} = {max}"))
                    .await
                    .0,
                "23514"
            );
        }
    }
    assert_eq!(
        dba.error("update transcript.settings set partition_interval = 'year'")
            .await
            .0,
        "23514"
    );
    assert_eq!(
        dba.error("insert into transcript.settings default values")
            .await
            .0,
        "23505"
    );
}

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
