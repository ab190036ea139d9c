//! Format `openai-chat`: Chat Completions messages (`role`, `content`, `tool_calls`) and exchanges.
//!
//! Others write the same messages with small differences: arguments as an object, the name of the
//! function beside the call, a list of the calls that a result answers.

use super::batch::as_object;
use super::exchange;
use super::fields::strict_text;
use super::reply::error;
use super::said::{Said, id};
use super::{Event, Format, Problem, provider_stream};
use crate::jsonb::Value;
use std::borrow::Cow;

pub(super) const FORMAT: Format = Format {
    name: "openai-chat",
    aliases: &[
        "openai-chat-messages",
        "http-cassette/openai-chat",
        "invariant-trace",
        "inspect-ai-sample/messages",
        "swe-agent-history",
    ],
    description: "OpenAI Chat Completions: messages, exchanges",
    project,
};

fn project<'a>(event: &mut Event<'a>, item: Value<'a>) -> Result<(), Problem> {
    if exchange::is_exchange(item) {
        return exchange::project(event, item);
    }
    let message = as_object(item)?;
    let Some(role) = strict_text(message, "role")? else {
        if super::fields::get(message, "choices").is_some() {
            return provider_stream::piece(event, item);
        }
        return Err(Problem::Missing { member: "role" });
    };
    let mut said = Said::default();
    said.message(message);
    event.role = Some(Cow::Borrowed(role));
    // The message stays one event however many calls it makes: the columns name the first, the
    // payload has them all.
    event.kind = Cow::Borrowed(said.kind());
    event.item_id = id(message, "id").map(Cow::Borrowed);
    event.agent = id(message, "agent").map(Cow::Borrowed);
    event.model = id(message, "model").map(Cow::Borrowed);
    event.tool_name = said.tool.map(Cow::Borrowed);
    event.calls = said.calls.keep(Cow::Borrowed);
    event.answers = said.answers.keep(Cow::Borrowed);
    event.about_run.error = error(message).map(Cow::Borrowed);
    Ok(())
}
