//! A policy of a tenant, a batch under it, and what the rows then hold.

use serde_json::Value;
use tests::{Database, Session};

/// Makes a policy the tenant's newest; `None`: of everybody.
pub async fn set_policy(dba: &mut Session, tenant: Option<&str>, policy: &str) {
    sqlx::query(
        "insert into transcript.redaction_policies (tenant_id, policy) values ($1, $2::jsonb)",
    )
    .bind(tenant)
    .bind(policy)
    .execute(&mut dba.connection)
    .await
    .unwrap_or_else(|error| panic!("{policy}: {error}"));
}

/// Appends one item of this kind and tool; its verdict.
pub async fn append(app: &mut Session, key: &str, kind: &str, tool: &str, payload: &str) -> String {
    let tool = match tool {
        "" => String::new(),
        tool => format!(r#","tool_name":"{tool}""#),
    };
    let batch = format!(
        r#"{{"conversation":"c","items":[{{"key":"{key}","kind":"{kind}"{tool},"payload":{payload}}}]}}"#
    );
    let verdict = app.append(&batch, "native").await.remove(0);
    assert_eq!(
        verdict
            .reason
            .as_deref()
            .map(|r| &r[..5])
            .filter(|r| *r != "TR040"),
        None,
        "{batch}: {verdict:?}"
    );
    verdict.status
}

/// The payload of the newest event of the tenant that the session reads as.
pub async fn newest(app: &mut Session) -> Value {
    let text = app
        .text("select payload from transcript.events order by recorded_at desc, seq desc limit 1")
        .await;
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Appends one item and gives what is stored.
pub async fn store(app: &mut Session, key: &str, payload: &str) -> Value {
    assert_eq!(append(app, key, "note", "", payload).await, "stored");
    newest(app).await
}

/// True when any table holds the text, in any column.
pub async fn is_anywhere(db: &Database, text: &str) -> bool {
    let mut dba = db.superuser().await;
    let tables = dba
        .texts("select c.relname from pg_class c where c.relnamespace = 'transcript'::regnamespace and c.relkind = 'r'")
        .await;
    for table in tables {
        let table = table.trim_matches(['(', ')']).to_owned();
        let found = dba
            .number(&format!(
                "select count(*) from transcript.{table} t where t::text like '%' || '{text}' || '%'"
            ))
            .await;
        if found > 0 && table != "redaction_policies" {
            return true;
        }
    }
    false
}
