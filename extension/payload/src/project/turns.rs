//! Chat messages inside something larger: which calls a message makes, which it answers.

use super::Event;
use super::fields::{get, named, object, objects, text};
use crate::jsonb::{Container, Value};
use std::borrow::Cow;

/// Ids of the calls that a message makes.
pub fn made<'a>(message: Container<'a>) -> impl Iterator<Item = &'a str> {
    objects(message, "tool_calls").filter_map(|call| named(call, &["id"]))
}

/// Ids of the calls that a message answers.
pub fn answered<'a>(message: Container<'a>) -> impl Iterator<Item = &'a str> {
    let several = match get(message, "tool_call_ids") {
        Some(Value::Array(ids)) => Some(ids),
        _ => None,
    };
    let several = several.into_iter().flat_map(|ids| ids.elements());
    let several = several.filter_map(|id| match id {
        Ok(Value::String(id)) if !id.trim().is_empty() => Some(id),
        _ => None,
    });
    named(message, &["tool_call_id"]).into_iter().chain(several)
}

/// Ids of the calls that a request answers for the first time: those after the model's last message.
/// The ones before were in an earlier request.
pub fn newly_answered<'a>(request: Container<'a>, member: &str) -> Vec<&'a str> {
    let mut ids = Vec::new();
    for message in objects(request, member) {
        if text(message, "role") == Some("assistant") {
            ids.clear();
        }
        ids.extend(answered(message));
    }
    ids
}

/// Name of the tool of a message's first call.
pub fn first_tool<'a>(message: Container<'a>) -> Option<&'a str> {
    let call = objects(message, "tool_calls").next()?;
    match object(call, "function") {
        Some(function) => named(function, &["name"]),
        None => named(call, &["name", "function"]),
    }
}

/// Fills the columns from a message.
pub fn message<'a>(event: &mut Event<'a>, message: Container<'a>) {
    event.role = named(message, &["role"]).map(Cow::Borrowed);
    event.calls = made(message).map(Cow::Borrowed).collect();
    event.answers = answered(message).map(Cow::Borrowed).collect();
    let result = matches!(event.role.as_deref(), Some("tool" | "function"));
    event.tool_name = first_tool(message)
        .or(named(message, &["name", "function"]).filter(|_| result))
        .map(Cow::Borrowed);
    let calls = objects(message, "tool_calls").next().is_some();
    event.kind = Cow::Borrowed(match () {
        () if result => "tool_result",
        () if calls && is_silent(message) => "tool_call",
        () => "message",
    });
}

/// Whether a message says nothing in words.
fn is_silent(message: Container<'_>) -> bool {
    match get(message, "content") {
        None | Some(Value::Null) => true,
        Some(Value::String(content)) => content.is_empty(),
        Some(Value::Array(content)) => content.is_empty(),
        Some(_) => false,
    }
}
