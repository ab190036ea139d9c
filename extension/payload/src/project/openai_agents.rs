//! Format `openai-agents`: what the OpenAI Agents SDK keeps and streams.
//!
//! An item is a Responses item (`{"type": "function_call", …}`), its JSON as a string, a row of the
//! SDK's `agent_messages` table (the item as text under `message_data`), or a stream event around one.

use super::batch::{as_object, time};
use super::fields::{get, integer, object, text, type_of};
use super::said::id;
use super::usage::usage;
use super::{Event, Format, Part, Problem, run_state};
use crate::jsonb::{Container, Value};
use crate::{json, jsonb};
use std::borrow::Cow;

pub(super) const FORMAT: Format = Format {
    name: "openai-agents",
    aliases: &[
        "openai-agents-sqlalchemy-rows",
        "openai-agents-stream-events",
        "openai-agents-run-state",
    ],
    description: "OpenAI Agents SDK: Responses items, session rows, stream events, RunState",
    project,
};

fn project<'a>(event: &mut Event<'a>, item: Value<'a>) -> Result<(), Problem> {
    if let Value::String(stored) = item {
        return stored_item(event, stored, "item");
    }
    let item = as_object(item)?;
    match get(item, "message_data") {
        None => {}
        Some(Value::String(stored)) => {
            event.sequence = integer(item, "id");
            event.conversation = text(item, "session_id").map(Cow::Borrowed);
            event.occurred_at = time(item, "created_at")?;
            stored_item(event, stored, "message_data")?;
            // A row is its own, whatever else has the id of its item.
            event.upserts = None;
            return Ok(());
        }
        Some(other) => {
            return Err(Problem::WrongType {
                member: "message_data",
                wanted: "a string",
                found: type_of(other),
            });
        }
    }
    describe(event, item, Cow::Borrowed)
}

/// An item that is kept as text. Its columns are copied out: the parsed datum does not outlive this.
fn stored_item(event: &mut Event<'_>, stored: &str, member: &'static str) -> Result<(), Problem> {
    // A batch that was read from text has marks in its strings; the text inside is read once more.
    let stored = json::unmark(stored);
    let bytes = match json::parse(&stored) {
        Ok(bytes) => bytes,
        Err(json::SyntaxError {
            problem: json::Problem::TooDeep,
            ..
        }) => {
            return Err(Problem::TooDeep {
                limit: jsonb::MAX_DEPTH,
            });
        }
        Err(_) => return Err(Problem::NotJson { member }),
    };
    let object = as_object(Container::root(&bytes).map_err(|_| Problem::NotJson { member })?)?;
    describe(event, object, |text| Cow::Owned(text.to_owned()))?;
    event.payload = Part::Owned(bytes);
    Ok(())
}

/// Fills the columns from an item. `keep` says how its texts are held.
fn describe<'i, 'a, F>(event: &mut Event<'a>, item: Container<'i>, keep: F) -> Result<(), Problem>
where
    F: Fn(&'i str) -> Cow<'a, str>,
{
    if run_state::is_one(item) {
        run_state::describe(event, item, &keep);
        return Ok(());
    }
    // A recorder's wrapper around a stream event.
    if let Some(inner) = object(item, "event") {
        event.sequence = event.sequence.or(integer(item, "eventNumber"));
        return stream_event(event, inner, &keep, true);
    }
    match text(item, "type") {
        Some("raw_response_event") => {
            if let Some(data) = object(item, "data") {
                return stream_event(event, data, &keep, false);
            }
        }
        Some("run_item_stream_event") => {
            if let Some(run_item) = object(item, "item") {
                run_item_event(event, run_item, &keep);
                return Ok(());
            }
        }
        Some("agent_updated_stream_event") => {
            event.kind = Cow::Borrowed("agent_change");
            event.agent = text(item, "new_agent")
                .or_else(|| object(item, "new_agent").and_then(|agent| text(agent, "name")))
                .map(keep);
            return Ok(());
        }
        Some(kind) if kind.starts_with("response.") => {
            return stream_event(event, item, &keep, true);
        }
        Some(_) => {}
        None => {
            if let Some(run_item) = object(item, "item") {
                run_item_event(event, run_item, &keep);
                return Ok(());
            }
        }
    }
    if text(item, "type").is_none() && text(item, "role").is_none() {
        // A recorder may keep a run item as its printed form, with the type beside it.
        let name = text(item, "item_type").or(text(item, "event_type"));
        event.kind = name
            .map(|n| run_item_kind(n, &keep))
            .ok_or(Problem::Missing { member: "type" })?;
        return Ok(());
    }
    response_item(event, item, &keep);
    Ok(())
}

/// An SDK run item: the Responses item stands under `raw_item`, the agent beside it.
fn run_item_event<'i, 'a>(
    event: &mut Event<'a>,
    run_item: Container<'i>,
    keep: &impl Fn(&'i str) -> Cow<'a, str>,
) {
    response_item(
        event,
        object(run_item, "raw_item").unwrap_or(run_item),
        keep,
    );
    event.agent = text(run_item, "agent")
        .or_else(|| object(run_item, "agent").and_then(|agent| text(agent, "name")))
        .map(keep);
    if event.kind.is_empty() {
        let name = text(run_item, "type");
        event.kind = name.map_or(Cow::Borrowed("run_item"), |n| run_item_kind(n, keep));
    }
}

/// The kind behind the SDK's name for a run item.
fn run_item_kind<'i, 'a>(name: &'i str, keep: &impl Fn(&'i str) -> Cow<'a, str>) -> Cow<'a, str> {
    Cow::Borrowed(match name {
        "message_output_item" => "message",
        "tool_call_item" | "handoff_call_item" => "tool_call",
        "tool_call_output_item" | "handoff_output_item" => "tool_result",
        "reasoning_item" => "reasoning",
        "mcp_list_tools_item" => "mcp_list_tools",
        "mcp_approval_request_item" | "tool_approval_item" => "approval_request",
        "mcp_approval_response_item" => "approval_response",
        "compaction_item" => "compaction",
        other => return keep(other),
    })
}

/// A Responses stream event. `items` says whether finished items stand for themselves: the SDK's own
/// stream repeats them as run items, a bare Responses stream does not.
fn stream_event<'i, 'a>(
    event: &mut Event<'a>,
    data: Container<'i>,
    keep: &impl Fn(&'i str) -> Cow<'a, str>,
    items: bool,
) -> Result<(), Problem> {
    let Some(name) = text(data, "type") else {
        return Err(Problem::Missing { member: "type" });
    };
    event.stream_sequence = integer(data, "sequence_number");
    event.kind = match name {
        "response.output_text.delta" | "response.refusal.delta" => Cow::Borrowed("message_delta"),
        "response.function_call_arguments.delta"
        | "response.mcp_call_arguments.delta"
        | "response.code_interpreter_call_code.delta" => Cow::Borrowed("tool_call_delta"),
        "response.output_item.done" if items => {
            if let Some(item) = object(data, "item") {
                response_item(event, item, keep);
                return Ok(());
            }
            keep(name)
        }
        _ if name.contains("reasoning") && name.ends_with(".delta") => {
            Cow::Borrowed("reasoning_delta")
        }
        _ if object(data, "response").is_some() => Cow::Borrowed("model_call"),
        _ => keep(name),
    };
    // An item that is there comes again when it is done; so does the response.
    let own = object(data, "item").and_then(own_id);
    event.upserts = own.map(|_| ITEM);
    event.told_by_length = true;
    event.item_id = own.or(id(data, "item_id")).map(keep);
    if own.is_none() && event.stream_sequence.is_none() && name.ends_with(".delta") {
        // Equal pieces follow each other.
        event.parent_id = event.item_id.take();
    }
    if let Some(response) = object(data, "response") {
        event.upserts = Some("response");
        event.item_id = id(response, "id").map(keep);
        event.run = event.item_id.clone();
        event.model = text(response, "model").map(keep);
        event.about_run.status = text(response, "status").map(keep);
        event.about_run.usage = object(response, "usage").and_then(usage);
    }
    Ok(())
}

/// Of what an item with an id is a state: it comes as it begins, when it is done, and as a run item.
const ITEM: &str = "item";

/// An item's id. The SDK gives all items of a provider that has none the same.
fn own_id(item: Container<'_>) -> Option<&str> {
    id(item, "id").filter(|id| *id != "__fake_id__")
}

/// A Responses item, as the SDK keeps it in a session.
fn response_item<'i, 'a>(
    event: &mut Event<'a>,
    item: Container<'i>,
    keep: &impl Fn(&'i str) -> Cow<'a, str>,
) {
    event.role = text(item, "role").map(keep);
    event.item_id = own_id(item).map(keep);
    event.upserts = event.item_id.as_ref().map(|_| ITEM);
    let Some(name) = text(item, "type") else {
        event.kind = Cow::Borrowed(if event.role.is_some() { "message" } else { "" });
        return;
    };
    let call_id = id(item, "call_id").or(own_id(item));
    let (kind, tool_name, tool_call_id) = match name {
        "mcp_call" => (Some("mcp_call"), text(item, "name"), call_id),
        "mcp_approval_request" => (
            Some("approval_request"),
            text(item, "name"),
            text(item, "id"),
        ),
        "mcp_approval_response" => (
            Some("approval_response"),
            None,
            text(item, "approval_request_id"),
        ),
        _ if name.ends_with("_output") => {
            // The name of what was called, where the output repeats it.
            (Some("tool_result"), text(item, "name"), call_id)
        }
        _ if name.ends_with("_call") => {
            let called = text(item, "name").or(name.strip_suffix("_call"));
            // What the provider runs itself is answered where it is called.
            if id(item, "call_id").is_none() {
                let own = own_id(item).map(keep);
                event.calls.extend(own.clone());
                event.answers.extend(own);
            }
            (Some("tool_call"), called, call_id)
        }
        _ if name.contains("reasoning") => (Some("reasoning"), None, None),
        // message, compaction, mcp_list_tools, and whatever comes: its own name.
        _ => (None, None, None),
    };
    event.kind = kind.map_or_else(|| keep(name), Cow::Borrowed);
    event.tool_name = tool_name.map(keep);
    event.tool_call_id = tool_call_id.map(keep);
}
