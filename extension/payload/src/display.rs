//! Masking for display: the shape of a payload without what it says.
//!
//! For people who may see that a tool was called with three arguments, but not which. Nothing that is
//! put out comes from a value: strings, numbers and booleans become markers of their type, and the few
//! words that stay are in a closed list here. Keys stay where they look like names; a key that may be
//! data (an address, an id, a path) is masked like a value.

use crate::interrupt;
use crate::jsonb::{Container, sort_pairs};
use crate::jsonb::{Error, MAX_DEPTH, Node, Value, encode};
use std::borrow::Cow;

/// Members whose value says what the rest is, when it is one of [`WORDS`].
pub const MEMBERS: &[&str] = &[
    "finish_reason",
    "kind",
    "object",
    "role",
    "status",
    "stop_reason",
    "type",
];

/// The only words of a payload that stay readable, and only as the value of one of [`MEMBERS`].
pub const WORDS: &[&str] = &[
    "agent_updated_stream_event",
    "array",
    "assistant",
    "boolean",
    "cancelled",
    "chat.completion",
    "chat.completion.chunk",
    "completed",
    "computer_call",
    "computer_call_output",
    "content_filter",
    "developer",
    "end_turn",
    "error",
    "failed",
    "file",
    "file_search_call",
    "function",
    "function_call",
    "function_call_output",
    "image",
    "image_url",
    "in_progress",
    "incomplete",
    "input_audio",
    "input_file",
    "input_image",
    "input_text",
    "integer",
    "length",
    "max_tokens",
    "mcp_approval_request",
    "mcp_approval_response",
    "mcp_call",
    "mcp_list_tools",
    "message",
    "model",
    "number",
    "object",
    "output_text",
    "pending",
    "raw_response_event",
    "reasoning",
    "reasoning_text",
    "refusal",
    "response",
    "run_item_stream_event",
    "running",
    "stop",
    "string",
    "success",
    "summary_text",
    "system",
    "text",
    "thinking",
    "tool",
    "tool_call",
    "tool_calls",
    "tool_result",
    "tool_use",
    "user",
    "web_search_call",
];

/// Longest key that can be a name.
const NAME_MAX: usize = 64;
/// Most digits of a name: ids, dates and account numbers have more.
const NAME_DIGITS_MAX: usize = 3;

/// The payload with every value masked.
pub fn mask(payload: &[u8]) -> Result<Vec<u8>, Error> {
    let masked = value(Container::root(payload)?, "", 0)?;
    let bytes = encode(&masked);
    masked.discard();
    bytes
}

/// The marker of a text: its type and how many characters it has.
pub fn mask_text(text: &str) -> String {
    format!("[string:{}]", interrupt::characters(text))
}

/// Whether a key or a label looks like a name that a developer chose, not like data.
pub fn is_name(key: &str) -> bool {
    let starts = key.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '$'));
    let belongs = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'$');
    starts
        && key.len() <= NAME_MAX
        && key.bytes().all(belongs)
        && key.bytes().filter(u8::is_ascii_digit).count() <= NAME_DIGITS_MAX
}

fn value(of: Value<'_>, member: &str, depth: usize) -> Result<Node<'static>, Error> {
    if depth > MAX_DEPTH {
        return Err(Error::TooDeep);
    }
    interrupt::check(interrupt::VALUE);
    Ok(match of {
        // That nothing is there is structure.
        Value::Null => Node::Null,
        Value::Bool(_) => Node::string("[boolean]"),
        Value::Number(_) => Node::string("[number]"),
        Value::String(text) => match word(member, text) {
            Some(word) => Node::string(word),
            None => Node::string(mask_text(text)),
        },
        Value::Array(items) => Node::Array(
            items
                .elements()
                .map(|item| value(item?, "", depth + 1))
                .collect::<Result<_, _>>()?,
        ),
        Value::Object(members) => {
            let mut pairs = Vec::with_capacity(members.len());
            for (place, entry) in members.entries().enumerate() {
                let (key, item) = entry?;
                pairs.push((masked_key(key, place), value(item, key, depth + 1)?));
            }
            sort_pairs(&mut pairs);
            Node::Object(pairs)
        }
    })
}

/// The list's own copy of the word, so that nothing of the payload is put out.
fn word(member: &str, text: &str) -> Option<&'static str> {
    if !MEMBERS.contains(&member) {
        return None;
    }
    let at = WORDS.binary_search(&text).ok()?;
    WORDS.get(at).copied()
}

/// Masked keys carry their place in the object: two of the same length stay two members.
fn masked_key(key: &str, place: usize) -> Cow<'static, str> {
    Cow::Owned(if is_name(key) {
        key.to_owned()
    } else {
        format!("[key {}:{}]", place + 1, interrupt::characters(key))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{parse, print};

    fn masked(text: &str) -> String {
        print(&mask(&parse(text).unwrap()).unwrap()).unwrap()
    }

    #[test]
    fn structure_stays_and_values_go() {
        assert_eq!(
            masked(
                r#"{"type": "function_call", "name": "send", "arguments": "{\"to\": \"bob\"}",
                    "n": 12, "ok": true, "none": null, "list": ["zoë", [], {}]}"#
            ),
            concat!(
                r#"{"n": "[number]", "ok": "[boolean]", "list": ["[string:3]", [], {}], "name": "[string:4]", "#,
                r#""none": null, "type": "function_call", "arguments": "[string:13]"}"#
            )
        );
        for scalar in [
            ("\"secret\"", "\"[string:6]\""),
            ("17", "\"[number]\""),
            ("null", "null"),
        ] {
            assert_eq!(masked(scalar.0), scalar.1);
        }
    }

    #[test]
    fn a_word_stays_only_where_it_says_what_the_rest_is() {
        assert_eq!(masked(r#"{"role": "user"}"#), r#"{"role": "user"}"#);
        assert_eq!(masked(r#"{"name": "user"}"#), r#"{"name": "[string:4]"}"#);
        assert_eq!(masked(r#"{"role": "spy"}"#), r#"{"role": "[string:3]"}"#);
        assert_eq!(
            masked(r#"{"type": ["user"]}"#),
            r#"{"type": ["[string:4]"]}"#
        );
        assert!(WORDS.is_sorted() && MEMBERS.is_sorted());
    }

    #[test]
    fn keys_that_may_be_data_are_masked_and_stay_apart() {
        assert_eq!(
            masked(r#"{"a@b.example": 1, "c@d.example": 2, "tool_calls": 3, "$capped": 4}"#),
            r#"{"$capped": "[number]", "[key 3:11]": "[number]", "[key 4:11]": "[number]", "tool_calls": "[number]"}"#
        );
        for data in [
            "",
            "4111",
            "order_20251",
            "src/main",
            "main.py",
            "zoë",
            "x y",
        ] {
            assert!(!is_name(data), "{data}");
        }
        assert!(!is_name(&"a".repeat(65)));
        for name in ["sha256", "toolCalls", "X-Request-Id", "_meta", "$schema"] {
            assert!(is_name(name), "{name}");
        }
    }

    #[test]
    fn depth_is_limited_like_everywhere() {
        let deep = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        assert!(mask(&parse(&deep(MAX_DEPTH)).unwrap()).is_ok());
        assert!(parse(&deep(MAX_DEPTH + 1)).is_err());
    }
}
