//! Format `bedrock`: exchanges with Amazon Bedrock, Converse messages and replies.
//!
//! A stream comes as binary frames. The provider gives no id of a response: the call is known by its
//! place.

use super::batch::as_object;
use super::exchange;
use super::said::id;
use super::{Event, Format, Problem, anthropic, provider_stream};
use crate::jsonb::Value;

pub(super) const FORMAT: Format = Format {
    name: "bedrock",
    aliases: &["http-cassette/bedrock"],
    description: "Amazon Bedrock: exchanges, Converse messages, replies",
    project,
};

fn project<'a>(event: &mut Event<'a>, item: Value<'a>) -> Result<(), Problem> {
    if exchange::is_exchange(item) {
        return exchange::project(event, item);
    }
    let message = as_object(item)?;
    if id(message, "role").is_none() {
        return provider_stream::piece(event, item);
    }
    anthropic::blocks(event, message);
    Ok(())
}
