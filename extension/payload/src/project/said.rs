//! What a message says, in any provider's words: the calls it makes, the results it brings, and
//! whether it has text or thoughts beside them.
//!
//! The providers differ in where they put these things, not in what they are, and a history may mix
//! them: a gateway passes one provider's blocks on in another's envelope.

use super::fields::{get, object, text};
use crate::interrupt;
use crate::jsonb::{Container, Value};
use std::borrow::Cow;
use std::collections::HashSet;

/// Ids in their order, each once.
#[derive(Debug, Default)]
pub struct Ids<'i> {
    list: Vec<&'i str>,
    seen: HashSet<&'i str>,
}

impl<'i> Ids<'i> {
    fn add(&mut self, id: Option<&'i str>) {
        if let Some(id) = id
            && self.seen.insert(id)
        {
            self.list.push(id);
        }
    }

    pub fn keep<'a>(&self, keep: impl Fn(&'i str) -> Cow<'a, str>) -> Vec<Cow<'a, str>> {
        self.list.iter().copied().map(keep).collect()
    }
}

/// What was said, by one message or by several that make one answer.
#[derive(Debug, Default)]
pub struct Said<'i> {
    pub calls: Ids<'i>,
    pub answers: Ids<'i>,
    /// The tool that is called first, or else the one whose result came first.
    pub tool: Option<&'i str>,
    called: bool,
    answered: bool,
    text: bool,
    thought: bool,
}

impl<'i> Said<'i> {
    /// The kind of an event that says this.
    pub fn kind(&self) -> &'static str {
        match (self.text, self.called, self.answered, self.thought) {
            (false, true, _, _) => "tool_call",
            (false, false, true, _) => "tool_result",
            (false, false, false, true) => "reasoning",
            _ => "message",
        }
    }

    /// True when there is text, or what stands for text.
    pub fn text(&self) -> bool {
        self.text
    }

    fn call(&mut self, id: Option<&'i str>, tool: Option<&'i str>) {
        if !self.called {
            self.tool = tool.or(self.tool);
        }
        self.called = true;
        self.calls.add(id);
    }

    fn answer(&mut self, id: Option<&'i str>, tool: Option<&'i str>) {
        self.tool = self.tool.or(tool);
        self.answered = true;
        self.answers.add(id);
    }

    /// A message: what has a role, or would have one.
    pub fn message(&mut self, message: Container<'i>) {
        let tool = |name| id(message, name).or_else(|| member_name(message, name));
        if matches!(text(message, "role"), Some("tool" | "function")) {
            self.answer(
                id(message, "tool_call_id"),
                tool("name").or(tool("function")),
            );
            for one in values(message, "tool_call_ids") {
                if let Value::String(one) = one {
                    self.answers.add(Some(one).filter(|t| !t.trim().is_empty()));
                }
            }
            // Blocks may name the calls; other content is the result.
            for part in objects(message, "content") {
                self.result(part);
            }
            return;
        }
        for call in objects(message, "tool_calls") {
            self.call(id(call, "id"), call_name(call));
        }
        if let Some(call) = object(message, "function_call") {
            self.call(None, id(call, "name"));
        }
        for thoughts in ["reasoning_content", "reasoning", "thinking"] {
            self.thought |= text(message, thoughts).is_some();
        }
        for content in ["content", "parts"] {
            match get(message, content) {
                Some(Value::String(content)) => self.text |= !content.is_empty(),
                Some(Value::Object(part)) => self.part(part),
                Some(Value::Array(parts)) => {
                    for part in parts.elements() {
                        interrupt::check(interrupt::VALUE);
                        match part {
                            Ok(Value::Object(part)) => self.part(part),
                            Ok(Value::String(content)) => self.text |= !content.is_empty(),
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// A part of a message's content, or an item that stands beside messages.
    pub fn part(&mut self, part: Container<'i>) {
        let Some(name) = text(part, "type") else {
            return self.untyped(part);
        };
        match name {
            "message" => self.message(part),
            "thinking" | "redacted_thinking" | "reasoning" => self.thought = true,
            "mcp_call" => {
                let call = id(part, "id");
                self.call(call, id(part, "name"));
                self.answer(call, None);
            }
            "tool_call" | "tool-call" | "function" => {
                let call = id(part, "id").or(id(part, "toolCallId"));
                self.call(call, id(part, "toolName").or(call_name(part)));
            }
            _ if name.ends_with("tool_use") => self.call(id(part, "id"), id(part, "name")),
            _ if name.ends_with("_call") => {
                match id(part, "call_id") {
                    Some(call) => self.call(Some(call), id(part, "name").or(stem(name))),
                    // What the provider runs itself is answered where it is called.
                    None => {
                        let call = id(part, "id");
                        self.call(call, id(part, "name").or(stem(name)));
                        self.answer(call, None);
                    }
                }
            }
            _ if is_result(name) => self.result(part),
            // Ciphertext, lists of tools and the like say nothing.
            "compaction" | "mcp_list_tools" | "tool_search_call" => {}
            _ => self.text |= name != "text" || text(part, "text").is_some(),
        }
    }

    /// A call, or the piece of one, that stands by itself.
    pub fn part_call(&mut self, call: Container<'i>) {
        self.call(id(call, "id"), call_name(call));
    }

    /// A part that brings a result, whatever its type is called.
    fn result(&mut self, part: Container<'i>) {
        match text(part, "type") {
            Some(name) if is_result(name) => {
                let call = ["tool_use_id", "call_id", "tool_call_id", "toolCallId"]
                    .iter()
                    .find_map(|name| id(part, name));
                self.answer(call, id(part, "name").or(id(part, "toolName")));
            }
            Some(_) => {}
            None if object(part, "toolResult").is_some() => self.untyped(part),
            None => {}
        }
    }

    /// Google and Bedrock name the part by its one member.
    fn untyped(&mut self, part: Container<'i>) {
        let either = |a, b| object(part, a).or_else(|| object(part, b));
        let thought = matches!(get(part, "thought"), Some(Value::Bool(true)))
            || object(part, "reasoningContent").is_some();
        if let Some(call) = object(part, "toolUse") {
            self.call(id(call, "toolUseId"), id(call, "name"));
        } else if let Some(result) = object(part, "toolResult") {
            self.answer(id(result, "toolUseId"), None);
        } else if let Some(call) = either("functionCall", "function_call") {
            self.call(id(call, "id"), id(call, "name"));
        } else if let Some(result) = either("functionResponse", "function_response") {
            self.answer(id(result, "id"), id(result, "name"));
        } else if let Some(call) = either("executableCode", "executable_code") {
            self.call(id(call, "id"), Some("code_execution"));
        } else if let Some(result) = either("codeExecutionResult", "code_execution_result") {
            self.answer(id(result, "id"), Some("code_execution"));
        } else if text(part, "role").is_some() {
            self.message(part);
        } else if thought {
            self.thought = true;
        } else {
            self.text |= match get(part, "text") {
                Some(Value::String(content)) => !content.is_empty(),
                _ => [
                    "inlineData",
                    "inline_data",
                    "fileData",
                    "file_data",
                    "image",
                    "document",
                ]
                .iter()
                .any(|name| object(part, name).is_some()),
            };
        }
    }
}

fn is_result(name: &str) -> bool {
    name.ends_with("tool_result")
        || name.ends_with("_output") && name != "computer_screenshot_output"
        || name == "tool-result"
}

fn stem(name: &str) -> Option<&str> {
    name.strip_suffix("_call")
}

/// The name of what a call calls: beside it, or in its `function`, which may be the name itself.
fn call_name(call: Container<'_>) -> Option<&str> {
    member_name(call, "function")
        .or_else(|| id(call, "name"))
        .or_else(|| id(call, "function"))
}

fn member_name<'i>(holder: Container<'i>, member: &str) -> Option<&'i str> {
    object(holder, member).and_then(|inner| id(inner, "name"))
}

/// An id or a name: blank counts as absent.
pub fn id<'i>(holder: Container<'i>, member: &str) -> Option<&'i str> {
    text(holder, member).filter(|t| !t.trim().is_empty())
}

/// The values of a list, or the one that stands in its place.
pub fn values<'i>(holder: Container<'i>, member: &str) -> impl Iterator<Item = Value<'i>> {
    let (list, one) = match get(holder, member) {
        Some(Value::Array(list)) => (Some(list), None),
        Some(one) => (None, Some(one)),
        None => (None, None),
    };
    list.into_iter()
        .flat_map(|list| list.elements())
        .filter_map(Result::ok)
        .inspect(|_| interrupt::check(interrupt::VALUE))
        .chain(one)
}

/// The objects of a list, or the one that stands in its place.
pub fn objects<'i>(holder: Container<'i>, member: &str) -> impl Iterator<Item = Container<'i>> {
    values(holder, member).filter_map(|value| match value {
        Value::Object(object) => Some(object),
        _ => None,
    })
}
