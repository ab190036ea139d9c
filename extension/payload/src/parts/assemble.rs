//! Parts put back in place of their references.

use super::Sha256;
use super::base64;
use super::rebuild;
use super::reference::{self, Kind, Reference};
use crate::jsonb::{Container, Error, MAX_DEPTH, Node, Value, encode};
use std::borrow::Cow;
use std::collections::HashMap;

/// What was found of the parts that a skeleton refers to.
#[derive(Default)]
pub struct Parts<'a> {
    pub attachments: HashMap<Sha256, &'a [u8]>,
    /// jsonb datums without their varlena header.
    pub shared: HashMap<Sha256, &'a [u8]>,
    /// The items of each list, in order.
    pub inputs: HashMap<Sha256, Vec<&'a [u8]>>,
}

/// The payload that a skeleton was made of. What is not among `parts` stays a reference.
pub fn assemble(skeleton: &[u8], parts: &Parts<'_>) -> Result<Vec<u8>, Error> {
    let root = Container::root(skeleton)?;
    encode(&value(root, parts, 0)?.unwrap_or_else(|| Node::from(root)))
}

/// The value with its parts; `None` when it has none.
fn value<'a>(value: Value<'a>, parts: &Parts<'a>, depth: usize) -> Result<Option<Node<'a>>, Error> {
    match value {
        Value::Array(_) | Value::Object(_) if depth >= MAX_DEPTH => Err(Error::TooDeep),
        Value::Array(array) => {
            rebuild::array(array, |element| self::value(element, parts, depth + 1))
        }
        Value::Object(object) => match Reference::read(object) {
            Some(reference) => part(reference, parts),
            None => rebuild::object(object, |key, member| {
                let name = reference::unescaped(key);
                let name = (name.len() < key.len()).then_some(Cow::Borrowed(name));
                Ok((name, self::value(member, parts, depth + 1)?))
            }),
        },
        _ => Ok(None),
    }
}

fn part<'a>(reference: Reference<'a>, parts: &Parts<'a>) -> Result<Option<Node<'a>>, Error> {
    let datum = |bytes: &'a [u8]| Container::root(bytes).map(Node::from);
    match reference.kind {
        Kind::Attachment => {
            let content = parts.attachments.get(&reference.sha256);
            Ok(content
                .filter(|content| content.len() == reference.size)
                .map(|content| {
                    let length = reference.prefix.len() + base64::encoded_len(content.len());
                    let mut text = String::with_capacity(length);
                    text.push_str(reference.prefix);
                    base64::encode_into(&mut text, content);
                    Node::string(text)
                }))
        }
        Kind::Shared => parts
            .shared
            .get(&reference.sha256)
            .map(|bytes| datum(bytes))
            .transpose(),
        Kind::Input => match parts.inputs.get(&reference.sha256) {
            Some(items) if items.len() == reference.size => {
                let items = items.iter().map(|bytes| datum(bytes));
                Ok(Some(Node::Array(items.collect::<Result<_, _>>()?)))
            }
            _ => Ok(None),
        },
        Kind::InputText => match parts.inputs.get(&reference.sha256) {
            Some(pieces) if pieces.len() == reference.size => {
                let mut text = String::new();
                for piece in pieces {
                    // A piece that is gone leaves the reference.
                    let Value::String(piece) = Container::root(piece)? else {
                        return Ok(None);
                    };
                    text.push_str(piece);
                }
                Ok(Some(Node::string(text)))
            }
            _ => Ok(None),
        },
    }
}
