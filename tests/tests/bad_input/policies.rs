//! Policies and limits that are none.

use crate::refusal::refused;
use tests::Database;

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
        (
            r#"{"version":1,"keys":[{"key":"x","action":"kanarienvogel"}]}"#,
            "$.keys[0].action",
        ),
        (
            r#"{"version":1,"keys":[{"key":"x","tools":"kanarienvogel"}]}"#,
            "$.keys[0].tools",
        ),
        (
            r#"{"version":1,"paths":["$.kanarienvogel["]}"#,
            "$.paths[0]",
        ),
        (
            r#"{"version":1,"detectors":[{"detector":"jwt","action":"partial"}]}"#,
            "$.detectors[0].action",
        ),
        (
            r#"{"version":1,"patterns":[{"name":"x","pattern":"(kanarienvogel"}]}"#,
            "$.patterns[0].pattern",
        ),
        (r#"{"version":1,"allow_values":["*"]}"#, "$.allow_values[0]"),
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
