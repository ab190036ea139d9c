//! Format `openai-chat`: Chat Completions messages (`role`, `content`, `tool_calls`).

use super::batch::as_object;
use super::fields::{get, object, strict_text, text};
use super::{Event, Format, Problem};
use crate::jsonb::{Container, Value};
use std::borrow::Cow;

pub(super) const FORMAT: Format = Format {
    name: "openai-chat",
    aliases: &["openai-chat-messages"],
    description: "OpenAI Chat Completions messages",
    project,
};

fn project<'a>(event: &mut Event<'a>, item: Value<'a>) -> Result<(), Problem> {
    let message = as_object(item)?;
    let role = strict_text(message, "role")?.ok_or(Problem::Missing { member: "role" })?;
    event.role = Some(Cow::Borrowed(role));
    event.item_id = text(message, "id").map(Cow::Borrowed);
    event.kind = Cow::Borrowed("message");
    if matches!(role, "tool" | "function") {
        event.kind = Cow::Borrowed("tool_result");
        event.tool_call_id = text(message, "tool_call_id").map(Cow::Borrowed);
        event.tool_name = text(message, "name").map(Cow::Borrowed);
    } else if let Some(call) = first_call(message) {
        // The message stays one event however many calls it makes: the columns name the first, the
        // payload has them all.
        event.calls = calls(message)
            .filter_map(|call| text(call, "id").map(Cow::Borrowed))
            .collect();
        event.tool_call_id = text(call, "id").map(Cow::Borrowed);
        event.tool_name = object(call, "function")
            .and_then(|function| text(function, "name"))
            .or(text(call, "name"))
            .map(Cow::Borrowed);
        let silent = match get(message, "content") {
            None | Some(Value::Null) => true,
            Some(Value::String(content)) => content.is_empty(),
            Some(_) => false,
        };
        if silent {
            event.kind = Cow::Borrowed("tool_call");
        }
    }
    Ok(())
}

fn calls<'a>(message: Container<'a>) -> impl Iterator<Item = Container<'a>> {
    let list = match get(message, "tool_calls") {
        Some(Value::Array(calls)) => Some(calls),
        _ => None,
    };
    let listed = list.into_iter().flat_map(|calls| calls.elements());
    listed.filter_map(|call| match call {
        Ok(Value::Object(call)) => Some(call),
        _ => None,
    })
}

fn first_call(message: Container<'_>) -> Option<Container<'_>> {
    calls(message)
        .next()
        .or_else(|| object(message, "function_call"))
}
