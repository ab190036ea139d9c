//! The envelope of a batch: what holds for all its items, and the items.

use super::fields::{get, type_of};
use super::problem::nameable;
use super::{BatchError, Event, Format, Part, Problem, native, openai_agents, openai_chat};
use crate::jsonb::{Container, Error, MAX_DEPTH, Value};
use std::borrow::Cow;

/// What is checked before an item is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Largest item, in bytes of its jsonb.
    pub item_bytes: usize,
}

/// A projected batch.
#[derive(Debug)]
pub struct Batch<'a> {
    pub events: Vec<Event<'a>>,
    /// Where the batch came from (a file, a service), for the dead letters.
    pub source: Option<&'a str>,
    /// Title and metadata of the conversation that the envelope names.
    pub title: Option<&'a str>,
    pub metadata: Option<Container<'a>>,
}

/// Members of the envelope that hold for every item which does not say otherwise.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Envelope<'a> {
    pub conversation: Option<&'a str>,
    pub run: Option<&'a str>,
    pub user: Option<&'a str>,
    pub agent: Option<&'a str>,
    pub model: Option<&'a str>,
    /// The caller's number of the first item.
    pub sequence: Option<i64>,
}

/// Projects a batch: an object with `items` and what holds for all of them, or an array of items.
pub fn project<'a>(
    batch: Value<'a>,
    format: Format,
    limits: Limits,
) -> Result<Batch<'a>, BatchError> {
    let mut envelope = Envelope::default();
    let mut out = Batch {
        events: Vec::new(),
        source: None,
        title: None,
        metadata: None,
    };
    let items = match batch {
        Value::Array(items) => items,
        Value::Object(object) => {
            let mut items = None;
            for entry in object.entries() {
                let (member, value) = entry.map_err(|_| BatchError::Corrupt)?;
                match member {
                    "items" => match value {
                        Value::Array(array) => items = Some(array),
                        other => {
                            return Err(BatchError::WrongType {
                                member: "items",
                                wanted: "an array",
                                found: type_of(other),
                            });
                        }
                    },
                    "conversation" => envelope.conversation = text("conversation", value)?,
                    "run" => envelope.run = text("run", value)?,
                    "user" => envelope.user = text("user", value)?,
                    "agent" => envelope.agent = text("agent", value)?,
                    "model" => envelope.model = text("model", value)?,
                    "source" => out.source = text("source", value)?,
                    "title" => out.title = text("title", value)?,
                    "sequence" => envelope.sequence = integer("sequence", value)?,
                    "metadata" => match value {
                        Value::Object(object) => out.metadata = Some(object),
                        Value::Null => {}
                        other => {
                            return Err(BatchError::WrongType {
                                member: "metadata",
                                wanted: "an object",
                                found: type_of(other),
                            });
                        }
                    },
                    other => {
                        return Err(BatchError::Unknown {
                            member: nameable(other),
                        });
                    }
                }
            }
            items.ok_or(BatchError::NoItems)?
        }
        other => {
            return Err(BatchError::NotABatch {
                found: type_of(other),
            });
        }
    };
    out.events.reserve(items.len());
    for (index, item) in items.elements().enumerate() {
        let item = item.map_err(|_| BatchError::Corrupt)?;
        out.events
            .push(event(index, item, format, &envelope, limits));
    }
    Ok(out)
}

fn text<'a>(member: &'static str, value: Value<'a>) -> Result<Option<&'a str>, BatchError> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text).filter(|t| !t.trim().is_empty())),
        other => Err(BatchError::WrongType {
            member,
            wanted: "a string",
            found: type_of(other),
        }),
    }
}

fn integer(member: &'static str, value: Value<'_>) -> Result<Option<i64>, BatchError> {
    match value {
        Value::Null => Ok(None),
        Value::Number(number) if number.to_i64().is_some() => Ok(number.to_i64()),
        other => Err(BatchError::WrongType {
            member,
            wanted: "a 64-bit integer",
            found: type_of(other),
        }),
    }
}

fn event<'a>(
    index: usize,
    item: Value<'a>,
    format: Format,
    envelope: &Envelope<'a>,
    limits: Limits,
) -> Event<'a> {
    let mut event = Event::new(index, Part::Borrowed(item));
    let outcome = check(item, limits).and_then(|()| match format {
        Format::Native => native::project(&mut event, item),
        Format::OpenaiAgents => openai_agents::project(&mut event, item),
        Format::OpenaiChat => openai_chat::project(&mut event, item),
    });
    inherit(&mut event, envelope);
    event.problem = outcome.err().or_else(|| {
        if event.conversation.is_none() {
            Some(Problem::Missing {
                member: "conversation",
            })
        } else if event.event_key().is_none() {
            Some(Problem::NoKey)
        } else {
            None
        }
    });
    event
}

/// What the item does not say itself, the envelope says.
fn inherit<'a>(event: &mut Event<'a>, envelope: &Envelope<'a>) {
    let borrow = |text: Option<&'a str>| text.map(Cow::Borrowed);
    // The caller's name for the conversation wins over one that a format carries along.
    event.conversation = borrow(envelope.conversation).or(event.conversation.take());
    event.run = event.run.take().or(borrow(envelope.run));
    event.user = event.user.take().or(borrow(envelope.user));
    event.agent = event.agent.take().or(borrow(envelope.agent));
    event.model = event.model.take().or(borrow(envelope.model));
    if event.sequence.is_none() {
        let index = event.index as i64;
        event.sequence = match envelope.sequence {
            Some(first) => first.checked_add(index),
            // A run is written once: the place in it tells its items apart.
            None if event.item_id.is_none() && event.key.is_none() && event.run.is_some() => {
                Some(index)
            }
            None => event.stream_sequence.filter(|_| event.item_id.is_some()),
        };
    }
}

/// Size and depth, before anything recursive touches the item. The walk also proves that the item is
/// well-formed jsonb.
fn check(item: Value<'_>, limits: Limits) -> Result<(), Problem> {
    let bytes = match item {
        Value::String(text) => text.len(),
        Value::Array(container) | Value::Object(container) => container.bytes().len(),
        _ => 0,
    };
    if bytes > limits.item_bytes {
        return Err(Problem::TooLarge {
            bytes,
            limit: limits.item_bytes,
        });
    }
    match depth(item, 0) {
        Ok(()) => Ok(()),
        Err(Error::TooDeep) => Err(Problem::TooDeep { limit: MAX_DEPTH }),
        Err(_) => Err(Problem::NotJson { member: "item" }),
    }
}

fn depth(value: Value<'_>, level: usize) -> Result<(), Error> {
    match value {
        Value::Array(_) | Value::Object(_) if level >= MAX_DEPTH => Err(Error::TooDeep),
        Value::Array(container) => container
            .elements()
            .try_for_each(|element| depth(element?, level + 1)),
        Value::Object(container) => container
            .entries()
            .try_for_each(|entry| depth(entry?.1, level + 1)),
        _ => Ok(()),
    }
}

/// The member `items[…].member` as an object, or why it is none.
pub(super) fn as_object(item: Value<'_>) -> Result<Container<'_>, Problem> {
    match item {
        Value::Object(object) => Ok(object),
        other => Err(Problem::NotAnObject {
            found: type_of(other),
        }),
    }
}

/// A time member that must be readable where it is present.
pub(super) fn time(object: Container<'_>, member: &'static str) -> Result<Option<i64>, Problem> {
    match get(object, member) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match super::time::microseconds(value) {
            Some(micros) => Ok(Some(micros)),
            None => Err(Problem::BadTime { member }),
        },
    }
}
