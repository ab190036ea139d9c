//! Format `litellm`: the log of calls through LiteLLM, each with its whole request and response.
//!
//! A log may hold a conversation as one list of messages, too.

use super::batch::as_object;
use super::exchange::behind_the_last_word;
use super::fields::{get, named, object, objects};
use super::said::Said;
use super::usage::usage;
use super::{Event, Format, Problem, time};
use crate::jsonb::{Container, Value};
use std::borrow::Cow;

pub(super) const FORMAT: Format = Format {
    name: "litellm",
    aliases: &["litellm-call-log"],
    description: "LiteLLM call log: one model call an item",
    project,
};

fn project<'a>(event: &mut Event<'a>, item: Value<'a>) -> Result<(), Problem> {
    if let Value::Array(messages) = item {
        event.kind = Cow::Borrowed("messages");
        let messages = messages.elements().filter_map(|message| match message {
            Ok(Value::Object(message)) => Some(message),
            _ => None,
        });
        let mut said = Said::default();
        for message in messages {
            said.message(message);
        }
        event.calls = said.calls.keep(Cow::Borrowed);
        event.answers = said.answers.keep(Cow::Borrowed);
        return Ok(());
    }
    let item = as_object(item)?;
    let response = object(item, "response").or_else(|| object(item, "raw_response"));
    call(event, item, response);
    Ok(())
}

fn call<'a>(event: &mut Event<'a>, item: Container<'a>, response: Option<Container<'a>>) {
    event.kind = Cow::Borrowed("model_call");
    let said = |names: &[&str]| {
        let inner = response.and_then(|response| named(response, names));
        named(item, names).or(inner).map(Cow::Borrowed)
    };
    event.item_id = said(&["id", "litellm_call_id"]);
    event.run = response
        .and_then(|response| named(response, &["id"]))
        .map(Cow::Borrowed)
        .or_else(|| event.item_id.clone());
    event.model = said(&["model"]);
    event.occurred_at = ["startTime", "timestamp", "created"]
        .iter()
        .find_map(|member| get(item, member).and_then(time::microseconds));
    let (mut asked, mut answer) = (Said::default(), Said::default());
    behind_the_last_word(item, "messages", &mut asked);
    event.answers = asked.answers.keep(Cow::Borrowed);
    let choices = response.into_iter().flat_map(|r| objects(r, "choices"));
    for message in choices.filter_map(|choice| object(choice, "message")) {
        answer.message(message);
    }
    event.calls = answer.calls.keep(Cow::Borrowed);
    event.tool_name = answer.tool.or(asked.tool).map(Cow::Borrowed);
    let run = &mut event.about_run;
    run.provider_source = Some(Cow::Borrowed("litellm"));
    run.provider_path = named(item, &["call_type", "api_base"]).map(Cow::Borrowed);
    run.provider = named(item, &["custom_llm_provider"])
        .or_else(|| prefix(item, response))
        .map(Cow::Borrowed);
    run.status = named(item, &["status"]).map(Cow::Borrowed);
    run.trace = named(item, &["trace_id"]).map(Cow::Borrowed);
    run.error = named(item, &["error_str", "exception", "error"])
        .or_else(|| object(item, "error").and_then(|error| named(error, &["message"])))
        .map(Cow::Borrowed);
    if run.error.is_some() && run.status.is_none() {
        run.status = Some(Cow::Borrowed("failed"));
    }
    run.latency_ms = ["latency_sec", "response_time"]
        .iter()
        .find_map(|member| get(item, member).and_then(time::lasting_seconds));
    run.usage = response
        .and_then(|response| object(response, "usage"))
        .and_then(usage);
}

/// The provider's part of the model's name.
fn prefix<'a>(item: Container<'a>, response: Option<Container<'a>>) -> Option<&'a str> {
    let model = named(item, &["model"]).or_else(|| named(response?, &["model"]))?;
    Some(model.split_once('/')?.0)
}
