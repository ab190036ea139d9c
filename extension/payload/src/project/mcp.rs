//! Format `mcp`: JSON-RPC exchanges with an MCP server.

use super::exchange;
use super::fields::{get, object};
use super::reply::error;
use super::said::id;
use super::{Event, Format, Problem};
use crate::jsonb::{Container, Value};
use std::borrow::Cow;

pub(super) const FORMAT: Format = Format {
    name: "mcp",
    aliases: &["http-cassette/mcp"],
    description: "MCP calls over HTTP: a request with its response",
    project,
};

fn project<'a>(event: &mut Event<'a>, item: Value<'a>) -> Result<(), Problem> {
    exchange::project(event, item)
}

/// Fills the columns from a call and the messages that came back: the answer has the call's id.
pub fn describe(event: &mut Event<'_>, call: Container<'_>, came: &[Container<'_>]) {
    let method = id(call, "method").unwrap_or("jsonrpc");
    event.kind = Cow::Owned(match method {
        "tools/call" => "mcp_call".to_owned(),
        "tools/list" => "mcp_list_tools".to_owned(),
        // A notification or another method: its own name.
        other => other.to_owned(),
    });
    let number = request_id(call);
    let answer = came.iter().find(|answer| request_id(**answer) == number);
    if let Some(error) = answer.and_then(|answer| error(*answer)) {
        event.about_run.status = Some(Cow::Borrowed("failed"));
        event.about_run.error = Some(Cow::Owned(error.to_owned()));
    }
    if method == "tools/call" {
        let params = object(call, "params");
        let tool = params.and_then(|params| id(params, "name"));
        event.tool_name = tool.map(|tool| Cow::Owned(tool.to_owned()));
        if let Some(number) = number {
            if answer.is_some() {
                event.answers.push(Cow::Owned(number.clone()));
            }
            event.calls.push(Cow::Owned(number));
        }
    }
}

fn request_id(message: Container<'_>) -> Option<String> {
    match get(message, "id")? {
        Value::Number(number) => Some(number.text().as_str().to_owned()),
        Value::String(text) => Some(text.to_owned()).filter(|t| !t.trim().is_empty()),
        _ => None,
    }
}
