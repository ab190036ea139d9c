//! The spans of an OTLP request: their attributes, what each is, and which one stands for all.

use super::fields::{get, named, object, objects};
use super::otel_names::{self as names, Attribute};
use super::time;
use crate::jsonb::{Container, Value};
use std::collections::BTreeSet;

#[derive(Clone, Copy)]
pub struct Span<'a> {
    pub span: Container<'a>,
}

impl<'a> Span<'a> {
    pub fn attribute(&self, wanted: Attribute) -> Option<Container<'a>> {
        wanted.iter().find_map(|name| {
            let mut attributes = objects(self.span, "attributes");
            let found = attributes.find(|a| named(*a, &["key"]) == Some(name))?;
            object(found, "value")
        })
    }

    pub fn text(&self, wanted: Attribute) -> Option<&'a str> {
        named(self.attribute(wanted)?, &["stringValue"])
    }

    pub fn time(&self, member: &str) -> Option<i64> {
        get(self.span, member).and_then(time::from_nanoseconds)
    }

    /// What the span's operation is: by the convention's name for it, else by the library's.
    pub fn kind(&self) -> &'static str {
        let operation = self.text(names::OPERATION).unwrap_or_default();
        match operation.to_ascii_lowercase().as_str() {
            "chat" | "completion" | "text_completion" | "generate_content" | "embeddings"
            | "llm" | "embedding" | "response" => "model_call",
            "execute_tool" | "tool" => "tool_call",
            "invoke_agent" | "create_agent" | "invoke_workflow" | "agent" | "workflow"
            | "chain" | "task" => "agent",
            _ if self.attribute(names::REQUEST_MODEL).is_some() => "model_call",
            _ if self.attribute(names::RESPONSE_MODEL).is_some() => "model_call",
            _ => "span",
        }
    }

    pub fn failed(&self) -> Option<Container<'a>> {
        let status = object(self.span, "status")?;
        let failed = match get(status, "code")? {
            Value::Number(code) => code.to_i64() == Some(2),
            Value::String(code) => code == "STATUS_CODE_ERROR" || code == "2",
            _ => false,
        };
        failed.then_some(status)
    }
}

/// The spans of a request, or of what is less than one.
pub fn spans(item: Container<'_>) -> Vec<Span<'_>> {
    let scopes = objects(item, "resourceSpans")
        .flat_map(|resource| objects(resource, "scopeSpans"))
        .chain(objects(item, "scopeSpans"));
    let listed = scopes.flat_map(|scope| objects(scope, "spans"));
    let alone = named(item, &["spanId"]).map(|_| item);
    let spans = listed.chain(objects(item, "spans")).chain(alone);
    spans.map(|span| Span { span }).collect()
}

/// The span without a parent among them: the root, or the one under which all others are. Children
/// arrive first, so the last of several.
pub fn main_span<'a>(spans: &[Span<'a>]) -> Option<Span<'a>> {
    let id = |span: &Span<'a>| named(span.span, &["spanId"]);
    let ids: BTreeSet<_> = spans.iter().filter_map(id).collect();
    let parent = |span: &Span<'a>| named(span.span, &["parentSpanId"]);
    let root = spans.iter().rev().find(|span| parent(span).is_none());
    let top = |span: &&Span<'a>| parent(span).is_none_or(|parent| !ids.contains(parent));
    root.or_else(|| spans.iter().rev().find(top))
        .or(spans.last())
        .copied()
}
