//! The text of a payload that a person would search for.

use crate::jsonb::{Container, Error, MAX_DEPTH, Value};
use crate::parts::is_reference;

/// Members whose strings are never prose: ids, ciphertext, encoded bytes.
const OPAQUE: &[&str] = &[
    "b64_json",
    "call_id",
    "data",
    "encrypted_content",
    "file_id",
    "id",
    "image_url",
    "item_id",
    "obfuscation",
    "result",
    "role",
    "session_id",
    "signature",
    "status",
    "tool_call_id",
    "type",
];

/// The prose of a payload, in its order, one string per line, at most `max` bytes.
pub fn search_text(payload: &[u8], max: usize) -> Result<String, Error> {
    let mut out = String::new();
    collect(&mut out, Container::root(payload)?, max, 0)?;
    Ok(out)
}

/// False once the text is full.
fn collect(out: &mut String, value: Value<'_>, max: usize, depth: usize) -> Result<bool, Error> {
    crate::interrupt::check(crate::interrupt::VALUE);
    match value {
        Value::String(text) if prose(text) => {
            if !out.is_empty() {
                out.push('\n');
            }
            let room = max.saturating_sub(out.len());
            out.push_str(&text[..text.floor_char_boundary(room)]);
            Ok(out.len() < max)
        }
        Value::Array(_) | Value::Object(_) if depth >= MAX_DEPTH => Err(Error::TooDeep),
        Value::Array(container) => {
            for element in container.elements() {
                if !collect(out, element?, max, depth + 1)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        Value::Object(container) if is_reference(container) => Ok(true),
        Value::Object(container) => {
            for entry in container.entries() {
                let (key, member) = entry?;
                if !OPAQUE.contains(&key) && !collect(out, member, max, depth + 1)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        _ => Ok(true),
    }
}

/// Encoded bytes are long and have no blank.
fn prose(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with("data:")
        && (text.len() < 512 || text.as_bytes()[..512].iter().any(u8::is_ascii_whitespace))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_kept_and_the_rest_left_out() {
        let bytes = crate::json::parse(
            r#"{"type":"message","id":"msg_1","content":[{"type":"output_text","text":"Hello Zoë"},
                {"image_url":"data:image/png;base64,AAAA"}],"summary":["two"],"n":1}"#,
        )
        .unwrap();
        let text = search_text(&bytes, 100).unwrap();
        assert_eq!(text, "Hello Zoë\ntwo");
        assert_eq!(search_text(&bytes, 8).unwrap(), "Hello Zo");
    }
}
