//! jsonb into JSON text: byte for byte as `payload::text` prints it, or with marks resolved.

use super::mark::{OPEN, marked_number, unmark};
use super::plain::plain;
use crate::interrupt::{self, PIECE};
use crate::jsonb::{Container, Error, MAX_DEPTH, Value};
use std::fmt::Write;

/// What becomes of marks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Marks {
    /// They are text like any other.
    Kept,
    /// They become the escapes and numbers that they stand for.
    Resolved,
}

/// The text of a jsonb datum (given without its varlena header).
pub fn print(bytes: &[u8]) -> Result<String, Error> {
    let mut out = String::with_capacity(bytes.len() + bytes.len() / 8);
    print_into(&mut out, Container::root(bytes)?, Marks::Kept)?;
    Ok(out)
}

/// Writes the text of a value. That `out` takes no more is [`Error::TextTooLong`].
pub(crate) fn print_into(
    out: &mut impl Write,
    value: Value<'_>,
    marks: Marks,
) -> Result<(), Error> {
    Printer { out, marks }.value(value, 0)
}

struct Printer<'o, W> {
    out: &'o mut W,
    marks: Marks,
}

impl<W: Write> Printer<'_, W> {
    fn push(&mut self, text: &str) -> Result<(), Error> {
        self.out.write_str(text).map_err(|_| Error::TextTooLong)
    }

    fn value(&mut self, value: Value<'_>, depth: usize) -> Result<(), Error> {
        interrupt::check(interrupt::VALUE);
        match value {
            Value::Null => self.push("null"),
            Value::Bool(true) => self.push("true"),
            Value::Bool(false) => self.push("false"),
            Value::Number(number) => self.push(number.text().as_str()),
            Value::String(text) => match marked_number(text) {
                Some(spelling) if self.marks == Marks::Resolved => self.push(spelling),
                _ => self.quote(text),
            },
            Value::Array(_) | Value::Object(_) if depth >= MAX_DEPTH => Err(Error::TooDeep),
            Value::Array(container) => {
                self.push("[")?;
                for (index, element) in container.elements().enumerate() {
                    if index > 0 {
                        self.push(", ")?;
                    }
                    self.value(element?, depth + 1)?;
                }
                self.push("]")
            }
            Value::Object(container) => {
                self.push("{")?;
                for (index, entry) in container.entries().enumerate() {
                    let (key, member) = entry?;
                    if index > 0 {
                        self.push(", ")?;
                    }
                    self.quote(key)?;
                    self.push(": ")?;
                    self.value(member, depth + 1)?;
                }
                self.push("}")
            }
        }
    }

    fn quote(&mut self, text: &str) -> Result<(), Error> {
        self.push("\"")?;
        match self.marks {
            Marks::Resolved if interrupt::contains(text, OPEN) => {
                // A mark has nothing that is escaped, and what it stands for is escaped already.
                let mut escaped = String::with_capacity(text.len() + 8);
                let mut inner = Printer {
                    out: &mut escaped,
                    marks: Marks::Kept,
                };
                inner.escape(text)?;
                self.push(&unmark(&escaped))?;
            }
            _ => self.escape(text)?,
        }
        self.push("\"")
    }

    /// A string's characters, escaped as PostgreSQL does: control characters, quote, backslash.
    fn escape(&mut self, text: &str) -> Result<(), Error> {
        let bytes = text.as_bytes();
        let mut from = 0;
        while from < bytes.len() {
            let end = text.floor_char_boundary(from + PIECE);
            let at = from + plain(&bytes[from..end]);
            interrupt::check(at - from + 1);
            self.push(&text[from..at])?;
            from = at;
            if at == end {
                continue;
            }
            let escape = match bytes[at] {
                b'"' => "\\\"",
                b'\\' => "\\\\",
                0x08 => "\\b",
                0x0c => "\\f",
                b'\n' => "\\n",
                b'\r' => "\\r",
                b'\t' => "\\t",
                control => {
                    let written = write!(self.out, "\\u{control:04x}");
                    written.map_err(|_| Error::TextTooLong)?;
                    ""
                }
            };
            self.push(escape)?;
            from += 1;
        }
        Ok(())
    }
}
