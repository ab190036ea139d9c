//! Format `anthropic`: Messages exchanges, messages of content blocks, and replies.

use super::batch::as_object;
use super::exchange;
use super::said::{Said, id};
use super::{Event, Format, Problem, provider_stream};
use crate::jsonb::{Container, Value};
use std::borrow::Cow;

pub(super) const FORMAT: Format = Format {
    name: "anthropic",
    aliases: &["anthropic-messages", "http-cassette/anthropic-messages"],
    description: "Anthropic Messages: exchanges, messages of content blocks, replies",
    project,
};

fn project<'a>(event: &mut Event<'a>, item: Value<'a>) -> Result<(), Problem> {
    if exchange::is_exchange(item) {
        return exchange::project(event, item);
    }
    let message = as_object(item)?;
    if id(message, "role").is_some() {
        blocks(event, message);
        return Ok(());
    }
    if id(message, "type").is_none() {
        return Err(Problem::Missing { member: "role" });
    }
    provider_stream::piece(event, item)
}

/// A message of blocks. One that is a model's reply has its id and its usage.
pub fn blocks<'a>(event: &mut Event<'a>, message: Container<'a>) {
    let mut said = Said::default();
    said.message(message);
    event.kind = Cow::Borrowed(said.kind());
    event.role = id(message, "role").map(Cow::Borrowed);
    event.item_id = id(message, "id").map(Cow::Borrowed);
    event.model = id(message, "model").map(Cow::Borrowed);
    event.tool_name = said.tool.map(Cow::Borrowed);
    event.calls = said.calls.keep(Cow::Borrowed);
    event.answers = said.answers.keep(Cow::Borrowed);
    if let Some(usage) = super::fields::object(message, "usage") {
        event.run = event.item_id.clone();
        event.about_run.usage = super::usage::usage(usage);
        event.about_run.status = id(message, "stop_reason").map(Cow::Borrowed);
    }
}
