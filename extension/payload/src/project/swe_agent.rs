//! Format `swe-agent`: the steps of an SWE-agent trajectory.
//!
//! A step is thought, action and observation in one, and names no call.

use super::batch::as_object;
use super::fields::named;
use super::{Event, Format, Problem};
use crate::jsonb::Value;
use std::borrow::Cow;

pub(super) const FORMAT: Format = Format {
    name: "swe-agent",
    aliases: &["swe-agent-traj"],
    description: "SWE-agent trajectories: steps",
    project,
};

/// Longest command of the agent's interface; what is longer is a line of shell.
const COMMAND_BYTES: usize = 40;

fn project<'a>(event: &mut Event<'a>, item: Value<'a>) -> Result<(), Problem> {
    let item = as_object(item)?;
    event.agent = named(item, &["agent"]).map(Cow::Borrowed);
    let action = named(item, &["action"]);
    event.kind = Cow::Borrowed(match action {
        Some(_) => "tool_call",
        None if named(item, &["response", "thought", "observation"]).is_some() => "message",
        None => return Err(Problem::Missing { member: "action" }),
    });
    event.role = Some(Cow::Borrowed("assistant"));
    let command = action.and_then(|action| action.split_whitespace().next());
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    event.tool_name = command
        .filter(|command| command.len() <= COMMAND_BYTES && command.bytes().all(plain))
        .map(Cow::Borrowed);
    Ok(())
}
