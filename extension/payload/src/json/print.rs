//! jsonb into JSON text, byte for byte as `payload::text` prints it.

use crate::jsonb::{Container, Error, MAX_DEPTH, Value};

/// The text of a jsonb datum (given without its varlena header).
pub fn print(bytes: &[u8]) -> Result<String, Error> {
    let mut out = String::with_capacity(bytes.len() + bytes.len() / 8);
    print_into(&mut out, Container::root(bytes)?, 0)?;
    Ok(out)
}

/// Appends the text of one value that stands `depth` levels below the root.
pub fn print_into(out: &mut String, value: Value<'_>, depth: usize) -> Result<(), Error> {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => out.push_str(number.text().as_str()),
        Value::String(text) => quote(out, text),
        Value::Array(_) | Value::Object(_) if depth >= MAX_DEPTH => return Err(Error::TooDeep),
        Value::Array(container) => {
            out.push('[');
            for (index, element) in container.elements().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                print_into(out, element?, depth + 1)?;
            }
            out.push(']');
        }
        Value::Object(container) => {
            out.push('{');
            for (index, entry) in container.entries().enumerate() {
                let (key, member) = entry?;
                if index > 0 {
                    out.push_str(", ");
                }
                quote(out, key);
                out.push_str(": ");
                print_into(out, member, depth + 1)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

/// Appends a string with quotes, escaped as PostgreSQL does: control characters, quote, backslash.
fn quote(out: &mut String, text: &str) {
    use std::fmt::Write;
    out.push('"');
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            0x08 => "\\b",
            0x0c => "\\f",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0..=0x1f => "",
            _ => continue,
        };
        out.push_str(&text[from..at]);
        if escape.is_empty() {
            let _ = write!(out, "\\u{byte:04x}");
        } else {
            out.push_str(escape);
        }
        from = at + 1;
    }
    out.push_str(&text[from..]);
    out.push('"');
}
