//! Format `native`: an item's members are named as the columns of `events`.

use super::batch::{as_object, time};
use super::fields::{get, strict_integer, strict_text};
use super::problem::nameable;
use super::{Event, Format, Part, Problem};
use crate::jsonb::Value;
use std::borrow::Cow;

const MEMBERS: &[&str] = &[
    "agent",
    "conversation",
    "id",
    "key",
    "kind",
    "model",
    "occurred_at",
    "payload",
    "role",
    "run",
    "sequence",
    "tool_call_id",
    "tool_name",
    "user",
];

pub(super) const FORMAT: Format = Format {
    name: "native",
    aliases: &[],
    description: "members named as the columns of events",
    project,
};

fn project<'a>(event: &mut Event<'a>, item: Value<'a>) -> Result<(), Problem> {
    let object = as_object(item)?;
    for entry in object.entries() {
        let Ok((member, _)) = entry else {
            return Err(Problem::NotJson { member: "item" });
        };
        if !MEMBERS.contains(&member) {
            return Err(Problem::Unknown {
                member: nameable(member),
            });
        }
    }
    let text = |member| strict_text(object, member).map(|t| t.map(Cow::Borrowed));
    event.conversation = text("conversation")?;
    event.run = text("run")?;
    event.user = text("user")?;
    event.role = text("role")?;
    event.agent = text("agent")?;
    event.model = text("model")?;
    event.tool_name = text("tool_name")?;
    event.tool_call_id = text("tool_call_id")?;
    event.item_id = text("id")?;
    event.key = text("key")?;
    event.sequence = strict_integer(object, "sequence")?;
    event.occurred_at = time(object, "occurred_at")?;
    event.kind = text("kind")?.ok_or(Problem::Missing { member: "kind" })?;
    event.payload = match get(object, "payload") {
        Some(payload) => Part::Borrowed(payload),
        None => return Err(Problem::Missing { member: "payload" }),
    };
    Ok(())
}
