//! Projection: the items of a batch, in any supported format, as events.
//!
//! One item gives one event. What an item says of itself (kind, role, tool, ids) becomes columns; the
//! item itself stays whole as the payload. An item that cannot become an event keeps its place in the
//! result with a [`Problem`], and never costs its siblings.

mod adk;
mod anthropic;
mod atif;
mod batch;
mod bedrock;
mod body;
mod claude_code;
mod conversation_events;
mod endpoint;
mod envelope;
mod exchange;
mod fields;
mod format;
mod google;
mod inspect;
mod langchain;
mod langgraph;
mod litellm;
mod mcp;
mod message_parts;
mod msgpack;
mod native;
mod openai_agents;
mod openai_chat;
mod openai_responses;
mod opencode;
mod openhands;
mod otel_genai;
mod otel_names;
mod otel_span;
mod problem;
mod provider_response;
mod provider_stream;
mod replay_io;
mod reply;
mod run_state;
mod said;
mod search;
mod swe_agent;
mod time;
mod usage;

pub use batch::{Limits, project};
pub use envelope::{Header, header};
pub use format::{FORMATS, Format};
pub use problem::{BatchError, Problem, nameable};
pub use search::search_text;

use crate::jsonb::{Container, Error, Node, Value, encode};
use std::borrow::Cow;

/// A part of the batch, or a datum of its own that was read from text inside it.
#[derive(Clone, Debug)]
pub enum Part<'a> {
    Borrowed(Value<'a>),
    Owned(Vec<u8>),
}

impl Part<'_> {
    /// The jsonb datum, without its varlena header.
    pub fn datum(&self) -> Result<Cow<'_, [u8]>, Error> {
        match self {
            Part::Owned(bytes) => Ok(Cow::Borrowed(bytes)),
            Part::Borrowed(Value::Array(part) | Value::Object(part)) => {
                Ok(Cow::Borrowed(part.bytes()))
            }
            Part::Borrowed(scalar) => encode(&Node::from(*scalar)).map(Cow::Owned),
        }
    }

    /// The value, to look into.
    pub fn value(&self) -> Result<Value<'_>, Error> {
        match self {
            Part::Owned(bytes) => Container::root(bytes),
            Part::Borrowed(value) => Ok(*value),
        }
    }
}

/// What an item reports of its run: a model call, a response, an agent's turn.
#[derive(Clone, Debug, Default)]
pub struct AboutRun<'a> {
    /// `in_progress`, `completed`, `failed`…, as the source words it.
    pub status: Option<Cow<'a, str>>,
    /// Token usage as the provider reports it: an object.
    pub usage: Option<Part<'a>>,
    pub provider: Option<Cow<'a, str>>,
    /// Where the provider was found (a gateway, a library) and which of its paths was called.
    pub provider_source: Option<Cow<'a, str>>,
    pub provider_path: Option<Cow<'a, str>>,
    /// The provider's id of the request.
    pub provider_request: Option<Cow<'a, str>>,
    /// What went wrong, in the source's words.
    pub error: Option<Cow<'a, str>>,
    pub latency_ms: Option<i64>,
    /// Ids that join the run to other systems.
    pub trace: Option<Cow<'a, str>>,
    pub request: Option<Cow<'a, str>>,
    pub intent: Option<Cow<'a, str>>,
    pub task: Option<Cow<'a, str>>,
}

impl AboutRun<'_> {
    /// What is said, as an object with a member per field; nothing where nothing is said.
    pub fn datum(&self) -> Result<Option<Vec<u8>>, Error> {
        let texts = [
            ("status", &self.status),
            ("provider", &self.provider),
            ("provider_source", &self.provider_source),
            ("provider_path", &self.provider_path),
            ("provider_request_id", &self.provider_request),
            ("error", &self.error),
            ("trace_id", &self.trace),
            ("request_id", &self.request),
            ("intent_id", &self.intent),
            ("task_id", &self.task),
        ];
        let mut members: Vec<(Cow<'_, str>, Node<'_>)> = texts
            .into_iter()
            .filter_map(|(name, text)| {
                let text = text.as_deref()?;
                Some((Cow::Borrowed(name), Node::String(Cow::Borrowed(text))))
            })
            .collect();
        if let Some(latency) = self.latency_ms {
            members.push((Cow::Borrowed("latency_ms"), Node::integer(latency)));
        }
        if let Some(usage) = &self.usage {
            members.push((Cow::Borrowed("usage"), Node::from(usage.value()?)));
        }
        if members.is_empty() {
            return Ok(None);
        }
        encode(&Node::object(members)).map(Some)
    }
}

/// One item of a batch, as it will stand in `events`.
#[derive(Clone, Debug)]
pub struct Event<'a> {
    /// Position in the batch, from 0.
    pub index: usize,
    /// The caller's id of the conversation.
    pub conversation: Option<Cow<'a, str>>,
    /// The caller's id of the run.
    pub run: Option<Cow<'a, str>>,
    pub user: Option<Cow<'a, str>>,
    pub kind: Cow<'a, str>,
    pub role: Option<Cow<'a, str>>,
    pub agent: Option<Cow<'a, str>>,
    pub model: Option<Cow<'a, str>>,
    pub tool_name: Option<Cow<'a, str>>,
    /// The call that the event makes or answers; the first where it makes several.
    pub tool_call_id: Option<Cow<'a, str>>,
    /// Ids of all the calls that the event makes. A call that it repeats from earlier is not one.
    pub calls: Vec<Cow<'a, str>>,
    /// Ids of all the calls whose results the event brings.
    pub answers: Vec<Cow<'a, str>>,
    /// The item's own id.
    pub item_id: Option<Cow<'a, str>>,
    /// Id of the item that this one follows or is part of.
    pub parent_id: Option<Cow<'a, str>>,
    /// The caller's idempotency key.
    pub key: Option<Cow<'a, str>>,
    /// The caller's own number for the item.
    pub sequence: Option<i64>,
    /// The provider's number of a stream event. It starts again with every response, so it tells
    /// events apart only together with an item id.
    pub stream_sequence: Option<i64>,
    /// What tells the states apart of an item that is sent again whenever it changes, where the caller
    /// gives no number.
    pub state: Option<Cow<'a, str>>,
    /// Whether its length tells it from other items of the same id or state. Its content would, but a
    /// key that is stored must not confirm what redaction hides.
    pub told_by_length: bool,
    /// Of what the item is one state, where it is sent again whenever it changes: a part, a message. Its
    /// id is unique among these.
    pub upserts: Option<&'static str>,
    /// Microseconds since 1970-01-01 UTC.
    pub occurred_at: Option<i64>,
    pub payload: Part<'a>,
    /// What the item says of its run. An item that reports any of it belongs to a run.
    pub about_run: AboutRun<'a>,
    pub problem: Option<Problem>,
}

impl<'a> Event<'a> {
    fn new(index: usize, payload: Part<'a>) -> Self {
        Event {
            index,
            conversation: None,
            run: None,
            user: None,
            kind: Cow::Borrowed(""),
            role: None,
            agent: None,
            model: None,
            tool_name: None,
            tool_call_id: None,
            calls: Vec::new(),
            answers: Vec::new(),
            item_id: None,
            parent_id: None,
            key: None,
            sequence: None,
            stream_sequence: None,
            state: None,
            told_by_length: false,
            upserts: None,
            occurred_at: None,
            payload,
            about_run: AboutRun::default(),
            problem: None,
        }
    }

    /// What makes a write of this event idempotent within its conversation: the caller's key, or one
    /// derived from run, item id, kind and sequence or state. Never the content alone: agents repeat themselves.
    pub fn event_key(&self) -> Option<[u8; 16]> {
        if let Some(key) = &self.key {
            return Some(crate::digest::identity("event key", &[Some(key)]));
        }
        if self.item_id.is_none() && self.sequence.is_none() && self.state.is_none() {
            return None;
        }
        let number = self.sequence.map(|n| Cow::Owned(n.to_string()));
        let unnumbered = number.is_none();
        let sequence = number.or_else(|| self.state.clone());
        let length = (unnumbered && self.told_by_length).then(|| self.length());
        Some(crate::digest::identity(
            "event",
            &[
                self.run.as_deref(),
                self.item_id.as_deref(),
                Some(&self.kind),
                sequence.as_deref(),
                length.as_deref(),
            ],
        ))
    }

    /// Characters of the item as text, in digits.
    fn length(&self) -> String {
        let datum = self.payload.datum().ok();
        let text = datum.and_then(|datum| crate::json::print(&datum).ok());
        text.map_or(0, |text| text.len()).to_string()
    }

    /// The key where later states take the place of earlier ones: all states of one thing have it, in
    /// whatever run, under whatever kind they come. Of other items, the event key.
    pub fn merge_key(&self) -> Option<[u8; 16]> {
        match (self.upserts, &self.item_id, &self.key) {
            (Some(what), Some(id), None) => {
                Some(crate::digest::identity("upserted", &[Some(what), Some(id)]))
            }
            _ => self.event_key(),
        }
    }
}

#[cfg(test)]
mod formats_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod upserts_tests;
