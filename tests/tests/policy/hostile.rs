//! Policies that want too much: an error in bounded time, which repeats nothing of them.

use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tests::Database;

async fn problems(db: &Database, policy: &str) -> Vec<(String, String)> {
    let mut dba = db.superuser().await;
    let start = Instant::now();
    let found = sqlx::query_as("select path, problem from transcript.policy_check($1::jsonb)")
        .bind(policy)
        .fetch_all(&mut dba.connection)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
    found
}

#[tokio::test]
async fn every_problem_is_named_by_its_place() {
    let db = Database::migrated().await;
    let policy = json!({
        "version": 1, "extends": "standard", "colour": 1,
        "keys": ["ok", 1, {"key": "kanarienvogel", "action": "shred"}, {"key": "api key", "action": "partial"}, {"action": "mask"}],
        "paths": ["$.a[", {"path": "$.b", "tools": []}, {"path": "$.c", "if": "kanarienvogel"}],
        "detectors": [{"detector": "jwt", "action": "partial"}, {"detector": "email", "paths": ["$..["]}, "kanarienvogel"],
        "patterns": [{"name": "email", "pattern": "x"}, {"name": "ok", "pattern": "kanarienvogel("}, {"name": "x", "pattern": "k*"}, "x"],
        "allow_values": ["*", "ok"], "allow_paths": ["a b"], "allow_keys": ["--"],
    });
    let found = problems(&db, &policy.to_string()).await;
    let mut paths: Vec<&str> = found.iter().map(|(path, _)| path.as_str()).collect();
    paths.sort_unstable();
    let wanted = [
        "$.allow_keys[0]",
        "$.allow_paths[0]",
        "$.allow_values[0]",
        "$.colour",
        "$.detectors[0].action",
        "$.detectors[1].paths[0]",
        "$.detectors[2]",
        "$.keys[1]",
        "$.keys[2].action",
        "$.keys[3].action",
        "$.keys[4].key",
        "$.paths[0]",
        "$.paths[1].tools",
        "$.paths[2]",
        "$.patterns[0].name",
        "$.patterns[1].pattern",
        "$.patterns[2].pattern",
        "$.patterns[3]",
    ];
    assert_eq!(paths, wanted);
    assert!(!format!("{found:?}").contains("kanarienvogel"), "{found:?}");
    for name in ["secrets", "standard", "strict"] {
        let mut dba = db.superuser().await;
        let policy = dba
            .text(&format!("transcript.builtin_policy('{name}')"))
            .await;
        assert_eq!(problems(&db, &policy).await, [], "{name}");
    }
}

#[tokio::test]
async fn patterns_paths_and_documents_that_want_too_much_are_errors() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let pattern = |text: &str| json!({"version": 1, "patterns": [{"name": "x", "pattern": text}]});
    let many =
        |list: &str, entry: Value, count: usize| json!({"version": 1, list: vec![entry; count]});
    let mut deep = json!(1);
    for _ in 0..200 {
        deep = json!([deep]);
    }
    let deep_paths: Vec<String> = (0..40).map(|n| format!("$..a{n}")).collect();
    for (policy, place) in [
        (
            pattern(&vec!["kanarienvogel"; 10_000].join("|")),
            "$.patterns[0].pattern",
        ),
        (pattern("(a{1000}){1000}"), "$.patterns[0].pattern"),
        (pattern(&"(".repeat(900)), "$.patterns[0].pattern"),
        (pattern(r"\w{400}\w{400}"), "$.patterns[0].pattern"),
        (pattern("(a|b)*"), "$.patterns[0].pattern"),
        (pattern(r"(?=a)b"), "$.patterns[0].pattern"),
        (pattern("a[abc.]{900}[^abc.]"), "$.patterns[0].pattern"),
        (
            many("patterns", json!({"name": "x", "pattern": "a+"}), 60),
            "$.patterns[50]",
        ),
        (many("paths", json!("$.a.b"), 600), "$.paths"),
        (many("keys", json!("a"), 3_000), "$.keys"),
        (json!({"version": 1, "paths": deep_paths}), "$.paths"),
        (
            json!({"version": 1, "paths": [format!("${}", ".a".repeat(200))]}),
            "$.paths[0]",
        ),
        (json!({"version": 1, "name": "x".repeat(2_000_000)}), "$"),
        (json!({"version": 1, "keys": deep}), "$.keys[0]"),
    ] {
        let policy = policy.to_string();
        let found = problems(&db, &policy).await;
        assert_eq!(
            found.first().map(|(path, _)| path.as_str()),
            Some(place),
            "{found:?}"
        );
        let start = Instant::now();
        let refused =
            sqlx::query("insert into transcript.redaction_policies (policy) values ($1::jsonb)")
                .bind(&policy)
                .execute(&mut dba.connection)
                .await
                .expect_err(place);
        assert_eq!(tests::sqlstate(&refused), "TR021", "{refused}");
        assert!(!refused.to_string().contains("kanarienvogel") && refused.to_string().len() < 400);
        assert!(
            start.elapsed() < Duration::from_secs(5),
            "{place}: {:?}",
            start.elapsed()
        );
    }
    assert_eq!(
        dba.number("select count(*) from transcript.redaction_policies")
            .await,
        0
    );
}

#[tokio::test]
async fn a_pattern_that_searches_badly_stays_linear() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    for pattern in ["(a*)*b", "(.*)(.*)(.*)x", ".*[^a-z]|[a-z]", "a{1,300}b"] {
        let policy =
            json!({"version": 1, "patterns": [{"name": "x", "pattern": pattern}]}).to_string();
        let start = Instant::now();
        let sql = "select length(transcript.redact_text(repeat('a', 1000000), $1::jsonb))";
        let _: i32 = sqlx::query_scalar(sql)
            .bind(&policy)
            .fetch_one(&mut dba.connection)
            .await
            .unwrap_or_else(|error| panic!("{pattern}: {error}"));
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "{pattern}: {:?}",
            start.elapsed()
        );
    }
}
