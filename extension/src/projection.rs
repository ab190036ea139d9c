//! `project`: the items of a batch as rows for `events`; `formats`: what it understands.

use crate::datum::{Jsonb, NewJsonb};
use crate::digests::{conversation_id, run_id};
use crate::error::or_raise;
use payload::jsonb::Container;
use payload::project::{self, BatchError, Event, FORMATS, Format, Limits, Problem, nameable};
use pgrx::Uuid;
use pgrx::prelude::*;
use std::borrow::Cow;

/// What a dead letter keeps of an item that is too large.
const HEAD_BYTES: usize = 16 * 1024;

/// One row per item, in batch order. An item that cannot become an event has a `reason`, and its
/// payload is the item as it came. `merging` says that all states of one thing have one key.
#[pg_extern(immutable, strict, parallel_safe)]
#[allow(
    clippy::type_complexity,
    reason = "pgrx reads the columns off the type"
)]
fn project(
    batch: Jsonb,
    format: &str,
    tenant: &str,
    max_item_bytes: i32,
    merging: default!(bool, false),
) -> TableIterator<
    'static,
    (
        name!(index, i32),
        name!(conversation, Option<String>),
        name!(conversation_id, Option<Uuid>),
        name!(run, Option<String>),
        name!(run_id, Option<Uuid>),
        name!(event_key, Option<Uuid>),
        name!(user_id, Option<String>),
        name!(kind, Option<String>),
        name!(role, Option<String>),
        name!(agent, Option<String>),
        name!(model, Option<String>),
        name!(tool_name, Option<String>),
        name!(tool_call_id, Option<String>),
        name!(sequence, Option<i64>),
        name!(occurred_us, Option<i64>),
        name!(calls, Option<Vec<String>>),
        name!(answers, Option<Vec<String>>),
        name!(item_id, Option<String>),
        name!(parent_id, Option<String>),
        name!(about_run, Option<NewJsonb>),
        name!(payload, NewJsonb),
        name!(reason, Option<String>),
    ),
> {
    let format = or_raise(
        Format::named(format).ok_or_else(|| BatchError::UnknownFormat {
            name: nameable(format),
        }),
    );
    let limits = Limits {
        item_bytes: usize::try_from(max_item_bytes).unwrap_or(0),
    };
    let root = or_raise(Container::root(batch.bytes()));
    let events = or_raise(project::project(root, format, limits));
    // Most batches are for one conversation and one run.
    let mut conversations = Ids::default();
    let mut runs = Ids::default();
    let rows: Vec<_> = events
        .into_iter()
        .map(|event| {
            let conversation = event.conversation.as_deref();
            let run = conversation.zip(event.run.as_deref());
            (
                event.index as i32,
                conversation.map(str::to_owned),
                conversation.map(|c| conversations.of((c, ""), || conversation_id(tenant, c))),
                event.run.as_deref().map(str::to_owned),
                run.map(|(c, run)| runs.of((c, run), || run_id(tenant, c, run))),
                key_of(&event, merging).map(Uuid::from_bytes),
                owned(&event.user),
                Some(event.kind.clone().into_owned()).filter(|kind| !kind.is_empty()),
                owned(&event.role),
                owned(&event.agent),
                owned(&event.model),
                owned(&event.tool_name),
                owned(&event.tool_call_id),
                event.sequence,
                event.occurred_at,
                list(&event.calls),
                list(&event.answers),
                owned(&event.item_id),
                owned(&event.parent_id),
                or_raise(event.about_run.datum()).map(NewJsonb),
                payload_of(&event),
                event
                    .problem
                    .as_ref()
                    .map(|p| format!("{}: {p}; {}", p.code(), p.hint())),
            )
        })
        .collect();
    TableIterator::new(rows)
}

/// The id that was computed last, and of what.
#[derive(Default)]
struct Ids(Option<(String, String, Uuid)>);

impl Ids {
    fn of(&mut self, name: (&str, &str), compute: impl FnOnce() -> Uuid) -> Uuid {
        match &self.0 {
            Some((first, second, id)) if (first.as_str(), second.as_str()) == name => *id,
            _ => {
                let id = compute();
                self.0 = Some((name.0.to_owned(), name.1.to_owned(), id));
                id
            }
        }
    }
}

fn key_of(event: &Event<'_>, merging: bool) -> Option<[u8; 16]> {
    if merging {
        event.merge_key()
    } else {
        event.event_key()
    }
}

fn owned(text: &Option<Cow<'_, str>>) -> Option<String> {
    text.as_deref().map(str::to_owned)
}

fn list(ids: &[Cow<'_, str>]) -> Option<Vec<String>> {
    (!ids.is_empty()).then(|| ids.iter().map(|id| id.clone().into_owned()).collect())
}

/// The event's payload. Of one that is refused for its size, a dead letter keeps the head.
fn payload_of(event: &Event<'_>) -> NewJsonb {
    let datum = or_raise(event.payload.datum());
    if matches!(
        event.problem,
        Some(Problem::TooLarge { .. } | Problem::TooDeep { .. })
    ) {
        let head = payload::cap::cap(&datum, HEAD_BYTES).ok().flatten();
        return NewJsonb(head.unwrap_or_else(|| or_raise(payload::json::parse("null"))));
    }
    NewJsonb(datum.into_owned())
}

/// What a batch says of the conversation that its envelope names.
#[pg_extern(immutable, strict, parallel_safe)]
#[allow(
    clippy::type_complexity,
    reason = "pgrx reads the columns off the type"
)]
fn batch_header(
    batch: Jsonb,
) -> TableIterator<
    'static,
    (
        name!(conversation, Option<String>),
        name!(source, Option<String>),
        name!(title, Option<String>),
        name!(metadata, Option<NewJsonb>),
    ),
> {
    let root = or_raise(Container::root(batch.bytes()));
    let header = or_raise(project::header(root));
    TableIterator::once((
        header.conversation.map(str::to_owned),
        header.source.map(str::to_owned),
        header.title.map(str::to_owned),
        header
            .metadata
            .map(|metadata| NewJsonb(metadata.bytes().to_vec())),
    ))
}

/// The formats that `append` takes.
#[pg_extern(immutable, strict, parallel_safe)]
fn formats() -> TableIterator<
    'static,
    (
        name!(format, String),
        name!(aliases, Vec<String>),
        name!(description, String),
    ),
> {
    TableIterator::new(FORMATS.iter().map(|format| {
        (
            format.name.to_owned(),
            format.aliases.iter().map(|a| (*a).to_owned()).collect(),
            format.description.to_owned(),
        )
    }))
}
