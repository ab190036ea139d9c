//! Keys: who sees them, what they change, and what happens without one.

use crate::stored::{append, newest, set_policy, store};
use tests::Database;

const POLICY: &str = r#"{"version": 1, "extends": "standard",
    "detectors": [{"detector": "email", "action": "pseudonym"}, {"detector": "phone", "action": "hash"}]}"#;
const PAYLOAD: &str = r#"["jo@example.com", "+1 415 555 0158"]"#;

#[tokio::test]
async fn equal_values_are_equal_within_a_tenant_and_key_only() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    set_policy(&mut dba, None, POLICY).await;
    assert_eq!(dba.number("transcript.rotate_redaction_key()").await, 1);
    let (mut acme, mut rival) = (db.app("acme").await, db.app("rival").await);
    let first = store(&mut acme, "1", PAYLOAD).await;
    assert_eq!(
        store(&mut acme, "2", r#"["JO@Example.com", "+1-415-555-0158"]"#).await,
        first
    );
    // The secret is shared, what comes of it is not.
    let others = store(&mut rival, "1", PAYLOAD).await;
    assert!(
        others[0] != first[0] && others[1] != first[1],
        "{others} {first}"
    );

    assert_eq!(dba.number("transcript.rotate_redaction_key()").await, 2);
    let second = store(&mut acme, "3", PAYLOAD).await;
    assert!(second[0] != first[0] && second[1] != first[1]);
    assert!(
        second[0]
            .as_str()
            .unwrap()
            .ends_with("@k2.redacted.invalid")
    );
    // What an older key made is left alone.
    assert_eq!(store(&mut acme, "4", &first.to_string()).await, first);
    // A key of one's own, for one tenant.
    assert_eq!(
        dba.number("transcript.rotate_redaction_key('acme')").await,
        3
    );
    let own = store(&mut acme, "5", PAYLOAD).await;
    assert!(
        own[1].as_str().unwrap().starts_with("[redacted:phone:h3:"),
        "{own}"
    );
    let of_rival = store(&mut rival, "2", PAYLOAD).await;
    assert!(
        of_rival[1]
            .as_str()
            .unwrap()
            .starts_with("[redacted:phone:h2:"),
        "{of_rival}"
    );

    // All of it can be looked up by who may.
    for (value, detector, at) in [("Jo@example.com", "email", 0), ("+14155550158", "phone", 1)] {
        let names = dba
            .texts(&format!(
                "select unnest(array[hash, pseudonym]) from transcript.pseudonyms('{value}', 'acme', '{detector}')"
            ))
            .await;
        assert_eq!(names.len(), 6);
        for stored in [&first, &second, &own] {
            let stored = stored[at].as_str().unwrap();
            assert!(
                names.iter().any(|n| n.contains(stored)),
                "{stored}: {names:?}"
            );
        }
    }
}

#[tokio::test]
async fn without_a_key_nothing_is_stored() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    set_policy(&mut dba, None, POLICY).await;
    let mut app = db.app("acme").await;
    let batch = format!(
        r#"{{"conversation":"c","items":[{{"key":"k","kind":"note","payload":{PAYLOAD}}}]}}"#
    );
    // Nor what holds nothing that would be hashed.
    let clean = r#"{"conversation":"c","items":[{"key":"k","kind":"note","payload":1}]}"#;
    for batch in [batch.as_str(), clean] {
        let refused = app.try_append(batch, "native").await.expect_err("stored");
        assert_eq!(tests::sqlstate(&refused), "TR032");
    }
    assert_eq!(
        app.error("select transcript.reject('f', 1, 'native', 'r', 'x')")
            .await
            .0,
        "TR032"
    );
    for table in ["events", "conversations", "rejected", "audit_log"] {
        let rows = dba
            .number(&format!("select count(*) from transcript.{table}"))
            .await;
        assert_eq!(rows, 0, "{table}");
    }
    let (state, message, hint) = dba
        .error(&format!("select transcript.redact('1', '{POLICY}')"))
        .await;
    assert_eq!(state, "TR032", "{message}");
    assert!(hint.contains("rotate_redaction_key"), "{hint}");
    assert_eq!(
        dba.error(&format!("select transcript.redact_text('x', '{POLICY}')"))
            .await
            .0,
        "TR032"
    );
    // Looking needs no key.
    let found = dba
        .number(&format!(
            "select count(*) from transcript.findings('{PAYLOAD}', '{POLICY}')"
        ))
        .await;
    assert_eq!(found, 2);
    // In one session: the key is there as soon as it is made.
    dba.run("select transcript.rotate_redaction_key('acme')")
        .await;
    assert_eq!(append(&mut app, "k", "note", "", PAYLOAD).await, "stored");
    assert!(
        newest(&mut app).await[0]
            .as_str()
            .unwrap()
            .starts_with("user-")
    );
    let mut rival = db.app("rival").await;
    let refused = rival
        .try_append(&batch, "native")
        .await
        .expect_err("stored");
    assert_eq!(tests::sqlstate(&refused), "TR032");
}

#[tokio::test]
async fn nobody_but_the_owner_sees_or_uses_keys() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    dba.run("select transcript.rotate_redaction_key(), transcript.rotate_redaction_key('acme')")
        .await;
    assert_eq!(
        dba.number("select count(distinct secret) from transcript.redaction_keys where octet_length(secret) >= 32").await,
        2
    );
    for login in [
        "test_app",
        "test_writer",
        "test_reader",
        "test_auditor",
        "test_purger",
        "test_stranger",
    ] {
        let mut session = db.login(login).await;
        session.set_tenant("acme").await;
        for sql in [
            "select * from transcript.redaction_keys",
            "select count(secret) from transcript.redaction_keys",
            "insert into transcript.redaction_keys (secret) values (repeat('x', 32)::bytea)",
            "update transcript.redaction_keys set secret = repeat('x', 32)::bytea",
            "delete from transcript.redaction_keys",
            "select transcript.rotate_redaction_key()",
            "select * from transcript.protection('acme')",
            "select * from transcript.pseudonyms('jo@example.com', 'acme')",
            "select transcript.redacted('1', 'acme')",
            "select transcript.is_same_payload('acme', 'note', null, '1', '', null)",
        ] {
            assert_eq!(session.error(sql).await.0, "42501", "{login}: {sql}");
        }
    }
    // The owner adds, and changes nothing: that is the superuser's.
    dba.run("set role transcript_owner").await;
    for sql in [
        "update transcript.redaction_keys set secret = repeat('x', 32)::bytea",
        "delete from transcript.redaction_keys",
    ] {
        dba.run(sql).await;
    }
    assert_eq!(
        dba.number(
            "select count(*) from transcript.redaction_keys where secret <> repeat('x', 32)::bytea"
        )
        .await,
        2
    );
    assert_eq!(
        dba.error("insert into transcript.redaction_keys (secret) values ('short')")
            .await
            .0,
        "23514"
    );
}
