//! The envelope of a batch: what holds for all its items, and the items.

use super::BatchError;
use super::fields::{get, type_of};
use super::problem::nameable;
use crate::json;
use crate::jsonb::{Container, Value};

/// The envelope of a batch: what holds for every item that does not say otherwise, and what the batch
/// says of the conversation that it names.
#[derive(Clone, Copy, Debug, Default)]
pub struct Header<'a> {
    pub conversation: Option<&'a str>,
    pub run: Option<&'a str>,
    pub user: Option<&'a str>,
    pub agent: Option<&'a str>,
    pub model: Option<&'a str>,
    /// The caller's number of the first item.
    pub sequence: Option<i64>,
    /// Where the batch came from (a file, a service), for the dead letters.
    pub source: Option<&'a str>,
    /// Title and metadata of the conversation.
    pub title: Option<&'a str>,
    pub metadata: Option<Container<'a>>,
    pub(super) items: Option<Container<'a>>,
    /// What the items are that don't say it: an envelope with `payloads` may have a `type`.
    pub(super) item_type: Option<&'a str>,
}

/// Reads the envelope: an object with `items` (or `payloads`, and their `type`), or an array of items
/// that say all themselves.
pub fn header(batch: Value<'_>) -> Result<Header<'_>, BatchError> {
    let mut header = Header::default();
    if let Some(text) = json::unparsed(batch) {
        return Err(json::parse(&text).map_or_else(BatchError::NotJson, |_| BatchError::NoItems));
    }
    let object = match batch {
        Value::Array(items) => {
            return Ok(Header {
                items: Some(items),
                ..header
            });
        }
        Value::Object(object) => object,
        other => {
            return Err(BatchError::NotABatch {
                found: type_of(other),
            });
        }
    };
    let payloads = get(object, "payloads").is_some();
    for entry in object.entries() {
        let (member, value) = entry.map_err(|_| BatchError::Corrupt)?;
        match member {
            "items" => match value {
                Value::Array(array) => header.items = Some(array),
                other => return Err(wrong_type("items", "an array", other)),
            },
            "payloads" => match value {
                Value::Array(array) => header.items = header.items.or(Some(array)),
                other => return Err(wrong_type("payloads", "an array", other)),
            },
            "type" if payloads => header.item_type = text("type", value)?,
            "conversation" => header.conversation = text("conversation", value)?,
            "run" => header.run = text("run", value)?,
            "user" => header.user = text("user", value)?,
            "agent" => header.agent = text("agent", value)?,
            "model" => header.model = text("model", value)?,
            "source" => header.source = text("source", value)?,
            "title" => header.title = text("title", value)?,
            "sequence" => header.sequence = integer("sequence", value)?,
            "metadata" => match value {
                Value::Object(object) => header.metadata = Some(object),
                Value::Null => {}
                other => return Err(wrong_type("metadata", "an object", other)),
            },
            other => {
                return Err(BatchError::Unknown {
                    member: nameable(other),
                });
            }
        }
    }
    if header.items.is_none() {
        return Err(BatchError::NoItems);
    }
    Ok(header)
}

fn wrong_type(member: &'static str, wanted: &'static str, value: Value<'_>) -> BatchError {
    BatchError::WrongType {
        member,
        wanted,
        found: type_of(value),
    }
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
