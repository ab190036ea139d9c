//! Format `message-parts`: messages, and the parts that make them up, each an item.
//!
//! The envelope is the batch: `{"type": "message.updated", "payloads": […]}` for items of one type, or
//! items that each have a `type`. A part may come before its message. One that has an id is an upsert:
//! it comes again in every state.

use super::batch::as_object;
use super::fields::{get, integer, named, object};
use super::{Event, Format, Problem, time};
use crate::jsonb::Value;
use std::borrow::Cow;

pub(super) const FORMAT: Format = Format {
    name: "message-parts",
    aliases: &[],
    description: "messages and their parts, in homogeneous and mixed envelopes",
    project,
};

const SESSION: &[&str] = &["session_id", "sessionId", "sessionID"];
const MESSAGE: &[&str] = &["message_id", "messageId", "messageID"];
const PART: &[&str] = &["part_id", "partId", "partID", "id"];
const TIMES: &[&str] = &[
    "generated_at_unix_ms",
    "generatedAtUnixMs",
    "timestamp",
    "time_ms",
];

fn project<'a>(event: &mut Event<'a>, item: Value<'a>) -> Result<(), Problem> {
    let outer = as_object(item)?;
    let enveloped = std::mem::take(&mut event.kind);
    let own = named(outer, &["type"]).map(Cow::Borrowed);
    // The fields may stand a level deeper than the type.
    let item = ["payload", "part", "message"]
        .iter()
        .find_map(|member| object(outer, member))
        .unwrap_or(outer);
    let text = |names: &[&str]| named(outer, names).or(named(item, names));
    event.conversation = text(SESSION).map(Cow::Borrowed);
    event.role = text(&["role"]).map(Cow::Borrowed);
    event.agent = text(&["agent"]).map(Cow::Borrowed);
    event.model = text(&["model_id", "modelId", "model"]).map(Cow::Borrowed);
    event.tool_name = text(&["tool_name", "toolName"]).map(Cow::Borrowed);
    event.tool_call_id = text(&["tool_call_id", "call_id", "callID"]).map(Cow::Borrowed);
    let when = TIMES
        .iter()
        .find_map(|name| get(outer, name).or(get(item, name)));
    event.occurred_at = when.and_then(time::from_milliseconds);
    let part_type = text(&["part_type", "partType"]);
    let name = own.or((!enveloped.is_empty()).then_some(enveloped));
    let name = name.or(match (part_type, &event.role) {
        (Some(_), _) => Some(Cow::Borrowed("message.part")),
        (None, Some(_)) => Some(Cow::Borrowed("message")),
        (None, None) => None,
    });
    match name.as_deref() {
        Some("message" | "message.updated") => {
            event.kind = Cow::Borrowed("message");
            event.upserts = Some("message");
            event.item_id = text(MESSAGE).or(text(&["id"])).map(Cow::Borrowed);
        }
        Some("message.part" | "message.part.updated") => {
            event.kind = part_type.map_or(Cow::Borrowed("message.part"), kind);
            event.parent_id = text(MESSAGE).map(Cow::Borrowed);
            event.upserts = Some("part");
            event.item_id = named(item, PART).map(Cow::Borrowed);
            if let (None, Some(row)) = (&event.item_id, integer(item, "id")) {
                // A row's number: some message may have the same.
                event.item_id = Some(Cow::Owned(row.to_string()));
                event.state = Some(Cow::Borrowed("row"));
            } else if event.item_id.is_none() {
                event.state = unnumbered(event, part_type, when);
            }
        }
        Some(_) => {
            event.kind = name.unwrap_or_default();
            event.item_id = text(&["id"]).or(text(MESSAGE)).map(Cow::Borrowed);
        }
        None => return Err(Problem::Missing { member: "type" }),
    }
    Ok(())
}

/// What a part of some type is. `patch`, `question` and whatever comes keep their name.
fn kind(part_type: &str) -> Cow<'_, str> {
    Cow::Borrowed(match part_type {
        "text" => "message",
        "tool" => "tool_call",
        other => other,
    })
}

/// What tells a part apart that has no id: its message, type and time, and its place in the batch, for one
/// call may send several at the same millisecond. A batch that is sent again is the same.
fn unnumbered<'a>(
    event: &Event<'a>,
    part_type: Option<&str>,
    when: Option<Value<'_>>,
) -> Option<Cow<'a, str>> {
    let message = event.parent_id.as_deref()?;
    let time = match when {
        Some(Value::Number(number)) => number.to_i64()?,
        _ => return None,
    };
    let (part_type, place) = (part_type.unwrap_or("part"), event.index);
    Some(Cow::Owned(format!("{message}/{part_type}/{time}/{place}")))
}

#[cfg(test)]
mod tests {
    use crate::project::tests::events;

    #[test]
    fn envelopes_are_batches() {
        let one = events(
            r#"{"type":"message.updated","payloads":[
                {"session_id":"oc_1","message_id":"m1","role":"user","generated_at_unix_ms":1700000000123},
                {"session_id":"oc_1","message_id":"m2","role":"assistant","generated_at_unix_ms":"soon"},
                "text"]}"#,
            "message-parts",
            |e| {
                (
                    e.kind.to_string(),
                    e.item_id.as_deref().map(str::to_owned),
                    e.occurred_at,
                    e.conversation.as_deref().map(str::to_owned),
                    e.problem.is_some(),
                )
            },
        );
        let session = Some("oc_1".to_owned());
        assert_eq!(
            one,
            [
                (
                    "message".into(),
                    Some("m1".into()),
                    Some(1_700_000_000_123_000),
                    session.clone(),
                    false
                ),
                ("message".into(), Some("m2".into()), None, session, false),
                ("message.updated".into(), None, None, None, true),
            ]
        );
    }

    #[test]
    fn parts_before_their_message_and_unknown_types() {
        let mixed = events(
            r#"{"items":[
                {"type":"message.part","session_id":"s","message_id":"m","part_type":"text","text":"","generated_at_unix_ms":5},
                {"type":"message.part","session_id":"s","message_id":"m","part_type":"text","text":"b","generated_at_unix_ms":5},
                {"type":"message.part","session_id":"s","message_id":"m","part_type":"reasoning","text":"r","generated_at_unix_ms":5},
                {"type":"message.part","session_id":"s","message_id":"m","part_type":"patch","part_id":"p","text":"r","generated_at_unix_ms":5},
                {"type":"message","session_id":"s","message_id":"m","role":"assistant","generated_at_unix_ms":4},
                {"type":"vote","id":"v","session_id":"s"},
                {"session_id":" ","message_id":"m"}]}"#,
            "message-parts",
            |e| {
                let keys = e.event_key().is_some();
                (
                    e.kind.to_string(),
                    e.parent_id.as_deref().map(str::to_owned),
                    keys,
                    e.problem.is_some(),
                )
            },
        );
        let of = Some("m".to_owned());
        assert_eq!(
            mixed,
            [
                ("message".into(), of.clone(), true, false),
                ("message".into(), of.clone(), true, false),
                ("reasoning".into(), of.clone(), true, false),
                ("patch".into(), of, true, false),
                ("message".into(), None, true, false),
                ("vote".into(), None, true, false),
                (String::new(), None, false, true),
            ]
        );
    }
}
