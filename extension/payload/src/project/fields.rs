//! Reading members of an item with a name and a type in every complaint.

use super::Problem;
use crate::jsonb::{Container, Value};

/// The kind of a value, with its article, for messages.
pub fn type_of(value: Value<'_>) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// A member that must be a string where it is present; null and blank count as absent.
pub fn strict_text<'a>(
    object: Container<'a>,
    member: &'static str,
) -> Result<Option<&'a str>, Problem> {
    match get(object, member) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text).filter(|t| !t.trim().is_empty())),
        Some(other) => Err(Problem::WrongType {
            member,
            wanted: "a string",
            found: type_of(other),
        }),
    }
}

/// A member that must be an integer where it is present.
pub fn strict_integer(object: Container<'_>, member: &'static str) -> Result<Option<i64>, Problem> {
    match get(object, member) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(number)) => match number.to_i64() {
            Some(integer) => Ok(Some(integer)),
            None => Err(Problem::WrongType {
                member,
                wanted: "a 64-bit integer",
                found: "another number",
            }),
        },
        Some(other) => Err(Problem::WrongType {
            member,
            wanted: "an integer",
            found: type_of(other),
        }),
    }
}

/// A member of somebody else's format, if it is a string with something in it.
pub fn text<'a>(object: Container<'a>, member: &str) -> Option<&'a str> {
    match get(object, member) {
        Some(Value::String(text)) if !text.is_empty() => Some(text),
        _ => None,
    }
}

/// A member of somebody else's format, if it is an integer.
pub fn integer(object: Container<'_>, member: &str) -> Option<i64> {
    match get(object, member) {
        Some(Value::Number(number)) => number.to_i64(),
        _ => None,
    }
}

/// A member, if it is an object.
pub fn object<'a>(object: Container<'a>, member: &str) -> Option<Container<'a>> {
    match get(object, member) {
        Some(Value::Object(inner)) => Some(inner),
        _ => None,
    }
}

/// A member. The batch was walked whole before, so corruption cannot turn up here.
pub fn get<'a>(object: Container<'a>, member: &str) -> Option<Value<'a>> {
    object.get(member).ok().flatten()
}

/// The first of the names under which there is text; blank counts as absent.
pub fn named<'a>(object: Container<'a>, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|name| match get(object, name) {
        Some(Value::String(text)) if !text.trim().is_empty() => Some(text),
        _ => None,
    })
}

/// The objects of a list.
pub fn objects<'a>(object: Container<'a>, member: &str) -> impl Iterator<Item = Container<'a>> {
    let list = match get(object, member) {
        Some(Value::Array(list)) => Some(list),
        _ => None,
    };
    let elements = list.into_iter().flat_map(|list| list.elements());
    elements.filter_map(|element| match element {
        Ok(Value::Object(element)) => Some(element),
        _ => None,
    })
}
