//! Format `langgraph`: rows of a Postgres checkpointer, and what a graph streams.
//!
//! An item is `{"table": …, "row": {…}}`, its bytea as `{"bytea_b64": …}`. What a step added is in
//! `checkpoint_writes`; a blob repeats its channel whole in every version, so only writes make calls
//! and bring results. A stream's item is `[mode, payload]`, maybe behind a namespace.

use super::fields::{get, integer, named, object, type_of};
use super::{Event, Format, Part, Problem, langchain, msgpack, time};
use crate::jsonb::{Container, Node, Value, encode};
use crate::parts::base64_decode;
use std::borrow::Cow;

pub(super) const FORMAT: Format = Format {
    name: "langgraph",
    aliases: &["langgraph-postgres-rows", "langgraph-stream"],
    description: "LangGraph: checkpointer rows, stream events",
    project,
};

fn project<'a>(event: &mut Event<'a>, item: Value<'a>) -> Result<(), Problem> {
    match item {
        Value::Array(streamed) => stream(event, streamed),
        Value::Object(item) => {
            let row = object(item, "row").ok_or(Problem::Missing { member: "row" })?;
            let table = named(item, &["table"]).ok_or(Problem::Missing { member: "table" })?;
            let table = table.rsplit('.').next().unwrap_or(table);
            stored(event, table, row);
            Ok(())
        }
        other => Err(Problem::NotAnObject {
            found: type_of(other),
        }),
    }
}

fn stored<'a>(event: &mut Event<'a>, table: &'a str, row: Container<'a>) {
    let of = |name| named(row, &[name]);
    event.kind = Cow::Borrowed(table);
    event.conversation = of("thread_id").map(Cow::Borrowed);
    let namespace = of("checkpoint_ns").unwrap_or_default();
    match table {
        "checkpoints" => {
            event.kind = Cow::Borrowed("checkpoint");
            event.item_id = of("checkpoint_id").map(Cow::Borrowed);
            event.parent_id = of("parent_checkpoint_id").map(Cow::Borrowed);
            let taken = object(row, "checkpoint").and_then(|checkpoint| get(checkpoint, "ts"));
            event.occurred_at = taken.and_then(time::microseconds);
        }
        "checkpoint_blobs" => {
            event.kind = Cow::Borrowed("checkpoint_blob");
            if let (Some(channel), Some(version)) = (of("channel"), of("version")) {
                let id = format!("{namespace}/{channel}/{version}");
                event.item_id = Some(Cow::Owned(id));
            }
        }
        "checkpoint_writes" => {
            event.kind = Cow::Borrowed("checkpoint_write");
            event.parent_id = of("checkpoint_id").map(Cow::Borrowed);
            if let (Some(checkpoint), Some(task), Some(idx)) =
                (of("checkpoint_id"), of("task_id"), integer(row, "idx"))
            {
                event.item_id = Some(Cow::Owned(format!("{checkpoint}/{task}/{idx}")));
            }
            written(event, row);
        }
        _ => {}
    }
}

/// What a step wrote to a channel.
fn written<'a>(event: &mut Event<'a>, row: Container<'a>) {
    let channel = named(row, &["channel"]).unwrap_or_default();
    let Some(bytes) = blob(row) else {
        return;
    };
    let Some(decoded) = msgpack::decode(&bytes) else {
        return;
    };
    if channel == "__error__" {
        event.kind = Cow::Borrowed("error");
        event.run = named(row, &["task_id"]).map(Cow::Borrowed);
        event.about_run.status = Some(Cow::Borrowed("failed"));
        if let Node::String(error) = decoded {
            event.about_run.error = Some(Cow::Owned(error.into_owned()));
        }
        return;
    }
    let mut messages = Vec::new();
    constructed(decoded, &mut messages);
    let several = messages.len() > 1;
    for message in &messages {
        describe(event, message, several);
    }
}

/// The bytes of a blob that holds MessagePack.
fn blob(row: Container<'_>) -> Option<Vec<u8>> {
    if named(row, &["type"]) != Some("msgpack") {
        return None;
    }
    let text = match get(row, "blob")? {
        Value::Object(blob) => named(blob, &["bytea_b64"])?,
        Value::String(text) => text,
        _ => return None,
    };
    // As Postgres itself prints bytea.
    match text.strip_prefix("\\x") {
        Some(digits) => (digits.as_bytes().chunks(2))
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
            .collect(),
        None => base64_decode(text.as_bytes()),
    }
}

/// Collects the messages of a value, as LangChain's serialised constructors. An object is stored as
/// its module, its class and its arguments.
fn constructed(value: Node<'_>, messages: &mut Vec<Vec<u8>>) {
    match value {
        Node::Array(mut nodes) => {
            if let [
                Node::String(module),
                Node::String(class),
                Node::Object(_),
                ..,
            ] = &nodes[..]
                && module.contains("messages")
            {
                let class = Node::Array(vec![Node::string(class.clone().into_owned())]);
                let arguments = nodes.swap_remove(2);
                let message =
                    Node::object(vec![("id".into(), class), ("kwargs".into(), arguments)]);
                messages.extend(encode(&message).ok());
                return;
            }
            for node in nodes {
                constructed(node, messages);
            }
        }
        Node::Object(pairs) => {
            for (_, node) in pairs {
                constructed(node, messages);
            }
        }
        _ => {}
    }
}

/// Adds what one message says to the event. It is read from a datum of its own, so its texts are
/// copied.
fn describe(event: &mut Event<'_>, message: &[u8], several: bool) {
    let Ok(Value::Object(message)) = Container::root(message) else {
        return;
    };
    let mut said = Event::new(0, Part::Borrowed(Value::Null));
    if langchain::describe(&mut said, message).is_err() {
        return;
    }
    event.calls.extend(said.calls.into_iter().map(owned));
    event.answers.extend(said.answers.into_iter().map(owned));
    event.tool_name = event.tool_name.take().or(said.tool_name.map(owned));
    if several {
        // Of several, none speaks for the row.
        event.kind = Cow::Borrowed("messages");
        return;
    }
    event.kind = owned(said.kind);
    event.role = said.role.map(owned);
    event.model = said.model.map(owned);
    event.run = said.run.map(owned);
    if event.run.is_some() {
        event.about_run.status = said.about_run.status.map(owned);
        let usage = said.about_run.usage.as_ref().and_then(|u| u.datum().ok());
        event.about_run.usage = usage.map(|datum| Part::Owned(datum.into_owned()));
    }
}

fn owned<'a>(text: Cow<'_, str>) -> Cow<'a, str> {
    Cow::Owned(text.into_owned())
}

fn stream<'a>(event: &mut Event<'a>, streamed: Container<'a>) -> Result<(), Problem> {
    let mut mode = None;
    let mut payload = None;
    for value in streamed.elements().flatten() {
        match value {
            Value::String(name) => mode = mode.or(Some(name)),
            other => payload = Some(other),
        }
    }
    event.kind = Cow::Borrowed(mode.unwrap_or("stream"));
    match payload {
        Some(Value::Array(pair)) if matches!(mode, Some("messages") | None) => {
            let mut objects = pair.elements().filter_map(|value| match value {
                Ok(Value::Object(object)) => Some(object),
                _ => None,
            });
            let (message, metadata) = (objects.next(), objects.next());
            if let Some(message) = message {
                let kind = event.kind.clone();
                if langchain::describe(event, message).is_err() {
                    event.kind = kind;
                }
            }
            if let Some(metadata) = metadata {
                event.conversation = named(metadata, &["thread_id"]).map(Cow::Borrowed);
                event.agent = named(metadata, &["langgraph_node"]).map(Cow::Borrowed);
                let model = named(metadata, &["ls_model_name"]).map(Cow::Borrowed);
                event.model = event.model.take().or(model.filter(|_| event.run.is_some()));
                if event.run.is_some() {
                    let provider = named(metadata, &["ls_provider"]);
                    event.about_run.provider = provider.map(Cow::Borrowed);
                }
            }
            Ok(())
        }
        // Whole states: they repeat the messages that were streamed.
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use crate::project::tests::events;

    #[test]
    fn rows_and_streams() {
        // An AIMessage with one call, and a ToolMessage, as MessagePack.
        let ai = b"\x91\xc7\x4b\x05\x94\xa8messages\xa9AIMessage\x83\xa7content\xa0\xa2id\xa2r1\xaatool_calls\x91\x82\xa4name\xa1t\xa2id\xa2c1\xaamodel_dump";
        let mut ai = ai.to_vec();
        ai[2] = (ai.len() - 4) as u8;
        let hex: String = ai.iter().map(|b| format!("{b:02x}")).collect();
        let batch = format!(
            r#"{{"conversation":"c","sequence":0,"items":[
            {{"table":"checkpoint_writes","row":{{"thread_id":"t","checkpoint_id":"k","task_id":"a","idx":0,"channel":"messages","type":"msgpack","blob":"\\x{hex}"}}}},
            {{"table":"checkpoint_writes","row":{{"thread_id":"t","checkpoint_id":"k","task_id":"a","idx":1,"channel":"messages","type":"msgpack","blob":{{"bytea_b64":"!"}}}}}},
            {{"table":"checkpoints","row":{{"thread_id":"t","checkpoint_id":"k","parent_checkpoint_id":"j","checkpoint":{{"ts":"2026-11-21T00:35:39Z"}}}}}},
            {{"table":"votes","row":{{}}}},
            ["custom",{{"x":1}}],
            ["messages",[{{"type":"vote"}},{{"thread_id":"t","langgraph_node":"n"}}]],
            [], {{}}, 5]}}"#
        );
        let rows = events(&batch, "langgraph", |e| {
            [
                e.kind.to_string(),
                e.calls.join(","),
                e.item_id.as_deref().unwrap_or("-").to_owned(),
                e.run.as_deref().unwrap_or("-").to_owned(),
                e.agent.as_deref().unwrap_or("-").to_owned(),
                e.problem.as_ref().map_or("", |p| p.code()).to_owned(),
            ]
            .join(" ")
        });
        assert_eq!(
            rows,
            [
                "tool_call c1 k/a/0 r1 - ",
                "checkpoint_write  k/a/1 - - ",
                "checkpoint  k - - ",
                "votes  - - - ",
                "custom  - - - ",
                "vote  - - n ",
                "stream  - - - ",
                "  - - - TR016",
                "  - - - TR014",
            ]
        );
    }
}
