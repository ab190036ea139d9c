//! The items of a batch, one by one: checked, projected, completed by what the envelope says.

use super::envelope::{Header, header};
use super::fields::{get, type_of};
use super::native::FORMAT as NATIVE;
use super::{BatchError, Event, Format, Part, Problem};
use crate::interrupt;
use crate::json;
use crate::jsonb::{Container, Error, MAX_DEPTH, Value};
use std::borrow::Cow;

/// Most items of one batch: each is held as a row, with all its columns, until the last is read.
const ITEMS_MAX: usize = 100_000;

/// What is checked before an item is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Largest item, in bytes of its jsonb.
    pub item_bytes: usize,
}

/// Projects the items of a batch, in their order.
pub fn project<'a>(
    batch: Value<'a>,
    format: &Format,
    limits: Limits,
) -> Result<Vec<Event<'a>>, BatchError> {
    let header = header(batch)?;
    let items = header.items.ok_or(BatchError::NoItems)?;
    if items.len() > ITEMS_MAX {
        return Err(BatchError::TooMany {
            items: items.len(),
            limit: ITEMS_MAX,
        });
    }
    let mut events = Vec::with_capacity(items.len());
    for (index, item) in items.elements().enumerate() {
        let item = item.map_err(|_| BatchError::Corrupt)?;
        events.push(event(index, item, format, &header, limits));
    }
    Ok(events)
}

fn event<'a>(
    index: usize,
    item: Value<'a>,
    format: &Format,
    envelope: &Header<'a>,
    limits: Limits,
) -> Event<'a> {
    let mut event = Event::new(index, Part::Borrowed(item));
    event.kind = Cow::Borrowed(envelope.item_type.unwrap_or_default());
    let outcome = check(item, limits).and_then(|()| match unparsed_line(item) {
        true if format.name != NATIVE.name => {
            event.kind = Cow::Borrowed("unparsed_line");
            Ok(())
        }
        _ => (format.project)(&mut event, item),
    });
    settle(&mut event);
    inherit(&mut event, envelope);
    event.problem = outcome.err().or_else(|| {
        if event.conversation.is_none() {
            Some(Problem::Missing {
                member: "conversation",
            })
        } else if event.event_key().is_none() {
            Some(Problem::NoKey)
        } else {
            too_long(&event)
        }
    });
    event
}

/// True for a line of a source that is not JSON, as an importer passes it on: nothing is lost.
fn unparsed_line(item: Value<'_>) -> bool {
    match item {
        Value::Object(item) => {
            item.len() == 1 && matches!(get(item, "__unparsed_line__"), Some(Value::String(_)))
        }
        _ => false,
    }
}

/// Longest label and id, in bytes: an index holds them.
const LABEL_BYTES: usize = 1024;

fn too_long(event: &Event<'_>) -> Option<Problem> {
    let labels = [
        ("conversation", event.conversation.as_deref()),
        ("run", event.run.as_deref()),
        ("user", event.user.as_deref()),
        ("kind", Some(event.kind.as_ref())),
        ("role", event.role.as_deref()),
        ("agent", event.agent.as_deref()),
        ("model", event.model.as_deref()),
        ("tool_name", event.tool_name.as_deref()),
        ("tool_call_id", event.tool_call_id.as_deref()),
        ("id", event.item_id.as_deref()),
        ("parent_id", event.parent_id.as_deref()),
    ];
    let lists = event.calls.iter().chain(&event.answers);
    let calls = lists.map(|id| ("tool_call_id", Some(id.as_ref())));
    let run = &event.about_run;
    let about_run = [
        ("status", run.status.as_deref()),
        ("provider", run.provider.as_deref()),
        ("provider_source", run.provider_source.as_deref()),
        ("provider_path", run.provider_path.as_deref()),
        ("provider_request", run.provider_request.as_deref()),
        ("trace", run.trace.as_deref()),
        ("request", run.request.as_deref()),
        ("intent", run.intent.as_deref()),
        ("task", run.task.as_deref()),
    ];
    let labels = labels.into_iter().chain(calls).chain(about_run);
    labels.into_iter().find_map(|(member, label)| {
        let bytes = label.map_or(0, str::len);
        (bytes > LABEL_BYTES).then_some(Problem::TooLong {
            member,
            bytes,
            limit: LABEL_BYTES,
        })
    })
}

/// A format that names one call need not repeat it in the lists, and one that names several need not
/// say which is the first.
fn settle(event: &mut Event<'_>) {
    if event.calls.is_empty() && event.answers.is_empty() {
        let Some(id) = event.tool_call_id.clone() else {
            return;
        };
        match event.kind.as_ref() {
            "tool_call" | "mcp_call" | "message" => event.calls.push(id.clone()),
            _ => {}
        }
        if matches!(event.kind.as_ref(), "tool_result" | "mcp_call") {
            event.answers.push(id);
        }
    } else if event.tool_call_id.is_none() {
        event.tool_call_id = event.calls.first().or(event.answers.first()).cloned();
    }
}

/// What the item does not say itself, the envelope says.
fn inherit<'a>(event: &mut Event<'a>, envelope: &Header<'a>) {
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
    // A model call that has no id of its own is a run nevertheless: it says what was used or went wrong.
    let says = event.about_run.usage.is_some() || event.about_run.error.is_some();
    if event.run.is_none() && event.kind == "model_call" && says {
        let number = event.sequence.map(|n| n.to_string());
        let place = number.or(event.state.as_deref().map(str::to_owned));
        let place = place.map(|place| Cow::Owned(format!("call {place}")));
        event.run = event.item_id.clone().or(place);
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
    if json::unparsed(item).is_some() {
        return Err(Problem::NotJson { member: "item" });
    }
    match depth(item, 0) {
        Ok(()) => Ok(()),
        Err(Error::TooDeep) => Err(Problem::TooDeep { limit: MAX_DEPTH }),
        Err(_) => Err(Problem::NotJson { member: "item" }),
    }
}

fn depth(value: Value<'_>, level: usize) -> Result<(), Error> {
    interrupt::check(interrupt::VALUE);
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
