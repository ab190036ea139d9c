//! Sizes and depths that nobody means: the right result, or an error of our own.

use tests::{Database, Session};

/// Runs SQL that gives one truth value per column.
async fn assert_true(session: &mut Session, sql: &str) {
    let answers = session.texts(sql).await;
    assert_eq!(answers.len(), 1, "{sql}");
    let truths = answers[0].trim_matches(['(', ')']);
    assert!(
        truths.split(',').all(|truth| truth == "t"),
        "{sql}: {truths}"
    );
}

/// Every function that reads a payload `p` of table `hostile`.
async fn refused_by_all(session: &mut Session, code: &str) {
    for call in [
        "transcript.redact(p, transcript.builtin_policy('strict'))",
        "transcript.cap(p, 100)",
        "transcript.digest(p)",
        "transcript.unparse(p)",
    ] {
        let (state, _, hint) = session.error(&format!("select {call} from hostile")).await;
        assert_eq!(state, code, "{call}");
        assert!(!hint.is_empty(), "{call}");
    }
}

#[tokio::test]
async fn a_hundred_thousand_levels() {
    let db = Database::migrated().await;
    let mut app = db.app("acme").await;
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        app.run(&format!(
            "create temp table hostile as select t, transcript.parse(t) as p
             from (select repeat('{open}', 100000) || '1' || repeat('{close}', 100000) as t) i"
        ))
        .await;
        assert_true(
            &mut app,
            "select p = jsonb_build_object('$unparsed', t), transcript.unparse(p) = t,
               transcript.redact(p, transcript.builtin_policy('strict')) = p,
               pg_column_size(transcript.cap(p, 1000)) <= 1000 from hostile",
        )
        .await;
        let (state, ..) = app
            .error("select * from transcript.append((select p from hostile))")
            .await;
        assert_eq!(state, "TR002");
        // JSON in a string is looked into to a bound.
        assert_true(
            &mut app,
            "select transcript.redact(to_jsonb(t), transcript.builtin_policy('strict')) = to_jsonb(t) from hostile",
        )
        .await;
        // What the server's own reader takes of it.
        app.run("drop table hostile").await;
        app.run(&format!(
            "create temp table hostile as
             select (repeat('{open}', 3000) || '1' || repeat('{close}', 3000))::jsonb as p"
        ))
        .await;
        refused_by_all(&mut app, "TR002").await;
        let verdict = app
            .text(
                "select reason from transcript.append((select jsonb_build_array(p) from hostile))",
            )
            .await;
        assert!(verdict.starts_with("TR002"), "{verdict}");
        app.run("drop table hostile").await;
    }
}

#[tokio::test]
async fn ten_million_keys() {
    let db = Database::migrated().await;
    let mut app = db.app("acme").await;
    app.run(
        "create temp table hostile as
         select '{' || string_agg('\"' || n || '\":' || n % 10, ',') || '}' as t
         from generate_series(10000000, 1, -1) n;
         alter table hostile add p jsonb;
         alter table hostile alter p set storage external;
         update hostile set p = transcript.parse(t)",
    )
    .await;
    assert_true(
        &mut app,
        "select jsonb_typeof(p) = 'object', p -> '7654321' = '1', p -> '0' is null from hostile",
    )
    .await;
    assert_true(
        &mut app,
        "select pg_column_size(c) <= 1000, c -> '$capped' -> 'members' = to_jsonb(10000000 - kept), kept > 10
         from (select c, (select count(*) - 1 from jsonb_object_keys(c)) as kept
           from (select transcript.cap(p, 1000) as c from hostile offset 0) i) j",
    )
    .await;
    assert_true(
        &mut app,
        "select transcript.redact(p, transcript.builtin_policy('standard')) = p,
           transcript.digest(p) = sha256(convert_to(p::text, 'UTF8')),
           transcript.unparse(p) = p::text from hostile",
    )
    .await;
}

#[tokio::test]
async fn arrays_and_strings_of_255_mb() {
    let db = Database::migrated().await;
    let mut app = db.app("acme").await;
    app.run(
        "create temp table hostile (t text, p jsonb);
         alter table hostile alter t set storage external, alter p set storage external",
    )
    .await;
    for (text, is_json) in [
        // Text that would be twice as large as jsonb.
        ("'[' || repeat('1,', 127500000) || '1]'", false),
        ("'[' || repeat('\"\\u0000\",', 25000000) || '1]'", false),
        ("'[' || repeat('\"', 255000000)", false),
        (
            "'[' || repeat('\"xxxxxxxxxxxxxxxxxxxxxxx\",', 9000000) || 'null]'",
            true,
        ),
        ("'\"' || repeat('x', 255000000) || '\"'", true),
    ] {
        app.run(&format!(
            "truncate hostile; insert into hostile select t, transcript.parse(t) from (select {text} as t) i"
        ))
        .await;
        assert_true(
            &mut app,
            &format!("select (p ? '$unparsed') <> {is_json}, octet_length(t) > 2e8 from hostile"),
        )
        .await;
        if !is_json {
            assert_true(&mut app, "select transcript.unparse(p) = t from hostile").await;
            let (state, ..) = app
                .error("select * from transcript.append((select p from hostile))")
                .await;
            assert!(["TR001", "TR003"].contains(&state.as_str()), "{state}");
            continue;
        }
        assert_true(
            &mut app,
            "select pg_column_size(transcript.cap(p, 1000)) <= 1000,
               transcript.redact(p, transcript.builtin_policy('standard')) = p from hostile",
        )
        .await;
    }
    assert_true(
        &mut app,
        "select transcript.digest(p) = sha256(convert_to(p::text, 'UTF8')) from hostile",
    )
    .await;
    // As a batch, and as an item of one.
    let (state, ..) = app
        .error("select * from transcript.append((select jsonb_agg(1) from generate_series(1, 200000)))")
        .await;
    assert_eq!(state, "TR008");
    let verdict = app
        .text("select reason from transcript.append((select jsonb_build_array(p) from hostile))")
        .await;
    assert!(verdict.starts_with("TR003"), "{verdict}");
    // Text of a payload can be larger than any text.
    app.run("truncate hostile; insert into hostile (p) select to_jsonb(repeat(chr(1), 200000000))")
        .await;
    let (state, ..) = app.error("select transcript.unparse(p) from hostile").await;
    assert_eq!(state, "TR007");
}
