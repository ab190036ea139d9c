//! Format `openai-responses`: Responses exchanges, and the items and stream events of Responses.

use super::exchange;
use super::{Event, Format, Problem, openai_agents};
use crate::jsonb::Value;

pub(super) const FORMAT: Format = Format {
    name: "openai-responses",
    aliases: &["http-cassette/openai-responses"],
    description: "OpenAI Responses: exchanges, items, stream events",
    project,
};

fn project<'a>(event: &mut Event<'a>, item: Value<'a>) -> Result<(), Problem> {
    if exchange::is_exchange(item) {
        return exchange::project(event, item);
    }
    (openai_agents::FORMAT.project)(event, item)
}
