//! Format `otel-genai`: OTLP JSON with the semantic conventions for generative AI.
//!
//! An item is one ExportTraceServiceRequest, or a part of one. It stays one event, however many spans
//! it has: its root span, or its only one, says what it is; calls, results and usage are those of all
//! its spans.

use super::batch::as_object;
use super::fields::{get, named, object, objects};
use super::otel_names::{self as names, Attribute};
use super::otel_span::{Span, main_span, spans};
use super::said::Said;
use super::usage::usage;
use super::{Event, Format, Part, Problem};
use crate::json;
use crate::jsonb::{Container, Node, Value, encode};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

pub(super) const FORMAT: Format = Format {
    name: "otel-genai",
    aliases: &["otlp-json-genai"],
    description: "OpenTelemetry GenAI spans as OTLP JSON",
    project,
};

fn project<'a>(event: &mut Event<'a>, item: Value<'a>) -> Result<(), Problem> {
    let item = as_object(item)?;
    let spans = spans(item);
    let Some(main) = main_span(&spans) else {
        if ["resourceSpans", "scopeSpans", "spans"]
            .iter()
            .all(|member| get(item, member).is_none())
        {
            return Err(Problem::Missing {
                member: "resourceSpans",
            });
        }
        event.kind = Cow::Borrowed("spans");
        return Ok(());
    };
    event.item_id = named(main.span, &["spanId"]).map(Cow::Borrowed);
    event.parent_id = named(main.span, &["parentSpanId"]).map(Cow::Borrowed);
    event.kind = Cow::Borrowed(main.kind());
    event.occurred_at = main.time("startTimeUnixNano");
    let trace = named(main.span, &["traceId"]);
    let anywhere = |names| {
        let own = main.text(names);
        own.or_else(|| spans.iter().find_map(|span| span.text(names)))
    };
    event.conversation = anywhere(names::CONVERSATION).or(trace).map(Cow::Borrowed);
    event.agent = anywhere(names::AGENT).map(Cow::Borrowed);
    event.tool_name = anywhere(names::TOOL).map(Cow::Borrowed);
    event.user = anywhere(names::USER).map(Cow::Borrowed);
    joined(event, &spans);
    run(event, &main, &spans);
    event.about_run.trace = trace.filter(|_| event.run.is_some()).map(Cow::Borrowed);
    Ok(())
}

/// The calls that the models made and the results that came. Each model span repeats the input, of
/// which only what is behind the model's last word is new.
fn joined<'a>(event: &mut Event<'a>, spans: &[Span<'a>]) {
    let (mut calls, mut answers) = (Vec::new(), Vec::new());
    for span in spans {
        messages(*span, names::OUTPUT_MESSAGES, &mut |message| {
            calls.append(&mut calls_of(message));
        });
        let mut new = Vec::new();
        messages(*span, names::INPUT_MESSAGES, &mut |message| {
            if named(message, &["role"]) == Some("assistant") {
                new.clear();
            }
            new.append(&mut answers_of(message));
        });
        answers.append(&mut new);
        indexed(*span, &mut calls);
        let carried_out = span
            .text(names::TOOL_CALL)
            .filter(|_| span.kind() == "tool_call");
        answers.extend(carried_out.map(str::to_owned));
    }
    let once = |ids: Vec<String>| {
        let mut seen = BTreeSet::new();
        let new = ids.into_iter().filter(|id| seen.insert(id.clone()));
        new.map(Cow::Owned).collect()
    };
    event.calls = once(calls);
    event.answers = once(answers);
}

/// Calls whose members are attributes of their own (`gen_ai.completion.0.tool_calls.1.id`).
fn indexed(span: Span<'_>, calls: &mut Vec<String>) {
    for attribute in objects(span.span, "attributes") {
        let key = named(attribute, &["key"]).unwrap_or_default();
        let within = names::INDEXED_OUTPUT
            .iter()
            .any(|prefix| key.starts_with(prefix));
        if within && key.contains(".tool_call") && key.ends_with(".id") {
            let id = object(attribute, "value").and_then(|value| named(value, &["stringValue"]));
            calls.extend(id.map(str::to_owned));
        }
    }
}

/// Hands the messages of an attribute to `each`: JSON in a string.
fn messages(span: Span<'_>, wanted: Attribute, each: &mut dyn FnMut(Container<'_>)) {
    let Some(stored) = span.text(wanted) else {
        return;
    };
    let Ok(bytes) = json::parse(&json::unmark(stored)) else {
        return;
    };
    if let Ok(Value::Array(list)) = Container::root(&bytes) {
        for message in list.elements().flatten() {
            if let Value::Object(message) = message {
                each(message);
            }
        }
    }
}

/// Ids of a message's calls.
fn calls_of(message: Container<'_>) -> Vec<String> {
    match get(message, "parts") {
        Some(_) => part_ids(message, names::CALL_PARTS),
        None => owned(told(message).calls.keep(Cow::Borrowed)),
    }
}

/// Ids of the calls that a message answers.
fn answers_of(message: Container<'_>) -> Vec<String> {
    match get(message, "parts") {
        Some(_) => part_ids(message, names::RESULT_PARTS),
        None => owned(told(message).answers.keep(Cow::Borrowed)),
    }
}

fn part_ids(message: Container<'_>, types: &[&str]) -> Vec<String> {
    let parts = objects(message, "parts");
    let wanted = parts.filter(|part| named(*part, &["type"]).is_some_and(|t| types.contains(&t)));
    let ids = wanted.filter_map(|part| named(part, &["id", "tool_call_id"]));
    ids.map(str::to_owned).collect()
}

/// A message in a provider's own words.
fn told(message: Container<'_>) -> Said<'_> {
    let mut said = Said::default();
    said.message(message);
    said
}

fn owned(ids: Vec<Cow<'_, str>>) -> Vec<String> {
    ids.into_iter().map(Cow::into_owned).collect()
}

/// The model call that an item reports; of several, their sum, under the main span's id.
fn run<'a>(event: &mut Event<'a>, main: &Span<'a>, spans: &[Span<'a>]) {
    let models = spans.iter().filter(|span| span.kind() == "model_call");
    let models: Vec<Span<'a>> = models.copied().collect();
    let first = models.first().copied();
    if let Some(model) = first {
        event.model = model
            .text(names::RESPONSE_MODEL)
            .or(model.text(names::REQUEST_MODEL))
            .map(Cow::Borrowed);
    }
    let (own, one) = match &models[..] {
        [one] => (
            one.text(names::RESPONSE).or(named(one.span, &["spanId"])),
            *one,
        ),
        _ => (named(main.span, &["spanId"]), *main),
    };
    event.run = own.map(Cow::Borrowed);
    let about = &mut event.about_run;
    let told_by = first.unwrap_or(*main);
    about.provider = told_by.text(names::PROVIDER).map(Cow::Borrowed);
    about.provider_path = told_by.text(names::OPERATION).map(Cow::Borrowed);
    let took = one
        .time("startTimeUnixNano")
        .zip(one.time("endTimeUnixNano"));
    about.latency_ms = took
        .and_then(|(start, end)| end.checked_sub(start))
        .map(|micros| (micros / 1000).max(0));
    about.usage = counted(&models);
    let failed = spans.iter().find_map(|span| Some((span, span.failed()?)));
    if let Some((span, status)) = failed {
        about.status = Some(Cow::Borrowed("failed"));
        about.error = named(status, &["message"])
            .or_else(|| span.text(names::ERROR))
            .map(Cow::Borrowed);
    }
}

/// Usage of one model span as it reports it, or of several added up.
fn counted(models: &[Span<'_>]) -> Option<Part<'static>> {
    let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
    for span in models {
        for attribute in objects(span.span, "attributes") {
            let key = named(attribute, &["key"]).unwrap_or_default();
            let value = object(attribute, "value");
            let count = value.and_then(|value| match get(value, "intValue")? {
                Value::Number(count) => count.to_i64(),
                Value::String(count) => count.parse::<i64>().ok(),
                _ => None,
            });
            if let Some(count) = count.filter(|n| names::is_usage(key) && *n >= 0) {
                let sum = sums.entry(key).or_default();
                *sum = sum.saturating_add(count);
            }
        }
    }
    let pairs = sums.into_iter();
    let pairs = pairs.map(|(key, count)| (Cow::Borrowed(key), Node::integer(count)));
    let reported = encode(&Node::object(pairs.collect())).ok()?;
    match Container::root(&reported) {
        Ok(Value::Object(reported)) => usage(reported),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::project::tests::events;

    const ITEMS: &str = r#"[
        {"resourceSpans":[{"scopeSpans":[{"spans":[
            {"traceId":"t","spanId":"s2","parentSpanId":"s1","name":"chat","startTimeUnixNano":"1000000","endTimeUnixNano":"5000000","attributes":[
                {"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},
                {"key":"gen_ai.system","value":{"stringValue":"openai"}},
                {"key":"gen_ai.response.id","value":{"stringValue":"resp_1"}},
                {"key":"gen_ai.usage.input_tokens","value":{"intValue":"7"}},
                {"key":"gen_ai.input.messages","value":{"stringValue":"[{\"role\":\"tool\",\"parts\":[{\"type\":\"tool_call_response\",\"id\":\"c0\"}]},{\"role\":\"assistant\",\"parts\":[]},{\"role\":\"tool\",\"parts\":[{\"type\":\"tool_call_response\",\"id\":\"c1\"}]}]"}},
                {"key":"gen_ai.output.messages","value":{"stringValue":"[{\"role\":\"assistant\",\"parts\":[{\"type\":\"tool_call\",\"id\":\"c2\"}]}]"}}]},
            {"traceId":"t","spanId":"s1","name":"run","startTimeUnixNano":"0","status":{"code":2,"message":"boom"},"attributes":[{"key":"traceloop.span.kind","value":{"stringValue":"workflow"}}]}]}]}]},
        {"traceId":"t","spanId":"x","attributes":[{"key":"gen_ai.operation.name","value":{"stringValue":"execute_tool"}},{"key":"gen_ai.tool.call.id","value":{"stringValue":"c2"}}]},
        {"traceId":"t","spanId":"y","attributes":[{"key":"gen_ai.completion.0.tool_calls.0.id","value":{"stringValue":"c3"}},{"key":"gen_ai.request.model","value":{"stringValue":"m"}},{"key":"gen_ai.output.messages","value":{"stringValue":"no json"}}]},
        {"traceId":"t","spanId":"z","name":"GET /"},
        {"resourceSpans":[]},
        {}]"#;

    #[test]
    fn spans_of_every_kind() {
        let rows = events(ITEMS, "otel-genai", |e| {
            let text = |t: Option<&str>| t.unwrap_or("-").to_owned();
            [
                e.kind.to_string(),
                text(e.item_id.as_deref()),
                text(e.run.as_deref()),
                e.calls.join(","),
                e.answers.join(","),
                text(e.about_run.provider.as_deref()),
                text(e.about_run.error.as_deref()),
                e.about_run
                    .latency_ms
                    .map_or_else(String::new, |n| n.to_string()),
                e.about_run.usage.is_some().to_string(),
                text(e.problem.as_ref().map(|p| p.code())),
            ]
            .join(" ")
        });
        assert_eq!(
            rows,
            [
                "agent s1 resp_1 c2 c1 openai boom 4 true -",
                "tool_call x x  c2 - -  false -",
                "model_call y y c3  - -  false -",
                "span z z   - -  false -",
                "spans - -   - -  false TR013",
                " - -   - -  false TR016",
            ]
        );
    }
}
