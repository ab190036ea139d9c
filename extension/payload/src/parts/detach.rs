//! The walk that takes the parts out of a payload and leaves its skeleton.

use super::attachment::{self, Attachment};
use super::rebuild;
use super::reference::{self, Kind, LEVELS, Reference};
use super::share::Shared;
use crate::jsonb::{Container, Error, MAX_DEPTH, Node, Value, encode};

/// What is taken out.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Smallest attachment.
    pub attachment_bytes: usize,
    /// Largest attachment: what is larger stays text and is capped like text.
    pub blob_bytes: usize,
}

/// A payload without its parts.
#[derive(Debug)]
pub struct Detached {
    pub skeleton: Vec<u8>,
    /// How many references it has.
    pub parts: usize,
    pub attachments: Vec<Attachment>,
}

/// Takes the attachments of a value out, and what is shared; `None` when there is nothing to take.
pub fn detach(
    root: Value<'_>,
    shared: &Shared<'_>,
    limits: Limits,
) -> Result<Option<Detached>, Error> {
    let bytes = match root {
        Value::Array(container) | Value::Object(container) => container.bytes(),
        Value::String(text) => text.as_bytes(),
        _ => return Ok(None),
    };
    if shared.is_empty() && bytes.len() < limits.attachment_bytes {
        return Ok(None);
    }
    let mut walk = Walk {
        shared,
        limits,
        escape: reference::may_need_escape(bytes),
        parts: 0,
        attachments: Vec::new(),
    };
    let mut place = Vec::new();
    let Some(node) = walk.value(root, None, Some(&mut place), 0)? else {
        return Ok(None);
    };
    if walk.parts == 0 {
        // Nothing but names that look like references: without parts it is no skeleton.
        return Ok(None);
    }
    Ok(Some(Detached {
        skeleton: encode(&node)?,
        parts: walk.parts,
        attachments: walk.attachments,
    }))
}

struct Walk<'s> {
    shared: &'s Shared<'s>,
    limits: Limits,
    escape: bool,
    parts: usize,
    attachments: Vec<Attachment>,
}

/// The members that lead to a value, as long as all containers above it are objects.
type Place<'p, 'a> = Option<&'p mut Vec<&'a str>>;

impl Walk<'_> {
    /// The value without its parts; `None` when it stays as it is.
    fn value<'a>(
        &mut self,
        value: Value<'a>,
        member: Option<(&str, Container<'a>)>,
        place: Place<'_, 'a>,
        depth: usize,
    ) -> Result<Option<Node<'a>>, Error> {
        match value {
            Value::String(text) => Ok(self.string(text, member, depth)),
            Value::Array(_) | Value::Object(_) if depth >= MAX_DEPTH => Err(Error::TooDeep),
            Value::Array(container) | Value::Object(container)
                if !self.escape
                    && (self.shared.is_empty() || place.is_none())
                    && container.bytes().len() < self.limits.attachment_bytes =>
            {
                Ok(None)
            }
            Value::Array(array) => {
                rebuild::array(array, |element| self.value(element, None, None, depth + 1))
            }
            Value::Object(object) => self.object(object, place, depth),
            _ => Ok(None),
        }
    }

    fn string<'a>(
        &mut self,
        text: &'a str,
        member: Option<(&str, Container<'a>)>,
        depth: usize,
    ) -> Option<Node<'a>> {
        if depth + LEVELS > MAX_DEPTH {
            return None;
        }
        let Limits {
            attachment_bytes,
            blob_bytes,
        } = self.limits;
        let taken = attachment::take(text, member, attachment_bytes, blob_bytes)?;
        let node = Reference {
            kind: Kind::Attachment,
            sha256: taken.attachment.sha256,
            size: taken.attachment.content.len(),
            media_type: Some(&taken.attachment.media_type),
            prefix: taken.prefix,
        }
        .node();
        self.parts += 1;
        self.attachments.push(taken.attachment);
        Some(node)
    }

    fn object<'a>(
        &mut self,
        object: Container<'a>,
        mut place: Place<'_, 'a>,
        depth: usize,
    ) -> Result<Option<Node<'a>>, Error> {
        rebuild::object(object, |key, value| {
            if let Some(place) = &mut place {
                place.push(key);
            }
            let new = match place.as_deref().and_then(|place| self.shared_at(place)) {
                Some(node) => Some(node),
                None => self.value(value, Some((key, object)), place.as_deref_mut(), depth + 1)?,
            };
            if let Some(place) = &mut place {
                place.pop();
            }
            let name = if self.escape {
                reference::escaped(key)
            } else {
                None
            };
            Ok((name, new))
        })
    }

    /// The reference that stands for a shared list or constant.
    fn shared_at(&mut self, place: &[&str]) -> Option<Node<'static>> {
        let (kind, sha256, size) = match (self.shared.list(place), self.shared.constant(place)) {
            (Some(list), _) => (list.kind, *list.nodes.last()?, list.items.len()),
            (None, Some(constant)) => (Kind::Shared, constant.digest, constant.bytes),
            (None, None) => return None,
        };
        self.parts += 1;
        let reference = Reference {
            kind,
            sha256,
            size,
            media_type: None,
            prefix: "",
        };
        Some(reference.node())
    }
}
