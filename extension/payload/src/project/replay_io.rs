//! Format `replay-io`: a telemetry ledger of model and tool turns.
//!
//! Start and finish of one call are different items, a resend is the same one: the key is the caller's
//! id with type, status and sequence. Ids that join a turn to other systems stand at the top level, or
//! else in the payload.

use super::batch::as_object;
use super::fields::{get, integer, named, object};
use super::usage::usage;
use super::{Event, Format, Problem, time};
use crate::jsonb::{Container, Value};
use std::borrow::Cow;

pub(super) const FORMAT: Format = Format {
    name: "replay-io",
    aliases: &[],
    description: "telemetry of model and tool turns: states, provider, latency, errors",
    project,
};

/// Where a nested member may stand, in this order.
const NESTED: &[&str] = &[
    "payload",
    "metadata",
    "input_payload",
    "inputPayload",
    "output_payload",
    "outputPayload",
    "input",
    "output",
];

struct Turn<'a> {
    item: Container<'a>,
}

impl<'a> Turn<'a> {
    fn nested(&self) -> impl Iterator<Item = Container<'a>> {
        let item = self.item;
        NESTED.iter().filter_map(move |member| object(item, member))
    }

    /// A text at the top level, else nested. Blank counts as absent.
    fn text(&self, names: &[&str]) -> Option<Cow<'a, str>> {
        named(self.item, names)
            .or_else(|| self.nested().find_map(|inner| named(inner, names)))
            .map(Cow::Borrowed)
    }

    fn integer(&self, names: &[&str]) -> Option<i64> {
        let of = |object| names.iter().find_map(|name| integer(object, name));
        of(self.item).or_else(|| self.nested().find_map(of))
    }
}

fn project<'a>(event: &mut Event<'a>, item: Value<'a>) -> Result<(), Problem> {
    let item = as_object(item)?;
    let turn = Turn { item };
    let name = named(
        item,
        &["event_type", "eventType", "event", "name", "type", "kind"],
    )
    .unwrap_or("unknown");
    let status = turn.text(&["status", "state"]);
    event.tool_name = turn.text(&["tool_name", "toolName"]);
    event.tool_call_id = turn.text(&["tool_call_id", "toolCallId", "call_id", "callId"]);
    event.model = turn.text(&["model"]);
    event.conversation = turn.text(&["session_id", "sessionId", "room"]);
    event.agent = turn.text(&["agent", "source"]);
    event.sequence = turn.integer(&["sequence", "seq"]);
    event.occurred_at = ["created_at", "createdAt", "timestamp", "ts", "occurred_at"]
        .iter()
        .find_map(|member| get(item, member).and_then(instant));
    let caller = named(item, &["event_id", "eventId", "id"]);
    let sequence = event.sequence;
    event.key = caller.map(|id| {
        let status = status.as_deref().unwrap_or("unknown");
        Cow::Owned(format!("{id}/{name}/{status}/{}", sequence.unwrap_or(0)))
    });
    event.item_id = caller.map(Cow::Borrowed);
    let finished = status
        .as_deref()
        .is_some_and(|status| FINISHED.contains(&status.to_ascii_lowercase().as_str()));
    let run = &mut event.about_run;
    run.error = turn
        .text(&["error", "error_message", "errorMessage"])
        .or_else(|| {
            let error = turn.item;
            object(error, "error")
                .and_then(|e| named(e, &["message", "name", "code"]).map(Cow::Borrowed))
        });
    run.latency_ms = turn
        .integer(&["latency_ms", "latencyMs", "duration_ms", "durationMs"])
        .filter(|ms| *ms >= 0);
    run.provider = turn.text(&["provider"]);
    run.provider_source = turn.text(&["provider_source", "providerSource"]);
    run.provider_path = turn.text(&["provider_path", "providerPath"]);
    run.provider_request = turn.text(&["provider_request_id", "providerRequestId"]);
    run.trace = turn.text(&["trace_id", "traceId"]);
    run.request = turn.text(&["request_id", "requestId"]);
    run.intent = turn.text(&["intent_id", "intentId"]);
    run.task = turn.text(&["task_id", "taskId"]);
    run.usage = std::iter::once(item)
        .chain(turn.nested())
        .find_map(|inner| object(inner, "usage").or_else(|| object(inner, "token_usage")))
        .and_then(usage);
    let tool = event.tool_name.is_some() || event.tool_call_id.is_some();
    let ended = finished || run.error.is_some();
    run.status = status;
    if tool {
        // A start makes the call, a finish brings its result.
        event.kind = Cow::Borrowed(if ended { "tool_result" } else { "tool_call" });
        if let Some(id) = event.tool_call_id.clone() {
            if ended {
                event.answers.push(id);
            } else {
                event.calls.push(id);
            }
        }
    } else if event.model.is_some() || run.provider.is_some() || name.contains("model") {
        event.kind = Cow::Borrowed("model_call");
    } else {
        event.kind = Cow::Borrowed(name);
    }
    event.run = turn
        .text(&["run_id", "runId"])
        .or_else(|| event.tool_call_id.clone().filter(|_| tool))
        .or_else(|| event.item_id.clone())
        .or_else(|| event.about_run.request.clone());
    Ok(())
}

/// How sources word that a turn is over.
const FINISHED: &[&str] = &[
    "aborted",
    "cancelled",
    "canceled",
    "complete",
    "completed",
    "done",
    "error",
    "errored",
    "failed",
    "finished",
    "ok",
    "rejected",
    "succeeded",
    "success",
    "timeout",
];

/// Text, or a number of milliseconds: as a number of seconds it would be far in the future.
fn instant(value: Value<'_>) -> Option<i64> {
    match value {
        Value::Number(number) if number.to_f64()?.abs() >= 1e11 => time::from_milliseconds(value),
        other => time::microseconds(other),
    }
}

#[cfg(test)]
mod tests {
    use crate::project::tests::events;

    #[test]
    fn turns_and_their_states() {
        let rows = events(
            r#"{"conversation":"c","items":[
            {"event_id":"e1","event_type":"tool_call","status":"started","sequence":1,"tool_name":"t","tool_call_id":"k1","traceId":" ","payload":{"traceId":"t1","request_id":"r1"}},
            {"event_id":"e1","event_type":"tool_call","status":"completed","sequence":1,"tool_name":"t","tool_call_id":"k1","trace_id":"t0","payload":{"trace_id":"t1"},"latency_ms":12},
            {"event_id":"e1","event_type":"tool_call","status":"completed","sequence":1,"tool_name":"t","tool_call_id":"k1","trace_id":"t0","payload":{"trace_id":"t1"},"latency_ms":12},
            {"event_id":"e2","event_type":"model_turn","status":"failed","sequence":2,"provider":"p","model":"m","provider_path":"responses","error":"boom","output_payload":{"usage":{"prompt_tokens":3}}},
            {"event_id":"e3","status":"x"},
            {"event_type":"vote"},
            7]}"#,
            "replay-io",
            |e| {
                let text = |t: Option<&str>| t.unwrap_or("-").to_owned();
                let run = &e.about_run;
                [
                    e.kind.to_string(),
                    text(e.key.as_deref()),
                    e.calls.join(","),
                    e.answers.join(","),
                    text(e.run.as_deref()),
                    text(run.trace.as_deref()),
                    text(run.request.as_deref()),
                    text(run.error.as_deref()),
                    run.usage.is_some().to_string(),
                    run.latency_ms.map_or_else(String::new, |n| n.to_string()),
                    e.problem.as_ref().map_or("", |p| p.code()).to_owned(),
                ]
                .join(" ")
            },
        );
        assert_eq!(
            rows,
            [
                "tool_call e1/tool_call/started/1 k1  k1 t1 r1 - false  ",
                "tool_result e1/tool_call/completed/1  k1 k1 t0 - - false 12 ",
                "tool_result e1/tool_call/completed/1  k1 k1 t0 - - false 12 ",
                "model_call e2/model_turn/failed/2   e2 - - boom true  ",
                "unknown e3/unknown/x/0   e3 - - - false  ",
                "vote -   - - - - false  TR018",
                " -   - - - - false  TR014",
            ]
        );
    }
}
