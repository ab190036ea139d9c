//! Format `provider-stream`: the events of a provider's own stream, one item each.

use super::batch::as_object;
use super::fields::{get, object, text};
use super::reply::Reply;
use super::said::{id, objects};
use super::{Event, Format, Problem, openai_agents};
use crate::jsonb::{Container, Value};
use std::borrow::Cow;

pub(super) const FORMAT: Format = Format {
    name: "provider-stream",
    aliases: &["provider-stream/"],
    description: "events of a provider's own stream",
    project: piece,
};

/// What frames the reply, rather than being some of it: its start, its end, what was used.
const FRAME: &str = "model_call_delta";

pub fn piece<'a>(event: &mut Event<'a>, item: Value<'a>) -> Result<(), Problem> {
    let piece = as_object(item)?;
    let name = id(piece, "type").or(id(piece, "event_type"));
    if name.is_some_and(|name| name.starts_with("response.")) {
        return (openai_agents::FORMAT.project)(event, item);
    }
    let mut reply = Reply::default();
    reply.absorb(piece);
    reply.describe(event, Cow::Borrowed);
    event.kind = match name {
        Some(name) => named(name, piece, &reply),
        None => unnamed(piece, &reply).ok_or(Problem::Missing { member: "type" })?,
    };
    if name == Some("error") && event.about_run.error.is_none() {
        event.about_run.error = id(piece, "message").map(Cow::Borrowed);
    }
    Ok(())
}

fn named<'i>(name: &'i str, piece: Container<'i>, reply: &Reply<'i>) -> Cow<'i, str> {
    let delta = object(piece, "delta");
    Cow::Borrowed(match name {
        "message_start" | "message_delta" | "message_stop" | "message-start" | "message-end" => {
            FRAME
        }
        "content_block_start" => match reply.said.kind() {
            // Its arguments follow.
            "tool_call" => "tool_call_delta",
            "tool_result" => "tool_result",
            _ => name,
        },
        "content_block_delta" => match delta.and_then(|delta| text(delta, "type")) {
            Some("text_delta" | "citations_delta") => "message_delta",
            Some("input_json_delta") => "tool_call_delta",
            Some("thinking_delta" | "signature_delta") => "reasoning_delta",
            _ => name,
        },
        "tool-call-start" | "tool-call-delta" => "tool_call_delta",
        "content-delta" => "message_delta",
        "tool-plan-delta" => "reasoning_delta",
        "message" => reply.said.kind(),
        other => other,
    })
}

/// Providers that do not name their events tell them apart by their members.
fn unnamed<'i>(piece: Container<'i>, reply: &Reply<'i>) -> Option<Cow<'i, str>> {
    let has = |name| get(piece, name).is_some();
    if has("choices") {
        let delta = |member: &str| {
            objects(piece, "choices").any(|choice| {
                text(choice, member).is_some()
                    || object(choice, "delta").is_some_and(|delta| full(delta, member))
            })
        };
        return Some(Cow::Borrowed(if delta("tool_calls") {
            "tool_call_delta"
        } else if delta("content") || delta("text") {
            "message_delta"
        } else if delta("reasoning_content") || delta("reasoning") {
            "reasoning_delta"
        } else {
            FRAME
        }));
    }
    if has("candidates") {
        return Some(Cow::Borrowed(match reply.said.kind() {
            "message" if reply.said.text() => "message_delta",
            "message" => FRAME,
            "reasoning" => "reasoning_delta",
            whole => whole,
        }));
    }
    if let Some(block) = object(piece, "contentBlockDelta") {
        let delta = object(block, "delta");
        let of = |name| delta.is_some_and(|delta| get(delta, name).is_some());
        return Some(Cow::Borrowed(if of("toolUse") {
            "tool_call_delta"
        } else if of("reasoningContent") {
            "reasoning_delta"
        } else {
            "message_delta"
        }));
    }
    if reply.said.kind() == "tool_call" && has("contentBlockStart") {
        return Some(Cow::Borrowed("tool_call_delta"));
    }
    if ["messageStart", "messageStop", "metadata"]
        .iter()
        .any(|name| has(name))
    {
        return Some(Cow::Borrowed(FRAME));
    }
    if reply.seen || reply.reports() || reply.error.is_some() {
        return Some(Cow::Borrowed(match get(piece, "serverContent") {
            Some(_) => "serverContent",
            None => "model_call",
        }));
    }
    // The one member that is there is the event's name.
    let mut entries = piece.entries();
    let (name, _) = entries.next()?.ok()?;
    let lone = entries.next().is_none() && !name.trim().is_empty();
    lone.then_some(Cow::Borrowed(name))
}

fn full(delta: Container<'_>, member: &str) -> bool {
    match get(delta, member) {
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(list)) => !list.is_empty(),
        _ => false,
    }
}
