//! Writes the blobs, attachments and inputs of an event, in the transaction that writes the event.

use crate::datum::NewJsonb;
use crate::error::{Error, or_raise};
use crate::protection::Protection;
use crate::redacted::Storing;
use crate::row::Row;
use payload::parts::{Attachment, Content, Limits, List, Sha256, Shared};
use pgrx::Uuid;
use pgrx::datum::{DatumWithOid, TimestampWithTimeZone};
use pgrx::prelude::*;
use std::collections::HashSet;

/// A UTC day in the server's unit.
const DAY: i64 = 86_400_000_000;

/// Where the parts of one event go.
pub struct Store<'r> {
    conversation: Option<Uuid>,
    day: Option<TimestampWithTimeZone>,
    tenant: &'r str,
    user: Option<String>,
    limits: Limits,
}

impl<'r> Store<'r> {
    pub fn new(row: &Row<'_>, tenant: &'r str, protection: &Protection) -> Self {
        let day = row
            .value::<TimestampWithTimeZone>("recorded_at")
            .map(pg_sys::TimestampTz::from)
            // The server counts from midnight, 2000-01-01 UTC.
            .and_then(|at| at.checked_sub(at.rem_euclid(DAY)))
            .and_then(|day| TimestampWithTimeZone::try_from(day).ok());
        Store {
            conversation: row.value("conversation_id"),
            day,
            tenant,
            user: row.text("user_id"),
            limits: Limits {
                attachment_bytes: protection.attachment_bytes,
                blob_bytes: protection.blob_bytes,
            },
        }
    }

    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// `recorded_at` of what is stored here: the day of the event.
    pub fn day(&self) -> Option<TimestampWithTimeZone> {
        self.day
    }

    /// What a model call shares and `content` still refers to, as far as it is not there yet.
    pub fn shared(&self, shared: &Shared<'_>, content: &Content<'_>) {
        let is_kept = |last: Option<&Sha256>| last.is_some_and(|node| content.refers_to(node));
        let lists: Vec<&List<'_>> = shared
            .lists
            .iter()
            .filter(|list| is_kept(list.nodes.last()))
            .collect();
        let constants = shared
            .constants
            .iter()
            .filter(|constant| content.refers_to(&constant.digest))
            .map(|constant| (constant.digest, constant.value));
        let items = lists
            .iter()
            .flat_map(|list| list.digests.iter().copied().zip(list.items.iter().copied()));
        let mut seen = HashSet::new();
        let values: Vec<_> = items
            .chain(constants)
            .filter(|(digest, _)| seen.insert(*digest))
            .collect();
        let mut seen = HashSet::new();
        let nodes: Vec<Node> = lists
            .iter()
            .flat_map(|list| chain(list))
            .filter(|node| seen.insert(node.digest))
            .collect();
        if values.is_empty() {
            return;
        }
        let (missing_values, missing_nodes) = self.missing(
            values.iter().map(|(digest, _)| digest.to_vec()).collect(),
            nodes.iter().map(|node| node.digest.to_vec()).collect(),
        );
        let datums: Vec<_> = missing_values
            .iter()
            .filter_map(|at| values.get(*at))
            .map(|(digest, value)| {
                let node = payload::jsonb::Node::from(*value);
                (*digest, or_raise(payload::jsonb::encode(&node)))
            })
            .collect();
        let nothing = Shared::default();
        let mut contents: Vec<_> = datums
            .iter()
            .map(|(digest, datum)| {
                let content = Content::new(datum, *digest, &nothing, self.limits);
                let mut content = or_raise(content);
                or_raise(content.limit(self.limits.blob_bytes));
                content
            })
            .collect();
        for content in &mut contents {
            self.attachments(std::mem::take(&mut content.attachments));
        }
        self.blobs(contents);
        let missing = missing_nodes.iter().filter_map(|at| nodes.get(*at));
        self.nodes(missing.collect());
    }

    /// Which of the digests have no row yet, by their place.
    fn missing(&self, values: Vec<Vec<u8>>, nodes: Vec<Vec<u8>>) -> (Vec<usize>, Vec<usize>) {
        // Scalar subqueries on purpose: each is one index look-up, whatever the planner is told.
        let statement = "SELECT
            array(SELECT v.at FROM pg_catalog.unnest($3::bytea[]) WITH ORDINALITY AS v (digest, at)
                WHERE (SELECT true FROM transcript.blobs b
                    WHERE b.conversation_id = $1 AND b.recorded_at = $2 AND b.digest = v.digest) IS NULL),
            array(SELECT n.at FROM pg_catalog.unnest($4::bytea[]) WITH ORDINALITY AS n (digest, at)
                WHERE (SELECT true FROM transcript.inputs i
                    WHERE i.conversation_id = $1 AND i.recorded_at = $2 AND i.digest = n.digest) IS NULL)";
        let found = Spi::connect(|client| -> Result<_, pgrx::spi::Error> {
            let arguments = [
                self.conversation.into(),
                self.day.into(),
                values.into(),
                nodes.into(),
            ];
            let row = client.select(statement, None, &arguments)?.first();
            Ok((row.get::<Vec<i64>>(1)?, row.get::<Vec<i64>>(2)?))
        });
        let places = |list: Option<Vec<i64>>| {
            let list = list.unwrap_or_default().into_iter();
            list.filter_map(|at| usize::try_from(at - 1).ok()).collect()
        };
        match found {
            Ok((values, nodes)) => (places(values), places(nodes)),
            Err(_) => spi_failed(),
        }
    }

    /// Payloads, once each. Rivals that store the same wait for each other in the order of digests.
    pub fn blobs(&self, mut contents: Vec<Content<'_>>) {
        contents.sort_by_key(|content| content.digest);
        let mut digests = Vec::with_capacity(contents.len());
        let mut sizes = Vec::with_capacity(contents.len());
        let mut parts = Vec::with_capacity(contents.len());
        let mut truncated = Vec::with_capacity(contents.len());
        let mut payloads = Vec::with_capacity(contents.len());
        for content in contents {
            digests.push(content.digest.to_vec());
            sizes.push(clamp(content.bytes));
            parts.push(clamp(content.parts));
            truncated.push(content.truncated());
            payloads.push(NewJsonb(content.payload.into_owned()));
        }
        if digests.is_empty() {
            return;
        }
        self.insert(
            "INSERT INTO transcript.blobs (conversation_id, recorded_at, tenant_id, user_id,
                digest, payload_bytes, parts, truncated, payload)
            SELECT $1, $2, $3, $4, b.* FROM ROWS FROM (
                pg_catalog.unnest($5::bytea[]),
                pg_catalog.unnest($6::integer[]),
                pg_catalog.unnest($7::integer[]),
                pg_catalog.unnest($8::boolean[]),
                pg_catalog.unnest($9::jsonb[])) b
            ON CONFLICT DO NOTHING",
            vec![
                digests.into(),
                sizes.into(),
                parts.into(),
                truncated.into(),
                payloads.into(),
            ],
        );
    }

    pub fn attachments(&self, mut attachments: Vec<Attachment>) {
        attachments.sort_by_key(|attachment| attachment.sha256);
        attachments.dedup_by_key(|attachment| attachment.sha256);
        let mut digests = Vec::with_capacity(attachments.len());
        let mut sizes = Vec::with_capacity(attachments.len());
        let mut media_types = Vec::with_capacity(attachments.len());
        let mut contents = Vec::with_capacity(attachments.len());
        for attachment in attachments {
            digests.push(attachment.sha256.to_vec());
            sizes.push(clamp(attachment.content.len()));
            media_types.push(attachment.media_type);
            contents.push(attachment.content);
        }
        if digests.is_empty() {
            return;
        }
        self.insert(
            "INSERT INTO transcript.attachments (conversation_id, recorded_at, tenant_id, user_id,
                digest, content_bytes, media_type, content)
            SELECT $1, $2, $3, $4, a.* FROM ROWS FROM (
                pg_catalog.unnest($5::bytea[]),
                pg_catalog.unnest($6::integer[]),
                pg_catalog.unnest($7::text[]),
                pg_catalog.unnest($8::bytea[])) a
            ON CONFLICT DO NOTHING",
            vec![
                digests.into(),
                sizes.into(),
                media_types.into(),
                contents.into(),
            ],
        );
    }

    fn nodes(&self, mut nodes: Vec<&Node>) {
        nodes.sort_by_key(|node| node.digest);
        if nodes.is_empty() {
            return;
        }
        let digests: Vec<_> = nodes.iter().map(|node| node.digest.to_vec()).collect();
        let parents: Vec<_> = nodes.iter().map(|n| n.parent.map(|p| p.to_vec())).collect();
        let items: Vec<_> = nodes.iter().map(|node| node.item.to_vec()).collect();
        let positions: Vec<_> = nodes.iter().map(|node| node.position).collect();
        self.insert(
            "INSERT INTO transcript.inputs (conversation_id, recorded_at, tenant_id, user_id,
                digest, parent, item, position)
            SELECT $1, $2, $3, $4, n.* FROM ROWS FROM (
                pg_catalog.unnest($5::bytea[]),
                pg_catalog.unnest($6::bytea[]),
                pg_catalog.unnest($7::bytea[]),
                pg_catalog.unnest($8::integer[])) n
            ON CONFLICT DO NOTHING",
            vec![
                digests.into(),
                parents.into(),
                items.into(),
                positions.into(),
            ],
        );
    }

    fn insert<'a>(&'a self, statement: &str, columns: Vec<DatumWithOid<'a>>) {
        let mut arguments = vec![
            self.conversation.into(),
            self.day.into(),
            self.tenant.into(),
            self.user.as_deref().into(),
        ];
        arguments.extend(columns);
        let _storing = Storing::begin();
        let done =
            Spi::connect_mut(|client| client.update(statement, None, &arguments).map(|_| ()));
        if done.is_err() {
            spi_failed();
        }
    }
}

/// A node of an input's chain.
struct Node {
    digest: Sha256,
    parent: Option<Sha256>,
    item: Sha256,
    position: i32,
}

fn chain(list: &List<'_>) -> impl Iterator<Item = Node> {
    list.nodes.iter().enumerate().map(|(at, digest)| Node {
        digest: *digest,
        parent: at.checked_sub(1).map(|before| list.nodes[before]),
        item: list.digests[at],
        position: clamp(at + 1),
    })
}

pub fn clamp(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

pub fn spi_failed() -> ! {
    Error::new(
        "TR005",
        "a table of the schema cannot be written",
        "run pg_transcript migrate",
    )
    .raise()
}
