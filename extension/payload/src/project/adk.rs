//! Format `adk`: the events of a Google Agent Development Kit session.
//!
//! An event is what an author (the user or an agent) says within one invocation. Calls have ids only
//! in newer versions; a response then names them.

use super::batch::as_object;
use super::fields::{get, named, object};
use super::said::Said;
use super::usage::usage;
use super::{Event, Format, Problem, time};
use crate::jsonb::Value;
use std::borrow::Cow;

pub(super) const FORMAT: Format = Format {
    name: "adk",
    aliases: &["google-adk-session"],
    description: "Google ADK sessions: events of users and agents",
    project,
};

fn project<'a>(event: &mut Event<'a>, item: Value<'a>) -> Result<(), Problem> {
    let item = as_object(item)?;
    let author = named(item, &["author"]);
    let content = object(item, "content");
    if author.is_none() && content.is_none() {
        return Err(Problem::Missing { member: "author" });
    }
    event.item_id = named(item, &["id"]).map(Cow::Borrowed);
    event.agent = author.filter(|author| *author != "user").map(Cow::Borrowed);
    event.role = content
        .and_then(|content| named(content, &["role"]))
        .or(author.map(|author| if author == "user" { "user" } else { "model" }))
        .map(Cow::Borrowed);
    event.occurred_at = get(item, "timestamp").and_then(time::microseconds);
    event.model = named(item, &["model_version", "modelVersion"]).map(Cow::Borrowed);
    let options = object(item, "options");
    event.parent_id = options
        .and_then(|options| named(options, &["function_call_event_id"]))
        .map(Cow::Borrowed);
    let partial = [Some(item), options].into_iter().flatten();
    let partial = partial
        .map(|of| get(of, "partial"))
        .any(|partial| matches!(partial, Some(Value::Bool(true))));
    let mut said = Said::default();
    content
        .into_iter()
        .for_each(|content| said.message(content));
    event.kind = Cow::Borrowed(match said.kind() {
        "message" if partial => "message_delta",
        "reasoning" if partial => "reasoning_delta",
        kind => kind,
    });
    event.calls = said.calls.keep(Cow::Borrowed);
    event.answers = said.answers.keep(Cow::Borrowed);
    event.tool_name = said.tool.map(Cow::Borrowed);
    let actions = object(item, "actions");
    if actions.is_some_and(|actions| object(actions, "compaction").is_some()) {
        event.kind = Cow::Borrowed("compaction");
    }
    let invocation = named(item, &["invocation_id", "invocationId"]);
    event.run = invocation.map(Cow::Borrowed);
    let counted = ["usage_metadata", "usageMetadata"];
    let counted = counted.iter().find_map(|member| object(item, member));
    if let Some(counted) = counted {
        // An invocation makes several model calls; the event names the one that is counted.
        event.run = event.item_id.clone().or(event.run.take());
        event.about_run.usage = usage(counted);
        event.about_run.request = invocation.map(Cow::Borrowed);
    }
    let error = named(
        item,
        &["error_message", "errorMessage", "error_code", "errorCode"],
    );
    if error.is_some() {
        event.about_run.error = error.map(Cow::Borrowed);
        event.about_run.status = Some(Cow::Borrowed("failed"));
    }
    Ok(())
}
