//! Format `inspect`: the events of an Inspect evaluation's sample, and its messages.
//!
//! A model event is the call with its whole input; the calls it makes are those of its output. A tool
//! event is one of these carried out.

use super::batch::as_object;
use super::exchange::behind_the_last_word;
use super::fields::{get, named, object, objects};
use super::said::Said;
use super::usage::usage;
use super::{Event, Format, Problem, time};
use crate::jsonb::{Container, Value};
use std::borrow::Cow;

pub(super) const FORMAT: Format = Format {
    name: "inspect",
    aliases: &["inspect-ai-sample/events"],
    description: "Inspect evaluation logs: events and messages of a sample",
    project,
};

fn project<'a>(event: &mut Event<'a>, item: Value<'a>) -> Result<(), Problem> {
    let item = as_object(item)?;
    let Some(name) = named(item, &["event"]) else {
        named(item, &["role"]).ok_or(Problem::Missing { member: "event" })?;
        let mut said = Said::default();
        said.message(item);
        event.kind = Cow::Borrowed(said.kind());
        event.role = named(item, &["role"]).map(Cow::Borrowed);
        event.calls = said.calls.keep(Cow::Borrowed);
        event.answers = said.answers.keep(Cow::Borrowed);
        event.tool_name = said.tool.map(Cow::Borrowed);
        event.item_id = named(item, &["id"]).map(Cow::Borrowed);
        event.model = named(item, &["model"]).map(Cow::Borrowed);
        return Ok(());
    };
    event.kind = Cow::Borrowed(name);
    event.item_id = named(item, &["uuid"]).map(Cow::Borrowed);
    event.parent_id = named(item, &["span_id"]).map(Cow::Borrowed);
    event.occurred_at = get(item, "timestamp").and_then(time::microseconds);
    match name {
        "model" => model(event, item),
        "tool" => tool(event, item),
        "span_begin" | "span_end" => {
            // What happens in a span names it by this id.
            event.item_id = named(item, &["id"]).map(Cow::Borrowed);
            event.parent_id = named(item, &["parent_id"]).map(Cow::Borrowed);
        }
        _ => {}
    }
    Ok(())
}

fn model<'a>(event: &mut Event<'a>, item: Container<'a>) {
    event.kind = Cow::Borrowed("model_call");
    event.model = named(item, &["model"]).map(Cow::Borrowed);
    let (mut asked, mut answer) = (Said::default(), Said::default());
    behind_the_last_word(item, "input", &mut asked);
    let output = object(item, "output");
    let mut message_id = None;
    let mut status = None;
    for choice in output.into_iter().flat_map(|o| objects(o, "choices")) {
        status = status.or(named(choice, &["stop_reason"]));
        if let Some(message) = object(choice, "message") {
            answer.message(message);
            message_id = message_id.or(named(message, &["id"]));
        }
    }
    event.calls = answer.calls.keep(Cow::Borrowed);
    event.answers = asked.answers.keep(Cow::Borrowed);
    event.tool_name = answer.tool.or(asked.tool).map(Cow::Borrowed);
    let response = object(item, "call").and_then(|call| object(call, "response"));
    event.run = response
        .and_then(|response| named(response, &["id"]))
        .or(message_id)
        .map(Cow::Borrowed)
        .or_else(|| event.item_id.clone());
    let run = &mut event.about_run;
    let prefixed = named(item, &["model"]).and_then(|model| model.split_once('/'));
    run.provider = prefixed.map(|(provider, _)| Cow::Borrowed(provider));
    run.status = status.map(Cow::Borrowed);
    run.error = named(item, &["error"])
        .or_else(|| output.and_then(|output| named(output, &["error"])))
        .map(Cow::Borrowed);
    if run.error.is_some() {
        run.status = Some(Cow::Borrowed("failed"));
    }
    let took = get(item, "working_time").or_else(|| get(output?, "time"));
    run.latency_ms = took.and_then(time::lasting_seconds);
    run.usage = output.and_then(|o| object(o, "usage")).and_then(usage);
}

fn tool<'a>(event: &mut Event<'a>, item: Container<'a>) {
    let pending = matches!(get(item, "pending"), Some(Value::Bool(true)));
    event.kind = Cow::Borrowed(if pending { "tool_call" } else { "tool_result" });
    event.tool_name = named(item, &["function"]).map(Cow::Borrowed);
    event.tool_call_id = named(item, &["id"]).map(Cow::Borrowed);
    event.agent = named(item, &["agent"]).map(Cow::Borrowed);
}
