//! Format `openhands`: the event stream of OpenHands, actions and observations.
//!
//! An action that a model asked for names the call, and so does its observation. Others (reading the
//! workspace, a change of state) have only numbers.

use super::batch::as_object;
use super::fields::{get, integer, named, object};
use super::usage::usage;
use super::{Event, Format, Problem, time};
use crate::jsonb::{Container, Value};
use std::borrow::Cow;

pub(super) const FORMAT: Format = Format {
    name: "openhands",
    aliases: &["openhands-events"],
    description: "OpenHands events: actions and observations",
    project,
};

/// Actions that use a tool even where no call of a model is named.
const TOOLS: &[&str] = &[
    "browse",
    "browse_interactive",
    "call_tool_mcp",
    "edit",
    "mcp",
    "read",
    "run",
    "run_ipython",
    "write",
];

fn project<'a>(event: &mut Event<'a>, item: Value<'a>) -> Result<(), Problem> {
    let item = as_object(item)?;
    let id = integer(item, "id").map(|id| Cow::Owned(id.to_string()));
    event.item_id = id.or_else(|| named(item, &["id"]).map(Cow::Borrowed));
    event.parent_id = integer(item, "cause").map(|id| Cow::Owned(id.to_string()));
    event.occurred_at = get(item, "timestamp").and_then(time::microseconds);
    event.role = named(item, &["source"]).map(|source| {
        Cow::Borrowed(match source {
            "agent" => "assistant",
            other => other,
        })
    });
    let call = object(item, "tool_call_metadata");
    event.tool_call_id = call
        .and_then(|call| named(call, &["tool_call_id"]))
        .map(Cow::Borrowed);
    event.tool_name = call
        .and_then(|call| named(call, &["function_name"]))
        .map(Cow::Borrowed);
    let (name, used) = match (named(item, &["action"]), named(item, &["observation"])) {
        (Some(action), _) => (action, "tool_call"),
        (None, Some(observation)) => (observation, "tool_result"),
        (None, None) => return Err(Problem::Missing { member: "action" }),
    };
    let tool = TOOLS.contains(&name);
    event.kind = Cow::Borrowed(match name {
        _ if call.is_some() || tool => used,
        "message" | "system" => "message",
        other => other,
    });
    if tool && event.tool_name.is_none() {
        event.tool_name = Some(Cow::Borrowed(name));
    }
    if name == "system" {
        event.role = Some(Cow::Borrowed("system"));
    }
    let response = call.and_then(|call| object(call, "model_response"));
    if let Some(response) = response.filter(|_| used == "tool_call") {
        asked_by(event, response);
    }
    Ok(())
}

/// The model call that asked for an action. Several actions may come of one.
fn asked_by<'a>(event: &mut Event<'a>, response: Container<'a>) {
    event.run = named(response, &["id"]).map(Cow::Borrowed);
    event.model = named(response, &["model"]).map(Cow::Borrowed);
    if event.run.is_some() {
        event.about_run.usage = object(response, "usage").and_then(usage);
    }
}
