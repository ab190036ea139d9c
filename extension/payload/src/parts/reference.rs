//! References: what stands in a skeleton for a part that is stored elsewhere.

use super::Sha256;
use crate::digest::hex;
use crate::interrupt;
use crate::jsonb::{Container, Error, MAX_DEPTH, Node, Value};
use crate::redact::Path;
use std::borrow::Cow;

const ATTACHMENT: &str = "$attachment";
const INPUT: &str = "$input";
const INPUT_TEXT: &str = "$input_text";
const SHARED: &str = "$shared";
const NAMES: [&str; 4] = [ATTACHMENT, INPUT, INPUT_TEXT, SHARED];
/// Levels that a reference is deep.
pub(super) const LEVELS: usize = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A string: a prefix, then the bytes as base64.
    Attachment,
    /// A list: the items of a chain, up to the node that the reference names.
    Input,
    /// A string: the items of a chain are its pieces.
    InputText,
    /// A value, stored once.
    Shared,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Attachment => "attachment",
            // The same rows, whatever they are put together to.
            Kind::Input | Kind::InputText => "input",
            Kind::Shared => "shared",
        }
    }
}

/// One reference, as its skeleton has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference<'a> {
    pub kind: Kind,
    pub sha256: Sha256,
    /// Bytes of an attachment or a shared value, items of an input.
    pub size: usize,
    pub media_type: Option<&'a str>,
    pub prefix: &'a str,
}

impl<'a> Reference<'a> {
    /// The object that stands for the part.
    pub(super) fn node(&self) -> Node<'static> {
        let size = Node::integer(i64::try_from(self.size).unwrap_or(i64::MAX));
        let mut members = vec![(Cow::Borrowed("sha256"), Node::string(hex(&self.sha256)))];
        let name = match self.kind {
            Kind::Attachment => {
                members.push((Cow::Borrowed("bytes"), size));
                if let Some(media_type) = self.media_type {
                    members.push((
                        Cow::Borrowed("media_type"),
                        Node::string(media_type.to_owned()),
                    ));
                }
                if !self.prefix.is_empty() {
                    members.push((
                        Cow::Borrowed("prefix"),
                        Node::string(self.prefix.to_owned()),
                    ));
                }
                ATTACHMENT
            }
            Kind::Input | Kind::InputText => {
                members.push((Cow::Borrowed("items"), size));
                match self.kind {
                    Kind::InputText => INPUT_TEXT,
                    _ => INPUT,
                }
            }
            Kind::Shared => {
                members.push((Cow::Borrowed("bytes"), size));
                SHARED
            }
        };
        Node::object(vec![(Cow::Borrowed(name), Node::object(members))])
    }

    /// The reference that an object of a skeleton is, if it is one and whole.
    pub(super) fn read(object: Container<'a>) -> Option<Self> {
        if object.len() != 1 {
            return None;
        }
        let (name, body) = object.entries().next()?.ok()?;
        let Value::Object(body) = body else {
            return None;
        };
        let kind = match name {
            ATTACHMENT => Kind::Attachment,
            INPUT => Kind::Input,
            INPUT_TEXT => Kind::InputText,
            SHARED => Kind::Shared,
            _ => return None,
        };
        let text = |key| match body.get(key) {
            Ok(Some(Value::String(text))) => Some(text),
            _ => None,
        };
        let counted = match kind {
            Kind::Input | Kind::InputText => "items",
            Kind::Attachment | Kind::Shared => "bytes",
        };
        let size = match body.get(counted) {
            Ok(Some(Value::Number(number))) => number.text().as_str().parse().ok()?,
            _ => return None,
        };
        Some(Reference {
            kind,
            sha256: sha256(text("sha256")?)?,
            size,
            media_type: text("media_type"),
            prefix: text("prefix").unwrap_or_default(),
        })
    }
}

fn sha256(text: &str) -> Option<Sha256> {
    let bytes = text.as_bytes();
    if bytes.len() != 64 {
        return None;
    }
    let mut out = [0; 32];
    for (byte, two) in out.iter_mut().zip(bytes.chunks_exact(2)) {
        let digit = |b: u8| char::from(b).to_digit(16);
        *byte = (digit(two[0])? << 4 | digit(two[1])?) as u8;
    }
    Some(out)
}

/// True for an object that is a reference, or looks like one.
pub fn is_reference(object: Container<'_>) -> bool {
    Reference::read(object).is_some()
}

/// True when the payload has the name of a reference somewhere: only then members need a look.
pub(super) fn may_need_escape(payload: &[u8]) -> bool {
    let is_name = |at: usize| {
        let rest = &payload[at..];
        NAMES.iter().any(|name| rest.starts_with(name.as_bytes()))
    };
    let mut from = 0;
    interrupt::pieces(payload).any(|piece| {
        let start = from;
        from += piece.len();
        let mut bytes = piece.iter().enumerate();
        bytes.any(|(at, byte)| *byte == b'$' && is_name(start + at))
    })
}

fn is_name(key: &str) -> bool {
    let bare = key.trim_start_matches('$');
    bare.len() < key.len() && NAMES.iter().any(|name| &name[1..] == bare)
}

/// The member's name in a skeleton, when it differs.
pub(super) fn escaped(key: &str) -> Option<Cow<'_, str>> {
    is_name(key).then(|| Cow::Owned(format!("${key}")))
}

/// The member's name in the payload.
pub(super) fn unescaped(key: &str) -> &str {
    match key.strip_prefix('$') {
        Some(bare) if is_name(bare) => bare,
        _ => key,
    }
}

/// A reference and where it stands.
#[derive(Debug)]
pub struct Found<'a> {
    pub path: String,
    pub reference: Reference<'a>,
}

/// The references of a skeleton, in its order.
pub fn references(skeleton: &[u8]) -> Result<Vec<Found<'_>>, Error> {
    let mut found = Vec::new();
    if may_need_escape(skeleton) {
        collect(&mut found, Container::root(skeleton)?, &Path::ROOT, 0)?;
    }
    Ok(found)
}

fn collect<'a>(
    found: &mut Vec<Found<'a>>,
    value: Value<'a>,
    path: &Path<'_>,
    depth: usize,
) -> Result<(), Error> {
    interrupt::check(interrupt::VALUE);
    match value {
        Value::Array(_) | Value::Object(_) if depth >= MAX_DEPTH => return Err(Error::TooDeep),
        Value::Array(array) => {
            for (index, element) in array.elements().enumerate() {
                collect(found, element?, &path.index(index), depth + 1)?;
            }
        }
        Value::Object(object) => {
            if let Some(reference) = Reference::read(object) {
                let path = path.to_string();
                found.push(Found { path, reference });
                return Ok(());
            }
            for entry in object.entries() {
                let (key, member) = entry?;
                collect(found, member, &path.key(unescaped(key)), depth + 1)?;
            }
        }
        _ => {}
    }
    Ok(())
}
