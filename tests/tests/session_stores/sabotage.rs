//! Drift: what was done to either side past the triggers is found and named, and nothing else is.

use crate::{Store, TABLES, insert, said};
use tests::Session;

/// Sessions of eight items each; `kinds` of them are tool calls and results.
const FILL: &str = "
    insert into agent_sessions select 's' || g from generate_series(1, 400) g;
    insert into agent_messages (session_id, message_data)
      select 's' || g, case k % 4
          when 1 then json_build_object('role', 'user', 'content', format('%s asks %s of ann%s@example.org', g, k, k))
          when 2 then json_build_object('type', 'function_call', 'call_id', 'c' || k, 'name', 'look', 'arguments', '{}')
          when 3 then json_build_object('type', 'function_call_output', 'call_id', 'c' || (k - 1), 'output', 'found ' || k)
          else json_build_object('role', 'assistant', 'content', 'said ' || k) end::text
      from generate_series(1, 400) g, generate_series(1, 8) k order by g, k";

/// What drift says, one line per session and kind: `session kind missing extra altered reordered duplicated`.
async fn drift(dba: &mut Session, is_full: bool) -> Vec<String> {
    dba.texts(&format!(
        "select concat_ws(' ', session_id, kind, missing, extra, altered, reordered, duplicated)
         from transcript.drift(is_full => {is_full})"
    ))
    .await
    .iter()
    .map(|line| line.trim_matches(['(', ')', '"']).to_owned())
    .collect()
}

async fn filled() -> Store {
    let mut store = Store::attached().await;
    store.framework.run(FILL).await;
    assert_eq!(drift(&mut store.dba, true).await, [""; 0]);
    store
}

/// The number of the nth row of a session, as SQL.
fn row(session: &str, nth: u32) -> String {
    format!(
        "(select id from agent_messages where session_id = '{session}' order by id offset {nth} - 1 limit 1)"
    )
}

/// The events of a session, as SQL.
fn of(session: &str) -> String {
    format!("conversation_id = transcript.conversation_id('acme', '{session}')")
}

/// Each on a session of its own: what is done to the framework's table, and what must be said of it.
fn to_the_store() -> Vec<(String, &'static str)> {
    let deleted = format!("delete from agent_messages where id = {}", row("s1", 2));
    let emptied = "delete from agent_messages where session_id = 's2'".to_owned();
    let altered = format!(
        "update agent_messages set message_data = replace(message_data, 'found', 'lost') where id = {}",
        row("s3", 3)
    );
    // Only what redaction hides is another: the events still read the same.
    let secret = format!(
        "update agent_messages set message_data = replace(message_data, 'ann1@', 'bob1@') where id = {}",
        row("s4", 1)
    );
    let swapped = format!(
        "update agent_messages m set message_data = o.message_data from agent_messages o
         where (m.id, o.id) in (({a}, {b}), ({b}, {a}))",
        a = row("s5", 1),
        b = row("s5", 4)
    );
    let later = format!(
        "update agent_messages set created_at = created_at + interval '1 hour' where id = {}",
        row("s6", 4)
    );
    let copied = format!(
        "insert into agent_messages (session_id, message_data) select session_id, message_data from agent_messages where id = {}",
        row("s7", 1)
    );
    let unseen = insert("s8", &[&said("nobody saw this")]);
    let new = "insert into agent_sessions values ('new')".to_owned()
        + ";"
        + &insert("new", &[&said("a"), "no json"]);
    vec![
        (deleted, "s1 tool_call 0 1 0 0 0"),
        (
            emptied,
            "s2 message 0 4 0 0 0, s2 tool_call 0 2 0 0 0, s2 tool_result 0 2 0 0 0",
        ),
        (altered, "s3 tool_result 0 0 1 0 0"),
        (secret, "s4 message 0 0 1 0 0"),
        (swapped, "s5 message 0 0 0 2 0"),
        (later, "s6 message 0 0 1 0 0"),
        (copied, "s7 message 0 0 0 0 1"),
        (unseen, "s8 message 1 0 0 0 0"),
        (new, "new message 1 0 0 0 0, new unreadable 1 0 0 0 0"),
    ]
}

/// The same of the log.
fn to_the_log() -> Vec<(String, &'static str)> {
    let deleted = format!(
        "delete from transcript.events where {} and seq = 2",
        of("s11")
    );
    let first = format!(
        "delete from transcript.events where {} and seq < 3",
        of("s12")
    );
    let emptied = format!("delete from transcript.events where {}", of("s13"));
    let gone = format!(
        "delete from transcript.events where {0}; delete from transcript.conversations where {0}",
        of("s14")
    );
    let altered = format!(
        r#"update transcript.events set payload = '{{"role": "assistant", "content": "forged"}}' where {} and seq = 4"#,
        of("s15")
    );
    let swapped = format!(
        "update transcript.events e set payload = o.payload from transcript.events o
         where e.{0} and o.conversation_id = e.conversation_id and (e.seq, o.seq) in ((1, 4), (4, 1))",
        of("s16")
    );
    let moved = format!(
        "update transcript.events set seq = seq + 100 where {0} and seq in (1, 4);
         update transcript.events set seq = case seq when 101 then 4 else 1 end where {0} and seq in (101, 104)",
        of("s17")
    );
    let copied = format!(
        "create temp table copy as select * from transcript.events where {} and seq = 1;
         update copy set seq = 99, event_key = gen_random_uuid();
         insert into transcript.events select * from copy; drop table copy",
        of("s18")
    );
    vec![
        (deleted, "s11 tool_call 1 0 0 0 0"),
        (first, "s12 message 1 0 0 0 0, s12 tool_call 1 0 0 0 0"),
        (
            emptied,
            "s13 message 4 0 0 0 0, s13 tool_call 2 0 0 0 0, s13 tool_result 2 0 0 0 0",
        ),
        (
            gone,
            "s14 message 4 0 0 0 0, s14 tool_call 2 0 0 0 0, s14 tool_result 2 0 0 0 0",
        ),
        (altered, "s15 message 0 0 1 0 0"),
        (swapped, "s16 message 0 0 0 2 0"),
        (moved, "s17 message 0 0 0 2 0"),
        (copied, "s18 message 0 0 0 0 1"),
    ]
}

async fn past_the_triggers(dba: &mut Session, statement: &str) {
    dba.run(&format!(
        "alter table agent_messages disable trigger user; {statement}; alter table agent_messages enable trigger user"
    ))
    .await;
}

#[tokio::test]
async fn each_sabotage_is_named_alone() {
    let mut store = filled().await;
    let mut named: Vec<String> = Vec::new();
    for (statement, found) in to_the_store().into_iter().chain(to_the_log()) {
        past_the_triggers(&mut store.dba, &statement).await;
        named.extend(found.split(", ").map(str::to_owned));
        let mut expected = named.clone();
        expected.sort();
        let mut said = drift(&mut store.dba, true).await;
        said.sort();
        assert_eq!(said, expected, "{statement}");
    }
    let counted = store
        .dba
        .text("select concat_ws(' ', sessions_drifted, missing, extra, altered, reordered, duplicated) from transcript.drift_checks")
        .await;
    assert_eq!(counted, "17 22 9 4 6 2");
    // Each is known by number and place.
    let items = store
        .dba
        .texts("select concat_ws(' ', store_row, seq, kind, problem) from transcript.drift_items('agent_messages', 's17')")
        .await;
    assert_eq!(
        items,
        [
            "(\"129 4 message reordered\")",
            "(\"132 1 message reordered\")"
        ]
    );
}

#[tokio::test]
async fn a_table_emptied_past_the_triggers_is_extra_and_an_empty_log_is_missing() {
    let mut store = filled().await;
    store
        .dba
        .run("begin; set local session_replication_role = replica; truncate agent_messages; commit")
        .await;
    drift(&mut store.dba, true).await;
    let sums = "select concat_ws(' ', sessions_drifted, missing, extra, altered, reordered, duplicated) from transcript.drift_checks";
    // TRUNCATE's own trigger is off as well.
    assert_eq!(store.dba.text(sums).await, "400 0 3200 0 0 0");

    let mut store = filled().await;
    store.dba.run("truncate transcript.events").await;
    drift(&mut store.dba, true).await;
    assert_eq!(store.dba.text(sums).await, "400 3200 0 0 0 0");
}

#[tokio::test]
async fn what_is_recorded_is_no_drift() {
    let mut store = filled().await;
    for statement in [
        format!("delete from agent_messages where id = {}", row("s1", 8)),
        "delete from agent_messages where session_id = 's2'".to_owned(),
        format!(
            "update agent_messages set message_data = '{}' where id = {}",
            said("edited"),
            row("s3", 1)
        ),
        format!(
            "update agent_messages set message_data = replace(message_data, 'ann1@', 'bob1@') where id = {}",
            row("s4", 1)
        ),
        format!(
            "update agent_messages set session_id = 's6' where id = {}",
            row("s5", 2)
        ),
        "delete from agent_sessions where session_id = 's7'".to_owned(),
        "begin; delete from agent_messages where session_id = 's8';".to_owned()
            + &insert("s8", &[&said("summary")])
            + "; commit",
        "set timezone = 'Asia/Tokyo'; ".to_owned()
            + &insert("s9", &[&said("elsewhere")])
            + "; reset timezone",
    ] {
        store.framework.run(&statement).await;
        assert_eq!(drift(&mut store.dba, false).await, [""; 0], "{statement}");
        assert_eq!(drift(&mut store.dba, true).await, [""; 0], "{statement}");
    }
    store.framework.run("truncate agent_messages").await;
    assert_eq!(drift(&mut store.dba, true).await, [""; 0]);
}

#[tokio::test]
async fn a_sweep_under_a_stricter_policy_is_no_drift() {
    let mut store = filled().await;
    store
        .dba
        .run(
            r#"insert into transcript.redaction_policies (tenant_id, policy)
               values ('acme', transcript.builtin_policy('strict') || '{"patterns": [{"name": "asks", "pattern": "asks [0-9]+"}]}')"#,
        )
        .await;
    store.dba.run("call transcript.reredact('acme')").await;
    let swept = store
        .dba
        .number("select count(*) from transcript.events where payload::text like '%redacted:asks%'")
        .await;
    assert!(swept > 0);
    assert_eq!(drift(&mut store.dba, true).await, [""; 0]);
}

#[tokio::test]
async fn what_retention_purged_is_no_drift_and_what_was_lost_since_is() {
    let mut store = Store::made(TABLES).await;
    store
        .dba
        .run("update transcript.settings set partition_interval = 'day'; select transcript.attach('agent_messages', 'acme')")
        .await;
    let items = [said("1"), said("2"), said("3")];
    let items: Vec<&str> = items.iter().map(String::as_str).collect();
    store.write("s", &items).await;
    store.write("other", &items[..1]).await;
    // As if the first two and all of the other had been recorded a year ago, and were purged since.
    store
        .dba
        .run(
            "set session_replication_role = replica;
             delete from transcript.events where (conversation_id, seq) in (
               (transcript.conversation_id('acme', 's'), 1), (transcript.conversation_id('acme', 's'), 2),
               (transcript.conversation_id('acme', 'other'), 1));
             update transcript.conversations set first_activity = now() - interval '1 year';
             reset session_replication_role",
        )
        .await;
    assert_eq!(drift(&mut store.dba, true).await, [""; 0]);
    past_the_triggers(&mut store.dba, &insert("s", &[&said("unseen")])).await;
    assert_eq!(drift(&mut store.dba, true).await, ["s message 1 0 0 0 0"]);
}
