//! `parse` and `unparse` of the SQL surface: total on any text, and back.

use super::mark::{mark_string, unmark_text};
use super::parse;
use super::print::{Marks, print_into};
use crate::jsonb::{Buffer, Container, Error, Node, TEXT_MAX, Value, encode_into};
use std::borrow::Cow;

/// The only member of an object that holds text which was not JSON: `{"$unparsed": "…"}`.
///
/// JSON that is such an object itself has the dollar marked, so that the two differ.
pub const UNPARSED: &str = "$unparsed";

/// The jsonb datum of any text: of JSON as [`parse`] reads it, of other text as [`UNPARSED`].
///
/// Text that jsonb cannot hold as JSON, because it is nested too deep or too large, is kept the same
/// way. [`Error::TooLarge`] when it is too large even as a string.
pub fn parse_any(text: &str) -> Result<Vec<u8>, Error> {
    if let Ok(datum) = parse(text) {
        return Ok(datum);
    }
    let mut out = Vec::new();
    unparsed_into(&mut out, text)?;
    Ok(out)
}

/// The datum of text that is not JSON, written to an empty buffer.
pub fn unparsed_into(out: &mut impl Buffer, text: &str) -> Result<(), Error> {
    let kept = Node::String(mark_string(text));
    let pair = (Cow::Borrowed(UNPARSED), kept);
    encode_into(out, &Node::Object(vec![pair]))
}

/// The text behind a value that stands for text which was not JSON.
pub fn unparsed(value: Value<'_>) -> Option<Cow<'_, str>> {
    let Value::Object(object) = value else {
        return None;
    };
    match (object.len(), object.get(UNPARSED)) {
        (1, Ok(Some(Value::String(text)))) => Some(unmark_text(text)),
        _ => None,
    }
}

/// The text that [`parse_any`] read: of what was not JSON, byte for byte; of JSON, the same value
/// with its NULs, lone surrogates and numbers. What jsonb does not keep is not there: blanks, the
/// order of keys, all but the last of equal keys, the spelling of numbers.
pub fn unparse(datum: &[u8]) -> Result<String, Error> {
    let root = Container::root(datum)?;
    if let Some(text) = unparsed(root) {
        return Ok(text.into_owned());
    }
    let mut out = Bounded(String::with_capacity(datum.len() + datum.len() / 8));
    print_into(&mut out, root, Marks::Resolved)?;
    Ok(out.0)
}

/// Text that does not grow beyond what a text can be.
struct Bounded(String);

impl std::fmt::Write for Bounded {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        if self.0.len() + text.len() > TEXT_MAX {
            return Err(std::fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}
