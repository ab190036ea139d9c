//! Format `atif`: the steps of an Agent Trajectory Interchange Format document.
//!
//! A step of the agent holds what it said, the calls it made and their results.

use super::batch::as_object;
use super::fields::{get, integer, named, object, objects};
use super::usage::usage;
use super::{Event, Format, Problem, time};
use crate::jsonb::{Container, Value};
use std::borrow::Cow;

pub(super) const FORMAT: Format = Format {
    name: "atif",
    aliases: &["atif-trajectory"],
    description: "Agent Trajectory Interchange Format: steps, or a whole trajectory",
    project,
};

fn project<'a>(event: &mut Event<'a>, item: Value<'a>) -> Result<(), Problem> {
    let item = as_object(item)?;
    if matches!(get(item, "steps"), Some(Value::Array(_))) {
        trajectory(event, item);
        return Ok(());
    }
    let source = named(item, &["source"]).ok_or(Problem::Missing { member: "source" })?;
    let number = integer(item, "step_id").map(|id| Cow::Owned(id.to_string()));
    event.item_id = number.or_else(|| named(item, &["step_id"]).map(Cow::Borrowed));
    event.role = Some(Cow::Borrowed(match source {
        "agent" => "assistant",
        other => other,
    }));
    event.occurred_at = get(item, "timestamp").and_then(time::microseconds);
    event.model = named(item, &["model_name"]).map(Cow::Borrowed);
    joined(event, item);
    event.kind = Cow::Borrowed(match () {
        () if is_compaction(item) => "compaction",
        () if named(item, &["message"]).is_some() || is_list(item, "message") => "message",
        () if objects(item, "tool_calls").next().is_some() => "tool_call",
        () if object(item, "observation").is_some() => "tool_result",
        () if named(item, &["reasoning_content"]).is_some() => "reasoning",
        () => "message",
    });
    if let Some(metrics) = object(item, "metrics") {
        // A step is one call of the model, and has no other name for it.
        let step = event.item_id.as_deref();
        event.run = step.map(|step| Cow::Owned(format!("step {step}")));
        if event.run.is_some() {
            event.about_run.usage = usage(metrics);
        }
    }
    Ok(())
}

fn joined<'a>(event: &mut Event<'a>, step: Container<'a>) {
    for call in objects(step, "tool_calls") {
        event
            .calls
            .extend(named(call, &["tool_call_id"]).map(Cow::Borrowed));
        let tool = named(call, &["function_name"]).map(Cow::Borrowed);
        event.tool_name = event.tool_name.take().or(tool);
    }
    for result in object(step, "observation")
        .into_iter()
        .flat_map(|o| objects(o, "results"))
    {
        let answers = named(result, &["source_call_id"]).map(Cow::Borrowed);
        event.answers.extend(answers);
    }
}

fn is_compaction(step: Container<'_>) -> bool {
    let context = object(step, "extra").and_then(|extra| object(extra, "context_management"));
    context.is_some_and(|context| named(context, &["type"]) == Some("compaction"))
}

fn is_list(object: Container<'_>, member: &str) -> bool {
    matches!(get(object, member), Some(Value::Array(list)) if !list.is_empty())
}

fn trajectory<'a>(event: &mut Event<'a>, item: Container<'a>) {
    event.kind = Cow::Borrowed("trajectory");
    event.item_id = named(item, &["trajectory_id", "session_id"]).map(Cow::Borrowed);
    event.conversation = named(item, &["session_id"]).map(Cow::Borrowed);
    if let Some(agent) = object(item, "agent") {
        event.agent = named(agent, &["name"]).map(Cow::Borrowed);
        event.model = named(agent, &["model_name"]).map(Cow::Borrowed);
    }
    for step in objects(item, "steps") {
        joined(event, step);
    }
}
