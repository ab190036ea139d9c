//! Format `conversation-events`: the rows of an agent orchestrator's event table.
//!
//! Eight types; `agent_id` is the stream, `session_number` counts the times its context was cleared,
//! `metadata` is JSON, often as text. An own stream event (`agent:` before the type, `line` for the
//! content) is the same row.

use super::batch::as_object;
use super::fields::{get, integer, named, object};
use super::usage::usage;
use super::{Event, Format, Problem, time};
use crate::json;
use crate::jsonb::{Container, Value};
use std::borrow::Cow;

pub(super) const FORMAT: Format = Format {
    name: "conversation-events",
    aliases: &[],
    description: "an agent orchestrator's events: eight types, sequence and session numbers",
    project,
};

fn project<'a>(event: &mut Event<'a>, item: Value<'a>) -> Result<(), Problem> {
    let item = as_object(item)?;
    let name = named(item, &["event_type", "eventType", "type"]);
    let name = name.ok_or(Problem::Missing {
        member: "event_type",
    })?;
    let name = name.strip_prefix("agent:").unwrap_or(name);
    event.item_id = named(item, &["id"]).map(Cow::Borrowed);
    // Rows were numbered long after they were written: number and session are no part of what they are.
    event.key = event.item_id.clone();
    event.agent = named(item, &["agent_id", "agentId"]).map(Cow::Borrowed);
    event.conversation = event.agent.clone();
    event.sequence = integer(item, "seq");
    event.occurred_at = ["created_at", "createdAt", "timestamp"]
        .iter()
        .find_map(|member| get(item, member).and_then(time::microseconds));
    let (kind, role) = match name {
        "output" => ("message", Some("assistant")),
        "prompt_sent" => ("message", Some("user")),
        "thinking" => ("reasoning", Some("assistant")),
        "tool_use" => ("tool_call", Some("assistant")),
        // The end of a turn, with what it cost; not a tool's result.
        "result" => ("result", None),
        other => (other, None),
    };
    event.kind = Cow::Borrowed(kind);
    event.role = role.map(Cow::Borrowed);
    match get(item, "metadata") {
        Some(Value::Object(metadata)) => about(event, metadata, Cow::Borrowed),
        Some(Value::String(stored)) => {
            if let Ok(bytes) = json::parse(&json::unmark(stored))
                && let Ok(Value::Object(metadata)) = Container::root(&bytes)
            {
                about(event, metadata, |text| Cow::Owned(text.to_owned()));
            }
        }
        _ => {}
    }
    // What lies between two clearings of the context is a run: usage is counted within it, and
    // readers ask for it by its number.
    let session = integer(item, "session_number").or(integer(item, "sessionNumber"));
    let agent = event.agent.as_deref().unwrap_or("agent");
    event.run = session.map(|number| Cow::Owned(format!("{agent}/{number}")));
    Ok(())
}

/// What the metadata says. `keep` says how its texts are held.
fn about<'i, 'a>(
    event: &mut Event<'a>,
    metadata: Container<'i>,
    keep: impl Fn(&'i str) -> Cow<'a, str>,
) {
    event.tool_name = named(metadata, &["tool_name", "toolName"]).map(&keep);
    event.tool_call_id = named(metadata, &["tool_id", "toolId", "tool_use_id"]).map(&keep);
    event.model = named(metadata, &["model"]).map(&keep);
    let counted = object(metadata, "usage").or((event.kind == "usage_update").then_some(metadata));
    let run = &mut event.about_run;
    run.usage = counted.and_then(usage);
    match get(metadata, "is_error") {
        Some(Value::Bool(true)) => {
            run.status = Some(Cow::Borrowed("failed"));
            run.error = named(metadata, &["error", "result_text"]).map(keep);
        }
        Some(Value::Bool(false)) if event.kind == "result" => {
            run.status = Some(Cow::Borrowed("completed"));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::project::tests::events;

    #[test]
    fn eight_types_and_one_more() {
        let rows = events(
            r#"[
            {"id":"1","agent_id":"a","event_type":"prompt_sent","session_number":0,"seq":1,"content":"p","created_at":"2026-11-21T00:28:17Z"},
            {"id":"2","agent_id":"a","event_type":"output","session_number":0,"seq":2,"content":"o"},
            {"id":"3","agent_id":"a","event_type":"thinking","session_number":0,"seq":3},
            {"id":"4","agent_id":"a","event_type":"tool_use","session_number":0,"seq":4,"metadata":"{\"tool_name\":\"Bash\",\"tool_id\":\"t1\",\"tool_input\":{}}"},
            {"id":"5","agent_id":"a","event_type":"result","session_number":0,"seq":5,"metadata":{"is_error":true,"result_text":"no","usage":{"input":5,"output":2}}},
            {"id":"6","agent_id":"a","event_type":"activity_changed","session_number":0,"seq":6,"metadata":"broken"},
            {"id":"7","agent_id":"a","event_type":"usage_update","session_number":0,"seq":7,"metadata":{"input":6,"output":3}},
            {"id":"8","agent_id":"a","event_type":"context_cleared","session_number":1,"seq":8},
            {"id":"9","agent_id":"a","type":"agent:vote","seq":9,"line":"x"},
            {"id":"10","agent_id":"a","content":"x"}]"#,
            "conversation-events",
            |e| {
                assert!(e.problem.is_some() || e.conversation.as_deref() == Some("a"));
                let text = |t: Option<&str>| t.unwrap_or("-").to_owned();
                [
                    e.kind.to_string(),
                    text(e.role.as_deref()),
                    text(e.tool_name.as_deref()),
                    e.calls.join(","),
                    text(e.run.as_deref()),
                    text(e.about_run.error.as_deref()),
                    e.about_run.usage.is_some().to_string(),
                    e.sequence.map_or_else(String::new, |n| n.to_string()),
                ]
                .join(" ")
            },
        );
        assert_eq!(
            rows,
            [
                "message user -  a/0 - false 1",
                "message assistant -  a/0 - false 2",
                "reasoning assistant -  a/0 - false 3",
                "tool_call assistant Bash t1 a/0 - false 4",
                "result - -  a/0 no true 5",
                "activity_changed - -  a/0 - false 6",
                "usage_update - -  a/0 - true 7",
                "context_cleared - -  a/1 - false 8",
                "vote - -  - - false 9",
                " - -  - - false ",
            ]
        );
    }
}
