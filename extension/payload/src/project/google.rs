//! Format `google`: generateContent exchanges, contents and replies.

use super::batch::as_object;
use super::exchange;
use super::fields::get;
use super::said::id;
use super::{Event, Format, Problem, anthropic, provider_stream};
use crate::jsonb::Value;
use std::borrow::Cow;

pub(super) const FORMAT: Format = Format {
    name: "google",
    aliases: &[
        "google-generate-content",
        "http-cassette/google-generate-content",
    ],
    description: "Google generateContent: exchanges, contents, replies",
    project,
};

fn project<'a>(event: &mut Event<'a>, item: Value<'a>) -> Result<(), Problem> {
    if exchange::is_exchange(item) {
        return exchange::project(event, item);
    }
    let content = as_object(item)?;
    if get(content, "parts").is_none() && id(content, "role").is_none() {
        return provider_stream::piece(event, item);
    }
    anthropic::blocks(event, content);
    // Contents with no role are the user's.
    event.role = event.role.take().or(Some(Cow::Borrowed("user")));
    Ok(())
}
