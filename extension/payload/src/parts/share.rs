//! What a model call repeats: its input, item by item, and its large constant members.
//!
//! A call sends the history again and adds to it. Its items are stored once each, and the list is a
//! hash chain: a node is the digest of the node before it and of the item, and the call refers to
//! its last node. A call that extends an earlier one adds the nodes of its new items only; calls
//! that fork share what they have in common.

use super::reference::Kind;
use super::{Sha256, text};
use crate::digest::digest;
use crate::json;
use crate::jsonb::{Container, Error, Node, Value, encode};
use sha2::Digest;

/// Members that hold the input of a model call; the first one that is there is what the model got.
pub const INPUTS: [&str; 4] = ["input", "messages", "contents", "history"];
/// Members that are the same from call to call.
const CONSTANTS: [&str; 7] = [
    "tools",
    "functions",
    "system",
    "instructions",
    "system_instruction",
    "systemInstruction",
    "response_format",
];
/// Members that wrap the request, and those that wrap these.
const WRAPPERS: [&str; 6] = [
    "request",
    "params",
    "body",
    "parsed_body",
    "response",
    "data",
];
const WRAPPERS_MAX: usize = 2;
/// What is smaller costs less where it is.
const SHARED_MIN: usize = 1024;

/// A list whose items are stored one by one.
#[derive(Debug)]
pub struct List<'a> {
    place: Place<'a>,
    /// A list, or a text in pieces.
    pub(super) kind: Kind,
    pub items: Vec<Value<'a>>,
    /// Of each item, its own.
    pub digests: Vec<Sha256>,
    /// Of each item, the node that ends with it.
    pub nodes: Vec<Sha256>,
}

/// A value that is stored once.
#[derive(Debug)]
pub struct Constant<'a> {
    place: Place<'a>,
    pub value: Value<'a>,
    pub digest: Sha256,
    pub bytes: usize,
}

/// The members that lead to a value.
type Place<'a> = Vec<&'a str>;

/// What of a model call is stored apart.
#[derive(Debug, Default)]
pub struct Shared<'a> {
    pub lists: Vec<List<'a>>,
    pub constants: Vec<Constant<'a>>,
}

impl<'a> Shared<'a> {
    pub fn is_empty(&self) -> bool {
        self.lists.is_empty() && self.constants.is_empty()
    }

    pub(super) fn list(&self, place: &[&str]) -> Option<&List<'a>> {
        self.lists.iter().find(|list| list.place == place)
    }

    pub(super) fn constant(&self, place: &[&str]) -> Option<&Constant<'a>> {
        self.constants.iter().find(|one| one.place == place)
    }
}

/// The node of an item behind `parent`: plain SQL can say `sha256(parent || item)`.
pub fn node(parent: Option<&Sha256>, item: &Sha256) -> Sha256 {
    let mut hash = sha2::Sha256::new();
    if let Some(parent) = parent {
        hash.update(parent);
    }
    hash.update(item);
    hash.finalize().into()
}

/// What of a model call's payload is to be shared.
pub fn shared(payload: &[u8]) -> Result<Shared<'_>, Error> {
    let mut shared = Shared::default();
    if payload.len() >= SHARED_MIN
        && let Value::Object(call) = Container::root(payload)?
    {
        collect(&mut shared, call, &mut Vec::new())?;
    }
    Ok(shared)
}

fn collect<'a>(
    shared: &mut Shared<'a>,
    object: Container<'a>,
    place: &mut Place<'a>,
) -> Result<(), Error> {
    for entry in object.entries() {
        let (key, value) = entry?;
        if size(value) < SHARED_MIN {
            continue;
        }
        place.push(key);
        match value {
            Value::Array(items) if INPUTS.contains(&key) => {
                shared
                    .lists
                    .push(list(items.elements(), Kind::Input, place.clone())?);
            }
            Value::Object(inner) if WRAPPERS.contains(&key) && place.len() <= WRAPPERS_MAX => {
                collect(shared, inner, place)?;
            }
            Value::String(body) if WRAPPERS.contains(&key) && place.len() <= WRAPPERS_MAX => {
                if let Some(pieces) = text::pieces(body) {
                    let pieces = pieces.into_iter().map(|piece| Ok(Value::String(piece)));
                    shared
                        .lists
                        .push(list(pieces, Kind::InputText, place.clone())?);
                }
            }
            _ if CONSTANTS.contains(&key) => {
                let datum = encode(&Node::from(value))?;
                shared.constants.push(Constant {
                    place: place.clone(),
                    value,
                    digest: digest(&datum)?,
                    bytes: crate::cap::size(&datum),
                });
            }
            _ => {}
        }
        place.pop();
    }
    Ok(())
}

fn list<'a>(
    items: impl Iterator<Item = Result<Value<'a>, Error>>,
    kind: Kind,
    place: Place<'a>,
) -> Result<List<'a>, Error> {
    let mut list = List {
        place,
        kind,
        items: Vec::new(),
        digests: Vec::new(),
        nodes: Vec::new(),
    };
    for item in items {
        let item = item?;
        let digest = digest(&encode(&Node::from(item))?)?;
        let node = node(list.nodes.last(), &digest);
        list.items.push(item);
        list.digests.push(digest);
        list.nodes.push(node);
    }
    Ok(list)
}

fn size(value: Value<'_>) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(container) | Value::Object(container) => container.bytes().len(),
        _ => 0,
    }
}

/// What a model call's payload says the model got: the first of [`INPUTS`], outermost first, text last.
pub fn input(payload: &[u8]) -> Result<Option<Vec<u8>>, Error> {
    let mut bodies = Vec::new();
    let mut level = match Container::root(payload)? {
        Value::Object(call) => vec![call],
        _ => return Ok(None),
    };
    for _ in 0..=WRAPPERS_MAX {
        let mut below = Vec::new();
        for object in level {
            for name in INPUTS {
                if let Some(value) = object.get(name)? {
                    return encode(&Node::from(value)).map(Some);
                }
            }
            for name in WRAPPERS {
                match object.get(name)? {
                    Some(Value::Object(inner)) => below.push(inner),
                    Some(Value::String(body)) => bodies.push(body),
                    _ => {}
                }
            }
        }
        level = below;
    }
    for body in bodies {
        if let Ok(bytes) = json::parse(&json::unmark(body))
            && let Value::Object(call) = Container::root(&bytes)?
        {
            for name in INPUTS {
                if let Some(value) = call.get(name)? {
                    return encode(&Node::from(value)).map(Some);
                }
            }
        }
    }
    Ok(None)
}
