//! Format `provider-response`: a provider's replies, one whole reply an item.

use super::body::Body;
use super::reply::Reply;
use super::said::id;
use super::{Event, Format, Problem};
use crate::jsonb::Value;
use std::borrow::Cow;

pub(super) const FORMAT: Format = Format {
    name: "provider-response",
    aliases: &["provider-response/"],
    description: "a provider's whole replies",
    project,
};

fn project<'a>(event: &mut Event<'a>, item: Value<'a>) -> Result<(), Problem> {
    let body = match item {
        // A library that talks to another program keeps all its messages as one reply.
        Value::Object(reply) | Value::Array(reply) => Body::Here(reply),
        other => {
            return Err(Problem::NotAnObject {
                found: super::fields::type_of(other),
            });
        }
    };
    let pieces = body.objects();
    let mut reply = Reply::default();
    for piece in &pieces {
        reply.absorb(*piece);
    }
    // What is no model's reply, such as a ranking or a transcript, has nothing but itself to say.
    let called = reply.seen || reply.reports() || reply.error.is_some();
    event.kind = Cow::Borrowed(if called {
        "model_call"
    } else {
        "provider_response"
    });
    if called {
        reply.describe(event, |text| Cow::Owned(text.to_owned()));
    }
    let own = pieces.first().and_then(|piece| id(*piece, "id"));
    event.item_id = own.or(reply.id).map(|id| Cow::Owned(id.to_owned()));
    Ok(())
}
