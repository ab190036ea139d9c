//! Calls and their results: joined by id, wherever they stand; what was never answered is reported.

use sqlx::Row;
use tests::{Database, Session};

/// Rows of one column, without what a row is written in.
async fn lines(app: &mut Session, sql: &str) -> Vec<String> {
    let rows = app.texts(sql).await;
    rows.iter()
        .map(|row| row.trim_matches(['(', ')', '"']).to_owned())
        .collect()
}

const PARALLEL: &str = r#"{"conversation":"c","sequence":0,"items":[
    {"role":"assistant","content":"both","tool_calls":[
        {"id":"call_a","type":"function","function":{"name":"track","arguments":"{}"}},
        {"id":"call_b","type":"function","function":{"name":"weigh","arguments":"{}"}},
        {"id":"call_c","type":"function","function":{"name":"weigh","arguments":"{}"}}]},
    {"role":"user","content":"hurry"},
    {"role":"tool","tool_call_id":"call_b","content":"2 kg"},
    {"role":"tool","tool_call_id":"call_a","content":"in transit"},
    {"role":"tool","tool_call_id":"call_x","content":"whose?"}]}"#;

#[tokio::test]
async fn results_find_their_calls_by_id_and_open_ones_are_named() {
    let db = Database::migrated().await;
    let mut app = db.app("acme").await;
    app.append(PARALLEL, "openai-chat").await;
    let calls = "select concat_ws(' ', tool_call_id, coalesce(tool_name, '-'), coalesce(called_seq, 0), coalesce(answered_seq, 0))
        from transcript.calls('c')";
    assert_eq!(
        lines(&mut app, calls).await,
        [
            "call_a track 1 4",
            "call_b - 1 3",
            "call_c - 1 0",
            "call_x - 0 5"
        ]
    );
    let open =
        "select concat_ws(' ', conversation, seq, tool_call_id) from transcript.open_calls(%)";
    for argument in ["", "'c'", "since => now() - interval '1 hour'"] {
        let open = open.replace('%', argument);
        assert_eq!(lines(&mut app, &open).await, ["c 1 call_c"], "{argument}");
    }
    for argument in ["'another'", "since => now() + interval '1 hour'"] {
        let open = open.replace('%', argument);
        assert!(app.texts(&open).await.is_empty(), "{argument}");
    }
    // A foreign tenant has none; without a tenant it is an error.
    let mut rival = db.app("rival").await;
    assert!(rival.texts(&open.replace('%', "")).await.is_empty());
}

#[tokio::test]
async fn ids_of_calls_are_hidden_as_the_columns_beside_them_are() {
    let db = Database::migrated().await;
    let mut app = db.app("acme").await;
    let batch = r#"{"conversation":"c","sequence":0,"items":[
        {"role":"assistant","content":null,"tool_calls":[
            {"id":"of zoe@mail.example.org","function":{"name":"a","arguments":"{}"}},
            {"id":"call_2","function":{"name":"b","arguments":"{}"}}]},
        {"role":"tool","tool_call_id":"of zoe@mail.example.org","content":"done"}]}"#;
    app.append(batch, "openai-chat").await;
    let row = app
        .rows("select calls::text, answers::text, tool_call_id from transcript.timeline('c') where seq = 1")
        .await
        .remove(0);
    let calls: String = row.get(0);
    let id: String = row.get(2);
    assert!(
        !calls.contains("zoe") && calls.contains("call_2"),
        "{calls}"
    );
    assert!(calls.contains(&id), "{calls} has {id}");
    assert!(row.get::<Option<String>, _>(1).is_none());
    assert_eq!(
        lines(
            &mut app,
            "select tool_call_id from transcript.open_calls('c')"
        )
        .await,
        ["call_2"]
    );
}

#[tokio::test]
async fn a_run_keeps_the_first_name_and_the_last_word() {
    let db = Database::migrated().await;
    let mut app = db.app("acme").await;
    let event = |n: u32, status: &str, usage: &str| {
        format!(
            r#"{{"type":"response.{status}","sequence_number":{n},"response":{{"id":"resp_1","model":"m","status":"{status}","usage":{usage}}}}}"#
        )
    };
    let begun = event(0, "in_progress", "null");
    let ended = event(
        1,
        "completed",
        r#"{"input_tokens":7,"output_tokens":5,"total_tokens":12}"#,
    );
    for items in [format!("{begun},{ended}"), begun] {
        let batch = format!(r#"{{"conversation":"c","sequence":0,"items":[{items}]}}"#);
        app.append(&batch, "openai-agents").await;
    }
    let runs = "select concat_ws(' ', external_id, model, status, input_tokens, output_tokens, total_tokens) from transcript.runs";
    assert_eq!(lines(&mut app, runs).await, ["resp_1 m completed 7 5 12"]);
}

#[tokio::test]
async fn a_result_without_a_calls_id_is_joined_only_where_one_open_call_fits() {
    let db = Database::migrated().await;
    let mut app = db.app("acme").await;
    // Told by the request although both are of one trace; of two in one trace neither; of two with one
    // intent the one whose tool it is. A blank id is none: the nested one counts.
    let batch = r#"{"conversation":"c","items":[
        {"event_id":"e1","event_type":"tool","status":"started","tool_name":"look","tool_call_id":"k1","request_id":"r1","trace_id":"t"},
        {"event_id":"e2","event_type":"tool","status":"started","tool_name":"look","tool_call_id":"k2","request_id":"r2","trace_id":"t"},
        {"event_id":"e3","event_type":"tool","status":"completed","tool_name":"look","requestId":" ","payload":{"requestId":"r2","traceId":"t"}},
        {"event_id":"e4","event_type":"tool","status":"started","tool_name":"look","tool_call_id":"k3","trace_id":"t9"},
        {"event_id":"e5","event_type":"tool","status":"started","tool_name":"look","tool_call_id":"k4","trace_id":"t9"},
        {"event_id":"e6","event_type":"tool","status":"completed","tool_name":"look","trace_id":"t9"},
        {"event_id":"e7","event_type":"tool","status":"started","tool_name":"a","tool_call_id":"k5","intent_id":"i"},
        {"event_id":"e8","event_type":"tool","status":"started","tool_name":"b","tool_call_id":"k6","intent_id":"i"},
        {"event_id":"e9","event_type":"tool","status":"failed","tool_name":"b","intent_id":"i","error":"x"},
        {"event_id":"e10","event_type":"tool","status":"started","tool_name":"c","tool_call_id":"k7","request_id":"r7"},
        {"event_id":"e11","event_type":"tool","status":"completed","tool_name":"c","request_id":"r7"},
        {"event_id":"e12","event_type":"tool","status":"completed","tool_name":"c","request_id":"r7"}]}"#;
    app.append(batch, "replay-io").await;
    let calls = "select concat_ws(' ', tool_call_id, called_seq, coalesce(answered_seq, 0)) from transcript.calls('c')";
    assert_eq!(
        lines(&mut app, calls).await,
        [
            "k1 1 0", "k2 2 3", "k3 4 0", "k4 5 0", "k5 7 0", "k6 8 9", "k7 10 0"
        ]
    );
    let open = "select tool_call_id from transcript.open_calls()";
    assert_eq!(lines(&mut app, open).await, ["k1", "k3", "k4", "k5", "k7"]);
    // Once the other is answered by its id, what is left fits.
    let answer = r#"{"conversation":"c","items":[
        {"event_id":"e5","event_type":"tool","status":"completed","tool_name":"look","tool_call_id":"k4","trace_id":"t9"}]}"#;
    app.append(answer, "replay-io").await;
    assert_eq!(lines(&mut app, open).await, ["k1", "k5", "k7"]);
}
