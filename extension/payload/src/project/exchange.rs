//! An exchange: what was asked of a provider and what came back, as one event.
//!
//! The request repeats the history. Its calls were made by earlier exchanges, and of the results it
//! brings only the last are new.

use super::batch::as_object;
use super::body::Body;
use super::endpoint::Endpoint;
use super::fields::{get, integer, object};
use super::reply::{Reply, error};
use super::said::{Said, id, values};
use super::{Event, Problem, time};
use crate::jsonb::{Container, Value};
use crate::parts::INPUTS;
use std::borrow::Cow;

/// The kind of an exchange that called no model.
const OTHER: &str = "http_exchange";

/// True when the item is a request with its response, or one of the two.
pub fn is_exchange(item: Value<'_>) -> bool {
    match item {
        Value::Object(item) => {
            object(item, "request").is_some()
                || get(item, "type").is_none() && object(item, "response").is_some()
        }
        _ => false,
    }
}

fn owned<'a>(text: &str) -> Cow<'a, str> {
    Cow::Owned(text.to_owned())
}

/// Fills the columns from an exchange.
pub fn project<'a>(event: &mut Event<'a>, item: Value<'a>) -> Result<(), Problem> {
    let exchange = as_object(item)?;
    let request = object(exchange, "request");
    let response = get(exchange, "response");
    event.item_id = id(exchange, "id").map(Cow::Borrowed);
    let times = ["timestamp", "recorded_at", "started_at", "created_at"];
    event.occurred_at = times
        .iter()
        .find_map(|name| get(exchange, name).and_then(time::microseconds));
    let asked = request.map(|request| Body::of(Value::Object(request)));
    let came = response.map(Body::of);
    let asked = asked
        .as_ref()
        .and_then(|body| body.objects().first().copied());
    let came = came.as_ref().map(Body::objects).unwrap_or_default();
    let endpoint = request.map(Endpoint::of).unwrap_or_default();
    if let Some(call) = asked.filter(|asked| get(*asked, "jsonrpc").is_some()) {
        super::mcp::describe(event, call, &came);
    } else {
        model_call(event, asked, &came, &endpoint);
    }
    event.about_run.provider = endpoint.provider().map(owned);
    event.about_run.provider_path = endpoint.path.map(owned);
    event.model = event
        .model
        .take()
        .or_else(|| endpoint.model().map(Cow::Owned));
    let latency = ["latency_ms", "duration_ms"];
    event.about_run.latency_ms = latency
        .iter()
        .find_map(|name| integer(exchange, name).filter(|ms| *ms >= 0))
        .or(event.about_run.latency_ms);
    // A response may be asked for again until it is complete.
    event.told_by_length = true;
    event.state = event.occurred_at.map(|at| Cow::Owned(at.to_string()));
    let status = response
        .and_then(http_status)
        .filter(|status| *status >= 400);
    if let Some(status) = status {
        event.about_run.status = Some(Cow::Borrowed("failed"));
        let said = came
            .first()
            .and_then(|body| error(*body).or(id(*body, "message")));
        event.about_run.error = Some(said.map_or(Cow::Owned(format!("HTTP {status}")), owned));
    }
    Ok(())
}

fn model_call<'a>(
    event: &mut Event<'a>,
    asked: Option<Container<'_>>,
    came: &[Container<'_>],
    endpoint: &Endpoint<'_>,
) {
    let mut reply = Reply::default();
    for piece in came {
        reply.absorb(*piece);
    }
    let input = asked.is_some_and(|asked| {
        let mut inputs = INPUTS.iter().chain(&["prompt", "inputText"]);
        inputs.any(|name| get(asked, name).is_some())
    });
    let called = reply.seen || input && !endpoint.counts();
    event.kind = Cow::Borrowed(if called { "model_call" } else { OTHER });
    if !called {
        return;
    }
    reply.describe(event, owned);
    event.item_id = event.item_id.take().or(reply.id.map(owned));
    let Some(asked) = asked else {
        return;
    };
    event.model = event.model.take().or(id(asked, "model").map(owned));
    let mut said = Said::default();
    for name in INPUTS {
        behind_the_last_word(asked, name, &mut said);
    }
    event.tool_name = event.tool_name.take().or(said.tool.map(owned));
    event.answers = said.answers.keep(owned);
    let inner = reply.said.answers.keep(owned);
    event.answers.extend(inner);
}

/// Where in the input the results begin that an earlier request cannot have brought: behind the
/// model's last word but one. Behind the last one would do, but clients put words in the model's mouth
/// (a call of their own, an "ok" before an image), and then the results stand before these.
fn two_words_back(items: &[Container<'_>]) -> usize {
    let mut words = 0;
    let mut at = items.len();
    while at > 0 {
        let speaks = by_model(items[at - 1]);
        // A word is all that the model says in one go.
        if speaks && !items.get(at).is_some_and(|next| by_model(*next)) {
            words += 1;
            if words == 2 {
                return at;
            }
        }
        at -= 1;
    }
    0
}

/// What the input adds to what the model had said.
pub fn behind_the_last_word<'i>(asked: Container<'i>, input: &str, said: &mut Said<'i>) {
    let items: Vec<_> = values(asked, input)
        .filter_map(|item| match item {
            Value::Object(item) => Some(item),
            _ => None,
        })
        .collect();
    let new = two_words_back(&items);
    for item in items.iter().skip(new) {
        match id(*item, "role") {
            Some(_) => said.message(*item),
            None if get(*item, "parts").is_some() => said.message(*item),
            None => said.part(*item),
        }
    }
}

fn by_model(item: Container<'_>) -> bool {
    match id(item, "role") {
        Some(role) => matches!(role, "assistant" | "model" | "CHATBOT" | "chatbot"),
        None => id(item, "type").is_some_and(|name| {
            name.ends_with("_call") || matches!(name, "reasoning" | "mcp_list_tools" | "compaction")
        }),
    }
}

fn http_status(response: Value<'_>) -> Option<i64> {
    let Value::Object(response) = response else {
        return None;
    };
    ["status", "status_code", "statusCode"]
        .iter()
        .find_map(|name| {
            integer(response, name)
                .or_else(|| object(response, name).and_then(|status| integer(status, "code")))
        })
}
