//! Format `opencode`: the events of OpenCode's bus, and its stored messages.
//!
//! A message or part that changes is sent again whole. Each of these states is an item of its own.
//! Without the caller's numbers, what tells the states apart is part of their key.

use super::batch::as_object;
use super::fields::{get, integer, named, object, objects, text};
use super::usage::usage;
use super::{Event, Format, Problem, time};
use crate::jsonb::{Container, Value};
use std::borrow::Cow;

pub(super) const FORMAT: Format = Format {
    name: "opencode",
    aliases: &["opencode-bus-events"],
    description: "OpenCode bus events: messages, parts in every state, permissions",
    project,
};

fn project<'a>(event: &mut Event<'a>, item: Value<'a>) -> Result<(), Problem> {
    let item = as_object(item)?;
    // The bus of several directories wraps each event.
    let item = object(item, "payload").unwrap_or(item);
    let Some(name) = text(item, "type") else {
        let info = object(item, "info").ok_or(Problem::Missing { member: "type" })?;
        message(event, info);
        stored_parts(event, item);
        return Ok(());
    };
    let about = object(item, "properties").unwrap_or(item);
    event.kind = Cow::Borrowed(name);
    event.item_id = text(item, "id").map(Cow::Borrowed);
    event.conversation = named(about, &["sessionID"]).map(Cow::Borrowed);
    match name {
        "message.updated" => message(event, object(about, "info").unwrap_or(about)),
        "message.part.updated" => {
            if let Some(about) = object(about, "part") {
                part(event, about);
            }
        }
        "message.part.delta" => {
            event.kind = Cow::Borrowed("message_delta");
            event.parent_id = text(about, "partID").map(Cow::Borrowed);
        }
        "message.part.removed" => removed(event, text(about, "partID")),
        "message.removed" => removed(event, text(about, "messageID")),
        "permission.asked" | "permission.updated" => {
            event.kind = Cow::Borrowed("approval_request");
            asked(event, about);
        }
        "question.asked" => asked(event, about),
        "permission.replied" => {
            event.kind = Cow::Borrowed("approval_response");
            replied(event, about);
        }
        "question.replied" | "question.rejected" => replied(event, about),
        _ if name.starts_with("session.") => session(event, about),
        _ => {}
    }
    Ok(())
}

/// A message, without what it says: its parts say that.
fn message<'a>(event: &mut Event<'a>, info: Container<'a>) {
    event.kind = Cow::Borrowed("message");
    event.conversation = text(info, "sessionID").map(Cow::Borrowed);
    event.role = text(info, "role").map(Cow::Borrowed);
    event.agent = named(info, &["agent", "mode"]).map(Cow::Borrowed);
    event.parent_id = text(info, "parentID").map(Cow::Borrowed);
    event.upserts = Some("message");
    state(event, info, text(info, "id"), text(info, "finish"));
    let model = object(info, "model").unwrap_or(info);
    event.model = text(model, "modelID").map(Cow::Borrowed);
    let times = object(info, "time");
    let at = |member| times.and_then(|times| get(times, member).and_then(time::from_milliseconds));
    let (created, completed) = (at("created"), at("completed"));
    event.occurred_at = completed.or(created);
    if event.role.as_deref() != Some("assistant") {
        return;
    }
    // An assistant's message is one model call.
    event.run = event.item_id.clone();
    let run = &mut event.about_run;
    run.provider = text(model, "providerID").map(Cow::Borrowed);
    run.status = text(info, "finish").map(Cow::Borrowed);
    let took = completed.zip(created);
    run.latency_ms = took.map(|(end, start)| (end - start).div_euclid(1000).max(0));
    run.usage = object(info, "tokens").and_then(usage);
    if let Some(error) = object(info, "error") {
        let data = object(error, "data").unwrap_or(error);
        run.error = text(data, "message")
            .or(text(error, "name"))
            .map(Cow::Borrowed);
        run.status = Some(Cow::Borrowed("failed"));
    }
}

fn part<'a>(event: &mut Event<'a>, part: Container<'a>) {
    event.conversation = text(part, "sessionID").map(Cow::Borrowed);
    event.parent_id = text(part, "messageID").map(Cow::Borrowed);
    let status = object(part, "state").and_then(|state| text(state, "status"));
    event.upserts = Some("part");
    state(event, part, text(part, "id"), status);
    // The last that is known of it: a state that is over comes after one that runs.
    let times = object(part, "state").and_then(|state| object(state, "time"));
    let times = times.or_else(|| object(part, "time"));
    let at = |member| times.and_then(|times| get(times, member).and_then(time::from_milliseconds));
    event.occurred_at = at("end").or(at("start"));
    let name = text(part, "type").unwrap_or("message.part");
    event.kind = Cow::Borrowed(match name {
        "text" | "file" => "message",
        "tool" if matches!(status, Some("completed" | "error")) => "tool_result",
        "tool" => "tool_call",
        other => other,
    });
    match name {
        "tool" => {
            event.tool_name = text(part, "tool").map(Cow::Borrowed);
            tool_ids(event, part, status);
        }
        "agent" => event.agent = text(part, "name").map(Cow::Borrowed),
        "step-finish" => {
            event.run = event.parent_id.clone();
            event.about_run.usage = object(part, "tokens").and_then(usage);
            event.about_run.status = text(part, "reason").map(Cow::Borrowed);
        }
        _ => {}
    }
}

/// A tool part is the call in its every state, and the result once there is one.
fn tool_ids<'a>(event: &mut Event<'a>, part: Container<'a>, status: Option<&str>) {
    let Some(id) = named(part, &["callID"]) else {
        return;
    };
    event.calls.push(Cow::Borrowed(id));
    if matches!(status, Some("completed" | "error")) {
        event.answers.push(Cow::Borrowed(id));
    }
}

/// A message as it is stored, parts and all: it makes and answers what they do.
fn stored_parts<'a>(event: &mut Event<'a>, item: Container<'a>) {
    for part in objects(item, "parts").filter(|part| text(*part, "type") == Some("tool")) {
        let status = object(part, "state").and_then(|state| text(state, "status"));
        event.tool_name = event
            .tool_name
            .take()
            .or(text(part, "tool").map(Cow::Borrowed));
        tool_ids(event, part, status);
    }
    // The same message in a bus event has no parts.
    event.upserts = Some("stored message");
    let state = event.state.take();
    event.state = state.map(|state| Cow::Owned(format!("{state}/parts")));
}

/// Names one state of what is sent again whenever it changes: it turns over to another status, or
/// grows. A change that leaves status, time and length as they were shows as a conflict.
fn state<'a>(event: &mut Event<'a>, of: Container<'a>, id: Option<&'a str>, status: Option<&str>) {
    event.item_id = id.map(Cow::Borrowed);
    let times = object(of, "time").or_else(|| object(of, "state").and_then(|s| object(s, "time")));
    let turned = times.and_then(|times| {
        let member = |name| integer(times, name);
        member("end")
            .or(member("completed"))
            .or(member("updated"))
            .or(member("start"))
    });
    let (status, turned) = (status.unwrap_or("-"), turned.unwrap_or_default());
    event.state = Some(Cow::Owned(format!("{status}/{turned}")));
    event.told_by_length = true;
}

/// What is gone is gone once.
fn removed<'a>(event: &mut Event<'a>, id: Option<&'a str>) {
    event.parent_id = id.map(Cow::Borrowed);
    event.state = id.map(|id| Cow::Owned(format!("{id}/removed")));
}

fn asked<'a>(event: &mut Event<'a>, about: Container<'a>) {
    let call = object(about, "tool").unwrap_or(about);
    event.item_id = named(about, &["id"]).map(Cow::Borrowed);
    event.tool_call_id = named(call, &["callID"]).map(Cow::Borrowed);
    event.parent_id = named(call, &["messageID"]).map(Cow::Borrowed);
    event.tool_name = named(about, &["permission", "type"]).map(Cow::Borrowed);
    let created = object(about, "time").and_then(|times| get(times, "created"));
    event.occurred_at = created.and_then(time::from_milliseconds);
}

fn replied<'a>(event: &mut Event<'a>, about: Container<'a>) {
    let request = named(about, &["requestID", "permissionID"]);
    event.parent_id = request.map(Cow::Borrowed);
    event.state = request.map(|id| Cow::Owned(format!("{id}/replied")));
}

fn session<'a>(event: &mut Event<'a>, about: Container<'a>) {
    let Some(info) = object(about, "info") else {
        return;
    };
    event.conversation = named(info, &["id"]).map(Cow::Borrowed);
    event.parent_id = named(info, &["parentID"]).map(Cow::Borrowed);
    let updated = object(info, "time").and_then(|times| get(times, "updated"));
    event.occurred_at = updated.and_then(time::from_milliseconds);
    let own = event.item_id.take();
    state(event, info, None, None);
    event.item_id = own;
}

#[cfg(test)]
mod tests {
    use crate::project::tests::events;
    use std::collections::BTreeSet;

    const TOOL: &str = r#"[
        {"type":"message.part.updated","properties":{"part":{"id":"p","messageID":"m","sessionID":"s","type":"tool","tool":"bash","callID":"c1","state":{"status":"pending"}}}},
        {"type":"message.part.updated","properties":{"part":{"id":"p","messageID":"m","sessionID":"s","type":"tool","tool":"bash","callID":"c1","state":{"status":"completed","output":"x"}}}},
        {"type":"message.part.updated","properties":{"part":{"id":"p","messageID":"m","sessionID":"s","type":"tool","tool":"bash","callID":"c1","state":{"status":"completed","output":"x"}}}},
        {"type":"permission.asked","properties":{"id":"per","sessionID":"s","permission":"edit","tool":{"messageID":"m","callID":" "}}},
        {"type":"permission.replied","properties":{"requestID":"per","reply":"once","sessionID":"s"}},
        {"type":"message.updated","properties":{"info":{"id":"m","sessionID":"s","role":"assistant","error":{"name":"E","data":{"message":"no key"}}}}},
        {"type":"vote.cast","id":"evt","properties":{"sessionID":"s"}},
        {"properties":{}}]"#;

    #[test]
    fn states_of_a_tool() {
        let rows = events(TOOL, "opencode", |e| {
            [
                e.kind.to_string(),
                e.calls.join(","),
                e.answers.join(","),
                e.item_id.as_deref().unwrap_or("-").to_owned(),
                e.about_run.error.as_deref().unwrap_or("-").to_owned(),
                e.problem.as_ref().map_or("", |p| p.code()).to_owned(),
            ]
            .join(" ")
        });
        assert_eq!(
            rows,
            [
                "tool_call c1  p - ",
                "tool_result c1 c1 p - ",
                "tool_result c1 c1 p - ",
                "approval_request   per - ",
                "approval_response   - - ",
                "message   m no key ",
                "vote.cast   evt - ",
                "   - - TR016",
            ]
        );
    }

    #[test]
    fn a_state_that_is_sent_twice_is_one() {
        let keys = events(TOOL, "opencode", |e| e.event_key());
        let one: BTreeSet<_> = keys[..3].iter().collect();
        assert_eq!(one.len(), 2);
    }
}
