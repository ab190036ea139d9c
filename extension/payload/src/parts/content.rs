//! A payload as it is stored: without its parts, and cut where even that is too large.

use super::{Attachment, Limits, Sha256, Shared, detach, references};
use crate::cap;
use crate::jsonb::{Container, Error};
use std::borrow::Cow;
use std::collections::HashSet;

pub struct Content<'a> {
    /// Of the whole.
    pub digest: Sha256,
    /// Of the whole.
    pub bytes: usize,
    /// The whole, its skeleton, or what a cap left of it.
    pub payload: Cow<'a, [u8]>,
    pub parts: usize,
    pub attachments: Vec<Attachment>,
    /// What a cap left of the references.
    left: Option<HashSet<Sha256>>,
}

impl<'a> Content<'a> {
    pub fn new(
        whole: &'a [u8],
        digest: Sha256,
        shared: &Shared<'_>,
        limits: Limits,
    ) -> Result<Self, Error> {
        let detached = detach(Container::root(whole)?, shared, limits)?;
        let (payload, parts, attachments) = match detached {
            Some(detached) => (
                Cow::Owned(detached.skeleton),
                detached.parts,
                detached.attachments,
            ),
            None => (Cow::Borrowed(whole), 0, Vec::new()),
        };
        Ok(Content {
            digest,
            bytes: cap::size(whole),
            payload,
            parts,
            attachments,
            left: None,
        })
    }

    /// What stays inline, when the payload is larger than `max`.
    pub fn inline(&self, max: usize) -> Result<Option<Vec<u8>>, Error> {
        cap::cap_part(&self.payload, max, Some((self.bytes, self.digest)))
    }

    /// Cuts the payload to `max` bytes. Parts that nothing refers to any more are not stored.
    pub fn limit(&mut self, max: usize) -> Result<(), Error> {
        let Some(cut) = self.inline(max)? else {
            return Ok(());
        };
        if self.parts > 0 {
            let references = references(&cut)?;
            let left: HashSet<_> = references.iter().map(|f| f.reference.sha256).collect();
            self.parts = references.len();
            self.attachments.retain(|a| left.contains(&a.sha256));
            self.left = Some(left);
        } else {
            self.left = Some(HashSet::new());
        }
        self.payload = Cow::Owned(cut);
        Ok(())
    }

    /// True when a cap cut even what is stored.
    pub fn truncated(&self) -> bool {
        self.left.is_some()
    }

    /// True when the payload still refers to that part.
    pub fn refers_to(&self, part: &Sha256) -> bool {
        self.left.as_ref().is_none_or(|left| left.contains(part))
    }
}
