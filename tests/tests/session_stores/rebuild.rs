//! Rebuild: what a session store has and the log does not is appended, and nothing twice.

use crate::{Store, TABLES, insert, said};
use tests::{code, stderr};

const STATE: &str = "select string_agg(concat_ws(' ', c.external_id, e.seq, e.store_row, e.payload ->> 'content'), ', ' order by c.external_id, e.seq)
    from transcript.events e join transcript.conversations c using (conversation_id)";

async fn rebuilt(store: &mut Store, arguments: &str) -> String {
    store
        .dba
        .text(&format!(
            "select concat_ws(' ', sessions, rows, added, replaced) from transcript.rebuild({arguments})"
        ))
        .await
}

async fn drifted(store: &mut Store) -> i64 {
    store
        .dba
        .number("select count(*) from transcript.drift(is_full => true)")
        .await
}

#[tokio::test]
async fn what_was_there_before_is_backfilled_once() {
    let mut store = Store::made(TABLES).await;
    store
        .framework
        .run(
            "insert into agent_sessions select 's' || g from generate_series(1, 120) g;
             insert into agent_messages (session_id, message_data)
               select 's' || (g % 120 + 1), json_build_object('role', 'user', 'content', 'item ' || g)::text
               from generate_series(1, 2400) g",
        )
        .await;
    store
        .dba
        .run("select transcript.attach('agent_messages', 'acme')")
        .await;
    assert_eq!(store.lag().await, 2400);
    assert_eq!(drifted(&mut store).await, 120);
    assert_eq!(
        rebuilt(&mut store, "'agent_messages', 's1'").await,
        "1 20 20 0"
    );
    assert_eq!(rebuilt(&mut store, "").await, "119 2380 2380 0");
    assert_eq!(rebuilt(&mut store, "").await, "0 0 0 0");
    assert_eq!((drifted(&mut store).await, store.lag().await), (0, 0));
    let in_order = store
        .dba
        .number("select count(*) from (select e.seq, row_number() over (partition by e.conversation_id order by e.store_row) as place from transcript.events e) p where p.seq = p.place")
        .await;
    assert_eq!(in_order, 2400);
}

#[tokio::test]
async fn lost_events_come_back_and_the_others_keep_their_seq() {
    let mut store = Store::attached().await;
    let items: Vec<String> = (1..=4).map(|n| said(&n.to_string())).collect();
    store
        .write("s", &items.iter().map(String::as_str).collect::<Vec<_>>())
        .await;
    store
        .dba
        .run(
            r#"delete from transcript.events where seq = 2;
               update transcript.events set payload = '{"role": "user", "content": "forged"}' where seq = 3"#,
        )
        .await;
    assert_eq!(rebuilt(&mut store, "").await, "1 1 1 0");
    assert_eq!(
        store.dba.text(STATE).await,
        "s 1 1 1, s 3 3 forged, s 4 4 4, s 5 2 2"
    );
    // What is not as it was is only replaced when that is said, and what it was stays on record.
    assert_eq!(drifted(&mut store).await, 1);
    assert_eq!(rebuilt(&mut store, "is_replacing => true").await, "1 1 0 1");
    assert_eq!(
        store.dba.text(STATE).await,
        "s 1 1 1, s 3 3 3, s 4 4 4, s 5 2 2"
    );
    assert_eq!(drifted(&mut store).await, 0);
    let kept = store
        .dba
        .text("select detail #>> '{payload,content}' from transcript.audit_log where action = 'replace'")
        .await;
    assert_eq!(kept, "forged");
}

#[tokio::test]
async fn rows_that_were_imported_before_become_the_stores() {
    let mut store = Store::made(TABLES).await;
    store.write("s", &[&said("one"), &said("two")]).await;
    store
        .dba
        .run(
            "begin; set local transcript.tenant = 'acme';
             select transcript.append((select jsonb_agg(to_jsonb(m)) from agent_messages m), 'openai-agents'); commit",
        )
        .await;
    store
        .dba
        .run("select transcript.attach('agent_messages', 'acme')")
        .await;
    assert_eq!(rebuilt(&mut store, "").await, "1 2 0 0");
    assert_eq!(store.dba.text(STATE).await, "s 1 1 one, s 2 2 two");
    assert_eq!(drifted(&mut store).await, 0);
}

#[tokio::test]
async fn what_cannot_be_projected_is_a_dead_letter_and_stays_drift() {
    let mut store = Store::attached().await;
    store
        .dba
        .run(&format!(
            "alter table agent_messages disable trigger user; {}; alter table agent_messages enable trigger user",
            insert("s", &[&said("good"), "no json", &said("better")])
        ))
        .await;
    assert_eq!(rebuilt(&mut store, "").await, "1 3 2 0");
    assert_eq!(store.reasons().await, ["TR001"]);
    // Alone it is another item of another batch; after that, the same again.
    assert_eq!(rebuilt(&mut store, "").await, "1 1 0 0");
    assert_eq!(rebuilt(&mut store, "").await, "1 1 0 0");
    assert_eq!(store.failures().await, 2);
    assert_eq!(drifted(&mut store).await, 1);
}

#[tokio::test]
async fn the_commands_compare_and_append_part_by_part() {
    let mut store = Store::made(TABLES).await;
    store
        .framework
        .run(
            "insert into agent_sessions select 's' || g from generate_series(1, 30) g;
             insert into agent_messages (session_id, message_data)
               select 's' || (g % 30 + 1), '{\"role\":\"user\",\"content\":\"x\"}' from generate_series(1, 90) g",
        )
        .await;
    store
        .dba
        .run("select transcript.attach('agent_messages', 'acme')")
        .await;
    let out = store.db.migrator(&["drift"]);
    let shown = String::from_utf8_lossy(&out.stdout).into_owned();
    assert_eq!(code(&out), 7, "{}", stderr(&out));
    assert!(
        shown.contains("public.agent_messages: 30 sessions compared, 30 with drift"),
        "{shown}"
    );
    let out = store.db.migrator(&["rebuild", "--dry-run", "--json"]);
    let document: serde_json::Value = serde_json::from_slice(&out.stdout).expect("JSON");
    assert_eq!(document["stores"][0]["sessions"], 30);
    assert_eq!(store.lag().await, 90);
    let out = store.db.migrator(&["rebuild", "--batch", "7", "--json"]);
    assert_eq!((code(&out), stderr(&out)), (0, String::new()));
    let document: serde_json::Value = serde_json::from_slice(&out.stdout).expect("JSON");
    assert_eq!(document["stores"][0]["added"], 90);
    let out = store.db.migrator(&["drift", "--full", "--json"]);
    assert_eq!(code(&out), 0, "{}", stderr(&out));
    let document: serde_json::Value = serde_json::from_slice(&out.stdout).expect("JSON");
    assert_eq!(document["stores"][0]["sessions_checked"], 30);
    // One that cannot be appended is said.
    store
        .dba
        .run(&format!(
            "alter table agent_messages disable trigger user; {}; alter table agent_messages enable trigger user",
            insert("s", &["no json"])
        ))
        .await;
    let out = store
        .db
        .migrator(&["rebuild", "--store", "agent_messages", "--session", "s"]);
    assert_eq!(code(&out), 7, "{}", stderr(&out));
    let out = store.db.migrator(&["drift", "--store", "agent_sessions"]);
    assert_eq!(code(&out), 1);
    assert!(stderr(&out).contains("not attached"), "{}", stderr(&out));
}

/// A table that gets no triggers: compared, backfilled when somebody says so, attached live later.
#[tokio::test]
async fn a_table_that_is_not_live_is_compared_and_backfilled() {
    let mut store = Store::made(TABLES).await;
    store
        .framework
        .run("insert into agent_sessions values ('s1'), ('s2')")
        .await;
    store.write("s1", &[&said("1"), &said("2")]).await;
    let attach = "select transcript.attach('agent_messages', 'acme', live => ";
    store.dba.run(&format!("{attach} false)")).await;
    let triggers = "select count(*) from pg_trigger where tgrelid = 'agent_messages'::regclass and tgname like 'transcript%'";
    let state = "select concat_ws(' ', is_attached, live, lag) from transcript.session_stores";
    assert_eq!(store.dba.number(triggers).await, 0);
    assert_eq!(store.dba.text(state).await, "f 2");
    assert_eq!(drifted(&mut store).await, 1);
    assert_eq!(rebuilt(&mut store, "'agent_messages'").await, "1 2 2 0");
    // What is written now stays out until the next time, which adds no more than that.
    store.write("s1", &[&said("3")]).await;
    store.write("s2", &[&said("4")]).await;
    assert_eq!(store.log().await.len(), 2);
    let incremental = "select count(*) from transcript.drift('agent_messages')";
    assert_eq!(store.dba.number(incremental).await, 2);
    let output = store.db.migrator(&["rebuild", "--store", "agent_messages"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!((drifted(&mut store).await, store.lag().await), (0, 0));
    assert_eq!(store.log().await.len(), 4);
    // Nothing would tell the log what pruning removed.
    let pruned = store
        .dba
        .text("select problem from transcript.prune_store('agent_messages', keep => 1)")
        .await;
    assert!(pruned.contains("live"), "{pruned}");
    store.dba.run(&format!("{attach} true)")).await;
    store.write("s2", &[&said("5")]).await;
    assert_eq!(store.dba.text(state).await, "t t 0");
    store.dba.run(&format!("{attach} false)")).await;
    assert_eq!(store.dba.number(triggers).await, 0);
    assert_eq!(drifted(&mut store).await, 0);
}
