//! What is sent again whenever it changes ends as one event where states are merged.

use crate::imported::{Counts, import};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use tests::corpus;
use tests::{Database, Session};

async fn put(app: &mut Session, format: &str, items: &[String]) -> BTreeMap<String, usize> {
    let batch = format!(r#"{{"conversation":"c","items":[{}]}}"#, items.join(","));
    let sql =
        "select coalesce(reason, status) from transcript.append(transcript.parse($1), $2, 'merge')";
    let verdicts: Vec<String> = sqlx::query_scalar(sql)
        .bind(batch)
        .bind(format)
        .fetch_all(&mut app.connection)
        .await
        .expect("verdicts");
    let mut counted = BTreeMap::new();
    for verdict in verdicts {
        *counted.entry(verdict).or_default() += 1;
    }
    counted
}

fn verdicts(counts: &[(&str, usize)]) -> BTreeMap<String, usize> {
    counts
        .iter()
        .map(|(name, n)| ((*name).to_owned(), *n))
        .collect()
}

/// The text after that many updates.
fn words(n: usize) -> String {
    (0..=n).map(|n| format!("word{n} ")).collect()
}

#[tokio::test]
async fn a_part_that_streams_in_two_hundred_updates_is_one_event() {
    let db = Database::migrated().await;
    let mut app = db.app("acme").await;
    let state = |n: usize| {
        let end = if n == 199 {
            r#","end":1700000009000"#
        } else {
            ""
        };
        format!(
            r#"{{"type":"message.part.updated","properties":{{"part":{{"id":"prt_1","messageID":"msg_1","sessionID":"c","type":"text","text":"{}","time":{{"start":1700000000000{end}}}}}}}}}"#,
            words(n)
        )
    };
    for n in 0..200 {
        let said = put(&mut app, "opencode", &[state(n)]).await;
        let verdict = if n == 0 { "stored" } else { "merged" };
        assert_eq!(said, verdicts(&[(verdict, 1)]), "{n}");
    }
    let final_text = "select string_agg(payload #>> '{properties,part,text}', '|') from transcript.timeline('c')";
    assert_eq!(app.text(final_text).await, words(199));
    // What arrives late is older than what has ended.
    assert_eq!(
        put(&mut app, "opencode", &[state(7)]).await,
        verdicts(&[("duplicate", 1)])
    );
    assert_eq!(app.text(final_text).await, words(199));
    let mut dba = db.superuser().await;
    let states = "select count(distinct detail #>> '{payload,properties,part,text}') from transcript.audit_log where action = 'replace'";
    assert_eq!(dba.number(states).await, 199);
    let counted = "select event_count * 100 + message_count from transcript.conversations";
    assert_eq!(dba.number(counted).await, 101);
}

#[tokio::test]
async fn a_tool_part_is_its_call_and_then_its_result_too() {
    let db = Database::migrated().await;
    let mut app = db.app("acme").await;
    let state = |state: &str| {
        format!(
            r#"{{"type":"message.part.updated","properties":{{"part":{{"id":"prt_2","messageID":"m","sessionID":"c","type":"tool","tool":"bash","callID":"call_1","state":{state}}}}}}}"#
        )
    };
    let pending = state(r#"{"status":"pending"}"#);
    let running = state(r#"{"status":"running","time":{"start":1700000000000}}"#);
    let done = state(
        r#"{"status":"completed","output":"x","time":{"start":1700000000000,"end":1700000001000}}"#,
    );
    put(&mut app, "opencode", &[pending, running.clone()]).await;
    let open = "select count(*) from transcript.open_calls('c')";
    assert_eq!(app.number(open).await, 1);
    put(&mut app, "opencode", &[done, running]).await;
    assert_eq!(app.number(open).await, 0);
    let shown = "select concat_ws(' ', kind, tool_name, payload #>> '{properties,part,state,status}') from transcript.timeline('c')";
    assert_eq!(app.texts(shown).await, ["(\"tool_result bash completed\")"]);
}

#[tokio::test]
async fn parts_and_messages_are_upserts_in_either_order() {
    let db = Database::migrated().await;
    let mut app = db.app("acme").await;
    let part = |n: usize| {
        format!(
            r#"{{"type":"message.part","session_id":"c","message_id":"m","part_id":"p","part_type":"text","text":"{}","timestamp":{}}}"#,
            words(n),
            1_700_000_000_000_usize + n
        )
    };
    let message = r#"{"type":"message","session_id":"c","message_id":"m","role":"assistant","timestamp":1700000000000}"#;
    // The parts come before their message, and ten at a time.
    let states: Vec<String> = (0..200).map(part).collect();
    let mut said: BTreeMap<String, usize> = BTreeMap::new();
    for ten in states.chunks(10) {
        for (verdict, n) in put(&mut app, "message-parts", ten).await {
            *said.entry(verdict).or_default() += n;
        }
    }
    assert_eq!(said, verdicts(&[("stored", 1), ("merged", 199)]));
    assert_eq!(
        put(&mut app, "message-parts", &[message.to_owned()]).await,
        verdicts(&[("stored", 1)])
    );
    // All once more, in the wrong order: nothing changes.
    let mut backwards = states;
    backwards.reverse();
    assert_eq!(
        put(&mut app, "message-parts", &backwards).await,
        verdicts(&[("duplicate", 200)])
    );
    let texts = "select string_agg(payload ->> 'text', '|') from transcript.timeline('c')";
    assert_eq!(app.text(texts).await, words(199));
    let mut dba = db.superuser().await;
    let states = "select count(*) from transcript.audit_log where action = 'replace'";
    assert_eq!(dba.number(states).await, 199);
}

#[tokio::test]
async fn a_response_and_its_items_end_complete_and_its_run_says_what_it_used() {
    let db = Database::migrated().await;
    let mut app = db.app("acme").await;
    let mut events = vec![
        r#"{"type":"response.created","sequence_number":0,"response":{"id":"resp_1","status":"in_progress","model":"m"}}"#.to_owned(),
        r#"{"type":"response.output_item.added","sequence_number":1,"item":{"type":"function_call","id":"fc_1","call_id":"call_1","name":"f","arguments":"","status":"in_progress"}}"#.to_owned(),
    ];
    for n in 0..200 {
        let sequence = n + 2;
        events.push(format!(
            r#"{{"type":"response.function_call_arguments.delta","sequence_number":{sequence},"item_id":"fc_1","delta":"{n}"}}"#
        ));
    }
    events.push(r#"{"type":"response.output_item.done","sequence_number":202,"item":{"type":"function_call","id":"fc_1","call_id":"call_1","name":"f","arguments":"{}","status":"completed"}}"#.to_owned());
    events.push(r#"{"type":"response.completed","sequence_number":203,"response":{"id":"resp_1","status":"completed","model":"m","usage":{"input_tokens":3,"output_tokens":4,"total_tokens":7}}}"#.to_owned());
    let mut said: BTreeMap<String, usize> = BTreeMap::new();
    // One at a time, as a stream arrives.
    for event in &events {
        for (verdict, n) in put(&mut app, "openai-responses", std::slice::from_ref(event)).await {
            *said.entry(verdict).or_default() += n;
        }
    }
    assert_eq!(said, verdicts(&[("stored", 202), ("merged", 2)]));
    let whole = "select kind || ' ' || coalesce(payload #>> '{item,status}', payload #>> '{response,status}')
        from transcript.timeline('c') where kind not like '%delta' order by seq";
    assert_eq!(
        app.texts(whole).await,
        ["(\"model_call completed\")", "(\"tool_call completed\")"]
    );
    let run = "select concat_ws(' ', external_id, status, input_tokens, output_tokens, total_tokens) from transcript.runs";
    assert_eq!(app.texts(run).await, ["(\"resp_1 completed 3 4 7\")"]);
    assert_eq!(
        app.number("select count(*) from transcript.open_calls('c')")
            .await,
        1
    );
    // A client that sends all of it again changes nothing, whatever of it is old.
    assert_eq!(
        put(&mut app, "openai-responses", &events).await,
        verdicts(&[("duplicate", 204)])
    );
    assert_eq!(app.texts(run).await, ["(\"resp_1 completed 3 4 7\")"]);
}

/// Id of what an item is one state of, where it is.
fn upserted(item: &Value) -> Option<String> {
    let about = &item["properties"];
    let (what, id) = match item["type"].as_str() {
        Some("message.updated") => ("message", &about["info"]["id"]),
        Some("message.part.updated") => ("part", &about["part"]["id"]),
        None => ("stored", &item["info"]["id"]),
        _ => return None,
    };
    Some(format!("{what} {}", id.as_str()?))
}

#[tokio::test]
async fn the_real_bus_events_end_as_what_they_were_last() {
    let Some(folder) = corpus::transcripts() else {
        return;
    };
    let file = corpus::file_of(&folder, "opencode-bus-events");
    let db = Database::migrated().await;
    let done = import(&db, "acme", &file, &["--on-conflict", "merge"]);
    let mut app = db.app("acme").await;
    let mut things = 0;
    for conversation in corpus::conversations(&file) {
        let mut last: BTreeMap<String, usize> = BTreeMap::new();
        for (place, item) in conversation.items.iter().enumerate() {
            let item: Value = serde_json::from_str(item).expect("JSON");
            last.insert(
                upserted(&item).unwrap_or_else(|| format!("item {place}")),
                place,
            );
        }
        let finals: Vec<String> = last
            .into_values()
            .map(|place| conversation.items[place].clone())
            .collect();
        things += finals.len() as u64;
        let digests = "select encode(transcript.digest(transcript.redact(transcript.parse(item), transcript.builtin_policy('standard'))), 'hex')
            from unnest($1::text[]) item";
        let wanted: Vec<String> = sqlx::query_scalar(digests)
            .bind(&finals)
            .fetch_all(&mut app.connection)
            .await
            .expect("digests");
        let stored: Vec<String> =
            sqlx::query_scalar("select encode(digest, 'hex') from transcript.timeline($1)")
                .bind(&conversation.id)
                .fetch_all(&mut app.connection)
                .await
                .expect("events");
        assert_eq!(stored.len(), finals.len(), "{}", conversation.id);
        let (wanted, stored): (BTreeSet<_>, BTreeSet<_>) =
            (wanted.into_iter().collect(), stored.into_iter().collect());
        assert_eq!(stored, wanted, "{}", conversation.id);
    }
    assert_eq!(done.stored, things);
    let all = Counts {
        duplicate: 3221,
        ..Counts::default()
    };
    assert_eq!(done.stored + done.merged + done.duplicate, 3221);
    assert_eq!(
        import(&db, "acme", &file, &["--on-conflict", "merge"]),
        all,
        "again"
    );
}
