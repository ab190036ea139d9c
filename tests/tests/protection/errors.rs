//! Errors and the server's log carry no content.

use crate::planted::Fakes;
use crate::server_files::data_directory;
use tests::Database;

#[tokio::test]
async fn errors_carry_their_own_state_and_no_content() {
    let db = Database::migrated().await;
    let canary = format!("kanarie{:x}", std::process::id());
    let mut app = db.app("acme").await;
    let mut dba = db.superuser().await;
    let c = &canary;
    let spaced = format!("{c} is content");
    let before = dba.number("select count(*) from transcript.events").await;
    // Statement, what is bound to $1, the state.
    let failing = [
        (
            "select * from transcript.append(transcript.parse($1))",
            format!("{{{c}"),
            "TR001",
        ),
        (
            "select * from transcript.append(transcript.parse($1))",
            format!("\"{c}\""),
            "TR010",
        ),
        (
            "select * from transcript.append(transcript.parse($1))",
            format!(r#"{{"conversation":"{c}"}}"#),
            "TR010",
        ),
        (
            "select * from transcript.append(transcript.parse($1))",
            format!(r#"{{"conversation":"c","items":"{c}"}}"#),
            "TR010",
        ),
        (
            "select * from transcript.append(transcript.parse($1))",
            format!(r#"{{"conversation":"c","{spaced}":1,"items":[]}}"#),
            "TR010",
        ),
        (
            "select * from transcript.append(transcript.parse($1))",
            format!(r#"{{"conversation":["{c}"],"items":[]}}"#),
            "TR010",
        ),
        (
            "select * from transcript.append('[]', $1)",
            spaced.clone(),
            "TR011",
        ),
        (
            "select transcript.builtin_policy($1)",
            spaced.clone(),
            "TR022",
        ),
        (
            "select transcript.redact('1', transcript.parse($1))",
            format!(r#"{{"version":1,"detectors":["{c}"]}}"#),
            "TR021",
        ),
        (
            "select transcript.redact('1', transcript.parse($1))",
            format!(r#"{{"version":1,"keys":[["{c}"]]}}"#),
            "TR021",
        ),
        (
            "select transcript.redact('1', transcript.parse($1))",
            format!(r#"{{"version":1,"extends":"{c}"}}"#),
            "TR021",
        ),
        (
            "select transcript.redact($1::jsonb, transcript.builtin_policy('standard'))",
            format!("[{}\"{c}\"{}]", "[".repeat(300), "]".repeat(300)),
            "TR002",
        ),
        (
            "select transcript.cap(transcript.parse($1), 0)",
            format!("\"{c}\""),
            "TR020",
        ),
    ];
    for (statement, bound, state) in failing {
        let outcome = sqlx::query(sqlx::AssertSqlSafe(statement.to_owned()))
            .bind(bound)
            .fetch_all(&mut app.connection)
            .await;
        let error = outcome.expect_err(statement);
        assert_eq!(tests::sqlstate(&error), state, "{statement}: {error}");
        // All fields: message, detail, hint, context…
        let all = format!("{error:?}");
        assert!(!all.contains(c.as_str()), "{statement}: {all}");
    }
    assert_eq!(
        dba.number("select count(*) from transcript.events").await,
        before
    );

    // Rows that a constraint refuses are shown redacted in the DETAIL of the server itself.
    let mut f = Fakes::new();
    for (columns, values) in [
        ("kind, payload", format!("'', '\"{}\"'", f.token("check"))),
        (
            "kind, payload, text",
            format!(
                "'', '{{\"password\":\"{}\"}}', '{}'",
                f.password("check key"),
                f.token("check text")
            ),
        ),
        ("kind, agent", format!("'note', '{}'", f.token("not null"))),
    ] {
        let error = dba
            .try_run(&format!("insert into transcript.events (conversation_id, seq, event_key, tenant_id, {columns}, payload_bytes, digest, policy_version) values (gen_random_uuid(), 1, gen_random_uuid(), 'acme', {values}, 0, '', 0)"))
            .await
            .expect_err("refused");
        assert!(!format!("{error:?}").contains(&f.mark), "{error:?}");
    }

    // The server's log has the messages, and none of what was bound.
    let log = data_directory(&mut dba).await.join("../log");
    match std::fs::read(&log) {
        Ok(bytes) => {
            let log = String::from_utf8_lossy(&bytes);
            assert!(log.contains("format of "), "the log has the messages");
            assert!(
                !log.contains(c.as_str()),
                "the canary is in the server's log"
            );
        }
        Err(error) => eprintln!("UNREADABLE: {}: {error}", log.display()),
    }
}
