//! Format `langchain-messages`: LangChain messages, whole or as chunks of a stream.
//!
//! A message is a serialised constructor (`lc`, `id` with the class, `kwargs`) or a plain object with
//! a `type`. A stream wraps it in pairs with its namespace and metadata.

use super::fields::{get, object, text, type_of};
use super::said::{Said, id, objects, values};
use super::usage::usage;
use super::{Event, Format, Problem};
use crate::jsonb::{Container, Value};
use std::borrow::Cow;

pub(super) const FORMAT: Format = Format {
    name: "langchain-messages",
    aliases: &["langchain"],
    description: "LangChain messages and message chunks",
    project,
};

/// Pairs in pairs: a namespace with a message and its metadata.
const PAIRS: usize = 3;

fn project<'a>(event: &mut Event<'a>, item: Value<'a>) -> Result<(), Problem> {
    let Some((message, metadata)) = found(item, PAIRS) else {
        return Err(Problem::NotAnObject {
            found: type_of(item),
        });
    };
    if let Some(metadata) = metadata {
        event.agent = id(metadata, "langgraph_node").map(Cow::Borrowed);
    }
    describe(event, message)
}

/// The first object of the pairs, and the one behind it.
fn found(item: Value<'_>, depth: usize) -> Option<(Container<'_>, Option<Container<'_>>)> {
    match item {
        Value::Object(message) => Some((message, None)),
        Value::Array(pair) if depth > 0 => {
            let mut values = pair.elements().filter_map(Result::ok);
            let (message, metadata) = values.find_map(|value| found(value, depth - 1))?;
            let behind = values.find_map(|value| match value {
                Value::Object(behind) => Some(behind),
                _ => None,
            });
            Some((message, metadata.or(behind)))
        }
        _ => None,
    }
}

/// Fills the columns from one message.
pub fn describe<'a>(event: &mut Event<'a>, message: Container<'a>) -> Result<(), Problem> {
    let class = values(message, "id")
        .filter_map(|name| match name {
            Value::String(name) => Some(name),
            _ => None,
        })
        .last()
        .filter(|_| object(message, "kwargs").is_some())
        .or(id(message, "type"))
        .or(id(message, "role"))
        .ok_or(Problem::Missing { member: "type" })?;
    let said_by = object(message, "kwargs").or(object(message, "data"));
    let body = said_by.unwrap_or(message);
    let chunk = class.ends_with("Chunk");
    let role = match class.trim_end_matches("Chunk").trim_end_matches("Message") {
        "AI" | "ai" => Some("assistant"),
        "Human" | "human" => Some("user"),
        "System" | "system" => Some("system"),
        "Tool" | "tool" | "Function" | "function" => Some("tool"),
        _ => id(body, "role"),
    };
    let mut said = Said::default();
    said.message(body);
    for call in objects(body, "tool_call_chunks") {
        said.part_call(call);
    }
    let answered = (role == Some("tool")).then(|| id(body, "tool_call_id"));
    event.role = role.map(Cow::Borrowed);
    event.kind = Cow::Borrowed(match (answered, chunk, said.kind()) {
        (Some(_), _, _) => "tool_result",
        (None, true, "tool_call") => "tool_call_delta",
        (None, true, "reasoning") => "reasoning_delta",
        (None, true, _) if said.text() => "message_delta",
        (None, true, _) => "model_call_delta",
        (None, false, whole) => whole,
    });
    if role.is_none() && !chunk && said_by.is_none() && id(body, "content").is_none() {
        event.kind = Cow::Borrowed(class);
    }
    event.tool_name = said.tool.map(Cow::Borrowed);
    event.calls = said.calls.keep(Cow::Borrowed);
    event.answers = said.answers.keep(Cow::Borrowed);
    if let Some(answered) = answered {
        event.tool_name = id(body, "name").map(Cow::Borrowed);
        event.answers = answered.map(Cow::Borrowed).into_iter().collect();
    }
    let own = id(body, "id").map(Cow::Borrowed);
    if role == Some("assistant") {
        let about = object(body, "response_metadata");
        let of = |name| about.and_then(|about| id(about, name)).map(Cow::Borrowed);
        event.run = own.clone();
        event.model = of("model_name").or(of("model"));
        event.about_run.status = of("finish_reason").or(of("stop_reason"));
        let reported = object(body, "usage_metadata")
            .or_else(|| about.and_then(|about| object(about, "usage")))
            .or_else(|| about.and_then(|about| object(about, "token_usage")));
        event.about_run.usage = reported.and_then(usage);
    }
    // All chunks of a message have its id: their place tells them apart.
    event.item_id = own.filter(|_| !chunk);
    if get(body, "status").is_some() && text(body, "status") == Some("error") {
        event.about_run.status = Some(Cow::Borrowed("error"));
    }
    Ok(())
}
