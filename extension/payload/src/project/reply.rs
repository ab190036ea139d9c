//! A model's reply, whole or in the pieces of a stream, in any provider's words.

use super::Event;
use super::fields::{get, integer, object, text};
use super::said::{Said, id, objects};
use super::time;
use super::usage::merged;
use crate::jsonb::{Container, Value};
use std::borrow::Cow;

#[derive(Debug, Default)]
pub struct Reply<'i> {
    /// The provider's id of the response.
    pub id: Option<&'i str>,
    pub model: Option<&'i str>,
    /// How it went or why it ended, as the provider words it.
    pub status: Option<&'i str>,
    pub error: Option<&'i str>,
    pub said: Said<'i>,
    pub latency_ms: Option<i64>,
    /// Microseconds since 1970-01-01 UTC.
    pub created: Option<i64>,
    /// Whether anything was a reply at all.
    pub seen: bool,
    reports: Vec<Container<'i>>,
}

impl<'i> Reply<'i> {
    /// Takes in a whole reply, or a piece of one: later pieces complete and correct earlier ones.
    pub fn absorb(&mut self, piece: Container<'i>) {
        let delta = object(piece, "delta");
        match text(piece, "type") {
            Some(name) if name.starts_with("response.") => {
                if let Some(response) = object(piece, "response") {
                    self.whole(response);
                }
                if name == "response.output_item.done"
                    && let Some(item) = object(piece, "item")
                {
                    self.part(item);
                }
            }
            Some("message_start") => {
                if let Some(message) = object(piece, "message") {
                    self.whole(message);
                }
            }
            // A library's messages around the provider's.
            Some("assistant" | "user") => {
                if let Some(message) = object(piece, "message") {
                    self.whole(message);
                    self.message(message);
                }
            }
            Some("content_block_start") => {
                if let Some(block) = object(piece, "content_block") {
                    self.part(block);
                }
            }
            Some("message_delta") => {
                let stopped = delta.and_then(|delta| id(delta, "stop_reason"));
                self.status = stopped.or(self.status);
                self.report(piece);
            }
            // Cohere's.
            Some("message-start") => self.id = id(piece, "id").or(self.id),
            Some("tool-call-start") => {
                if let Some(message) = delta.and_then(|delta| object(delta, "message")) {
                    self.message(message);
                }
            }
            Some("message-end") => {
                if let Some(delta) = delta {
                    self.status = id(delta, "finish_reason").or(self.status);
                    self.report(delta);
                }
            }
            _ => self.whole(piece),
        }
    }

    fn whole(&mut self, reply: Container<'i>) {
        let first = |names: &[&str]| names.iter().find_map(|name| id(reply, name));
        self.id = first(&["id", "responseId", "response_id", "interaction_id"]).or(self.id);
        self.model = first(&["model", "modelVersion", "model_version"]).or(self.model);
        let ended = ["status", "stop_reason", "stopReason", "finish_reason"];
        self.status = first(&ended).or(self.status);
        self.error = error(reply).or(self.error);
        let created = ["created_at", "created", "createTime", "timestamp"];
        self.created = self.created.or_else(|| {
            let mut created = created.iter().filter_map(|name| get(reply, name));
            created.find_map(time::microseconds).filter(|t| *t > 0)
        });
        self.report(reply);
        for choice in objects(reply, "choices") {
            self.seen = true;
            self.status = id(choice, "finish_reason").or(self.status);
            for member in ["message", "delta"] {
                if let Some(message) = object(choice, member) {
                    self.message(message);
                }
            }
        }
        for candidate in objects(reply, "candidates") {
            self.seen = true;
            self.status = id(candidate, "finishReason").or(self.status);
            if let Some(content) = object(candidate, "content") {
                self.message(content);
            }
        }
        match get(reply, "output") {
            Some(Value::Array(_)) => {
                self.seen = true;
                for item in objects(reply, "output") {
                    self.part(item);
                }
            }
            Some(Value::Object(output)) => {
                if let Some(message) = object(output, "message") {
                    self.message(message);
                }
            }
            _ => {}
        }
        if text(reply, "type") == Some("message") || text(reply, "role") == Some("assistant") {
            self.message(reply);
        }
        if let Some(message) = object(reply, "message")
            && text(message, "role") == Some("assistant")
        {
            self.message(message);
        }
        self.converse(reply);
        if let Some(interaction) = object(reply, "interaction") {
            self.whole(interaction);
        }
        self.seen |= matches!(get(reply, "steps"), Some(Value::Array(_)));
    }

    /// Bedrock's pieces, each an object under its name.
    fn converse(&mut self, reply: Container<'i>) {
        let start = object(reply, "contentBlockStart").and_then(|block| object(block, "start"));
        if let Some(start) = start {
            self.part(start);
        }
        if let Some(stop) = object(reply, "messageStop") {
            self.seen = true;
            self.status = id(stop, "stopReason").or(self.status);
        }
        for holder in [Some(reply), object(reply, "metadata")]
            .into_iter()
            .flatten()
        {
            if let Some(metrics) = object(holder, "metrics") {
                let latency = integer(metrics, "latencyMs").filter(|ms| *ms >= 0);
                self.latency_ms = latency.or(self.latency_ms);
            }
        }
        if let Some(metadata) = object(reply, "metadata") {
            self.report(metadata);
        }
    }

    fn part(&mut self, part: Container<'i>) {
        self.seen = true;
        self.said.part(part);
    }

    fn message(&mut self, message: Container<'i>) {
        self.seen = true;
        self.said.message(message);
    }

    fn report(&mut self, holder: Container<'i>) {
        let names = [
            "usage",
            "usageMetadata",
            "usage_metadata",
            // What Bedrock adds to the last event of a stream that is not its own.
            "amazon-bedrock-invocationMetrics",
        ];
        let found = names.iter().find_map(|name| object(holder, name));
        self.reports.extend(found.filter(|usage| !usage.is_empty()));
    }

    /// True when it says what was used.
    pub fn reports(&self) -> bool {
        !self.reports.is_empty()
    }

    /// Fills the columns that a reply speaks of. `keep` says how its texts are held.
    pub fn describe<'a>(
        &self,
        event: &mut Event<'a>,
        keep: impl Fn(&'i str) -> Cow<'a, str> + Copy,
    ) {
        event.run = self.id.map(keep);
        event.model = self.model.map(keep);
        event.tool_name = self.said.tool.map(keep);
        event.calls = self.said.calls.keep(keep);
        event.answers = self.said.answers.keep(keep);
        event.occurred_at = event.occurred_at.or(self.created);
        let run = &mut event.about_run;
        run.status = self.status.map(keep);
        run.error = self.error.map(keep);
        run.latency_ms = self.latency_ms;
        run.usage = merged(&self.reports);
        if run.error.is_some() && run.status.is_none() {
            run.status = Some(Cow::Borrowed("failed"));
        }
    }
}

/// What went wrong: the message of an error, its code, or the error where it is text.
pub fn error<'i>(reply: Container<'i>) -> Option<&'i str> {
    match get(reply, "error")? {
        Value::Object(error) => ["message", "code", "type", "status"]
            .iter()
            .find_map(|name| id(error, name)),
        Value::String(error) => Some(error).filter(|t| !t.trim().is_empty()),
        _ => None,
    }
}
