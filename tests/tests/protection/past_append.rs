//! Fakes planted by whoever may write the tables.

use crate::planted::Fakes;
use tests::Session;

/// An event with a fake in every column that holds text.
pub fn insert(table: &str, seq: i32, f: &mut Fakes, what: &str) -> String {
    let mut fake = |column: &str| f.token(&format!("{what} {column}"));
    format!(
        "insert into transcript.{table} (conversation_id, seq, recorded_at, event_key, tenant_id, kind, role, agent, model, tool_name, tool_call_id, payload, text, payload_bytes, digest, policy_version)
         values (transcript.conversation_id('acme', 'direct'), {seq}, date_trunc('day', now()), gen_random_uuid(), 'acme', '{}', '{}', '{}', '{}', '{}', '{}', '{{\"a\": [\"{}\"]}}', '{}', 0, '', 0)",
        fake("kind"), fake("role"), fake("agent"), fake("model"), fake("tool_name"), fake("tool_call_id"), fake("payload"), fake("text"),
    )
}

/// Inserts, upserts and updates by whoever may write the tables, on parents and on leaves.
pub async fn write_tables(dba: &mut Session, f: &mut Fakes, leaf: &str) {
    let blob_leaf = leaf.replace("events", "blobs");
    dba.run(&insert("events", 1, f, "insert, parent")).await;
    dba.run(&insert(leaf, 2, f, "insert, leaf")).await;
    for (seq, action) in [
        (1, "payload = excluded.payload"),
        (
            2,
            "payload = excluded.payload, text = excluded.text, agent = excluded.agent",
        ),
    ] {
        let upsert = insert("events", seq, f, "upsert");
        dba.run(&format!(
            "{upsert} on conflict (conversation_id, seq, recorded_at) do update set {action}"
        ))
        .await;
    }
    for (table, seq) in [("events", 1), (leaf, 2)] {
        for column in [
            "kind",
            "role",
            "agent",
            "model",
            "tool_name",
            "tool_call_id",
            "text",
        ] {
            let update = format!(
                "update transcript.{table} set {column} = 'now {}' where seq = {seq} and conversation_id = transcript.conversation_id('acme', 'direct')",
                f.token(&format!("update {column}"))
            );
            dba.run(&update).await;
        }
        let update = format!(
            "update transcript.{table} set payload = '{{\"password\": \"{}\", \"b\": \"{}\"}}' where seq = {seq} and conversation_id = transcript.conversation_id('acme', 'direct')",
            f.password("update payload key"),
            f.token("update payload")
        );
        dba.run(&update).await;
    }
    for statement in [
        format!(
            "insert into transcript.blobs (conversation_id, digest, recorded_at, tenant_id, payload_bytes, truncated, payload) values (gen_random_uuid(), 'd1', now(), 'acme', 1, false, '\"{}\"')",
            f.token("blob")
        ),
        format!(
            "insert into transcript.{blob_leaf} (conversation_id, digest, recorded_at, tenant_id, payload_bytes, truncated, payload) values (gen_random_uuid(), 'd2', now(), 'acme', 1, false, '{{\"password\":\"{}\"}}')",
            f.password("blob, leaf")
        ),
        format!(
            "update transcript.blobs set payload = '{{\"x\":\"{}\"}}' where digest = 'd1'",
            f.token("blob update")
        ),
        format!(
            "update transcript.conversations set title = '{}', agent = '{}', external_id = external_id || '{}', metadata = '{{\"password\":\"{}\"}}' where external_id = 'c3'",
            f.token("title update"),
            f.token("agent update"),
            f.token("external update"),
            f.password("metadata update")
        ),
        format!(
            "update transcript.runs set error = '{}', status = '{}', provider = '{}', model = '{}', usage = '{{\"token\":\"{}\"}}'",
            f.token("run error"),
            f.token("run status"),
            f.token("run provider"),
            f.token("run model"),
            f.password("run usage")
        ),
        format!(
            "insert into transcript.rejected (tenant_id, rejected_id, reason, raw, source, conversation, format) values ('acme', gen_random_uuid(), '{}', '{}', '{}', '{}', '{}')",
            f.token("dead reason"),
            f.token("dead raw"),
            f.token("dead source"),
            f.token("dead conversation"),
            f.token("dead format")
        ),
        format!(
            "update transcript.rejected set reason = '{}', raw = '{}', format = '{}'",
            f.token("dead reason update"),
            f.token("dead raw update"),
            f.token("dead format update")
        ),
    ] {
        dba.run(&statement).await;
    }
}

/// COPY, and replication's way round ordinary triggers.
pub async fn copy_and_replicate(dba: &mut Session, f: &mut Fakes, leaf: &str) {
    for (seq, replica) in [(10, false), (11, true)] {
        dba.run(&format!(
            "set session_replication_role = {}",
            if replica { "replica" } else { "origin" }
        ))
        .await;
        let line = format!(
            "11111111-1111-4111-8111-111111111111\t{seq}\t2{seq}11111-1111-4111-8111-111111111111\tacme\tnote\t{{\"a\":\"{}\",\"password\":\"{}\"}}\tt {}\t0\t\\\\x\t0\n",
            f.token("copy"),
            f.password("copy key"),
            f.token("copy text")
        );
        for table in ["events", leaf] {
            let statement = format!(
                "copy transcript.{table} (conversation_id, seq, event_key, tenant_id, kind, payload, text, payload_bytes, digest, policy_version) from stdin"
            );
            let mut copy = dba
                .connection
                .copy_in_raw(&statement)
                .await
                .expect("COPY begins");
            copy.send(line.as_bytes().to_vec())
                .await
                .expect("COPY takes a line");
            assert_eq!(copy.finish().await.expect("COPY ends"), 1);
        }
    }
    dba.run(&insert("events", 3, f, "replica, parent")).await;
    dba.run(&insert(leaf, 4, f, "replica, leaf")).await;
    dba.run(&format!(
        "update transcript.events set payload = '\"{}\"', text = '{}' where seq = 3",
        f.token("replica update"),
        f.token("replica text")
    ))
    .await;
    dba.run(&format!(
        "update transcript.conversations set title = '{}'",
        f.token("replica title")
    ))
    .await;
    dba.run("set session_replication_role = origin").await;
}
