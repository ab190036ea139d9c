//! The OpenAI Agents SDK's RunState: a run that was interrupted, to be resumed.

use super::Event;
use super::fields::{get, integer, named, object, objects};
use super::usage::usage;
use crate::jsonb::{Container, Value};
use std::borrow::Cow;

/// Fills the columns from a run's state. `keep` says how its texts are held.
pub fn describe<'i, 'a>(
    event: &mut Event<'a>,
    state: Container<'i>,
    keep: &impl Fn(&'i str) -> Cow<'a, str>,
) {
    event.kind = Cow::Borrowed("run_state");
    event.agent = object(state, "current_agent")
        .and_then(|agent| named(agent, &["name"]))
        .map(keep);
    let mut items = 0;
    for item in objects(state, "generated_items") {
        items += 1;
        let raw = object(item, "raw_item").unwrap_or(item);
        let Some(id) = named(raw, &["call_id"]) else {
            continue;
        };
        // An approval repeats the call that it is for.
        let into = match named(item, &["type"]) {
            Some("tool_call_item" | "handoff_call_item") => &mut event.calls,
            Some("tool_call_output_item" | "handoff_output_item") => &mut event.answers,
            _ => continue,
        };
        into.push(keep(id));
    }
    let run = &mut event.about_run;
    run.status = object(state, "current_step")
        .and_then(|step| named(step, &["type"]))
        .map(keep);
    run.trace = object(state, "trace")
        .and_then(|trace| named(trace, &["trace_id", "id"]))
        .map(keep);
    let last = object(state, "last_model_response");
    let last = last.or_else(|| objects(state, "model_responses").last());
    if let Some(last) = last {
        event.run = named(last, &["response_id"]).map(keep);
        run.provider_request = named(last, &["request_id"]).map(keep);
        run.usage = object(last, "usage").and_then(usage);
    }
    // A state has no id: it is told from the run's others by how far the run had come.
    let turn = integer(state, "current_turn").unwrap_or_default();
    let approvals = object(state, "context").and_then(|c| object(c, "approvals"));
    let approvals = approvals.map_or(0, |approvals| approvals.bytes().len());
    event.state = event
        .run
        .as_deref()
        .map(|run| Cow::Owned(format!("{run}/{turn}/{items}/{approvals}")));
}

/// Whether an item is a run's state.
pub fn is_one(item: Container<'_>) -> bool {
    matches!(get(item, "$schemaVersion"), Some(Value::String(_)))
}
