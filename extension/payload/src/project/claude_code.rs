//! Format `claude-code`: the lines of a Claude Code session file.
//!
//! Lines form a tree by `parentUuid`. A response is spread over several lines, one content block
//! each, that share its id and repeat its usage: the id names the run, so it counts once.

use super::batch::as_object;
use super::fields::{get, integer, object, text};
use super::said::{Said, id};
use super::usage::usage;
use super::{Event, Format, Problem, time};
use crate::jsonb::{Container, Value};
use std::borrow::Cow;

pub(super) const FORMAT: Format = Format {
    name: "claude-code",
    aliases: &["claude-code-jsonl"],
    description: "Claude Code session lines",
    project,
};

/// The agent of a sidechain that is not named.
const SIDECHAIN: &str = "sidechain";

fn project<'a>(event: &mut Event<'a>, item: Value<'a>) -> Result<(), Problem> {
    let line = as_object(item)?;
    let name = id(line, "type").ok_or(Problem::Missing { member: "type" })?;
    let borrowed = |member| id(line, member).map(Cow::Borrowed);
    event.kind = Cow::Borrowed(name);
    event.conversation = borrowed("sessionId");
    event.item_id = borrowed("uuid");
    // A compaction begins a new tree and says where the old one ended.
    event.parent_id = borrowed("parentUuid")
        .or_else(|| borrowed("logicalParentUuid"))
        .or_else(|| borrowed("leafUuid"))
        .or_else(|| borrowed("messageId"));
    event.occurred_at = get(line, "timestamp").and_then(time::microseconds);
    if event.item_id.is_none() {
        // Snapshots, summaries and operations have no id: when they were written, or what they are
        // about, and what they say.
        let about = ["timestamp", "messageId", "leafUuid"];
        event.state = about.iter().find_map(|member| borrowed(member));
        event.told_by_length = true;
    }
    event.about_run.provider_request = borrowed("requestId");
    let aside = matches!(get(line, "isSidechain"), Some(Value::Bool(true)));
    event.agent = borrowed("agentId").or(aside.then_some(Cow::Borrowed(SIDECHAIN)));
    match name {
        "user" | "assistant" => said(event, line),
        "system" => {
            event.role = Some(Cow::Borrowed("system"));
            match id(line, "subtype") {
                Some("compact_boundary") => event.kind = Cow::Borrowed("compaction"),
                Some(subtype) => event.kind = Cow::Borrowed(subtype),
                None => {}
            }
        }
        "progress" => {
            // A subagent's lines reach its caller's file as progress of the call.
            if let Some(data) = object(line, "data")
                && let Some(inner) = object(data, "message")
            {
                said(event, inner);
                event.agent = id(data, "agentId")
                    .map(Cow::Borrowed)
                    .or(event.agent.take());
            }
        }
        _ => {}
    }
    if name == "assistant" && matches!(get(line, "isApiErrorMessage"), Some(Value::Bool(true))) {
        event.about_run.status = Some(Cow::Borrowed("failed"));
        event.about_run.error = id(line, "error")
            .map(Cow::Borrowed)
            .or_else(|| spoken(line));
    }
    event.about_run.latency_ms = integer(line, "durationMs").filter(|ms| *ms >= 0);
    Ok(())
}

/// The message of a line: an API message as it was sent or received.
fn said<'a>(event: &mut Event<'a>, line: Container<'a>) {
    let Some(message) = object(line, "message") else {
        event.kind = Cow::Borrowed("message");
        return;
    };
    let mut said = Said::default();
    said.message(message);
    event.kind = Cow::Borrowed(said.kind());
    event.role = id(message, "role").or(id(line, "type")).map(Cow::Borrowed);
    event.tool_name = said.tool.map(Cow::Borrowed);
    event.calls = said.calls.keep(Cow::Borrowed);
    event.answers = said.answers.keep(Cow::Borrowed);
    event.model = id(message, "model").map(Cow::Borrowed);
    event.run = id(message, "id").map(Cow::Borrowed);
    if event.run.is_some() {
        event.about_run.status = id(message, "stop_reason").map(Cow::Borrowed);
        event.about_run.usage = object(message, "usage").and_then(usage);
    }
}

/// The text of a message that stands for an error.
fn spoken<'a>(line: Container<'a>) -> Option<Cow<'a, str>> {
    let message = object(line, "message")?;
    let mut parts = super::said::objects(message, "content");
    parts.find_map(|part| text(part, "text")).map(Cow::Borrowed)
}
