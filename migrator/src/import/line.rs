//! What happens to one line: stored batch by batch, or reported and kept.

use std::collections::BTreeSet;
use std::path::Path;

use crate::error::Error;
use crate::refusal::Refusal;

use super::batch::{self, Batch, Limits};
use super::conversation::{self, Conversation};
use super::input::Line;
use super::keep::keepable;
use super::progress::Progress;
use super::store::{Rejected, Store, Verdict};
use super::totals::{Counts, Totals};
use super::verdict::{blames_the_line, tally};
use crate::interrupt::Interrupt;

/// Under which lines are counted that do not get as far as naming a format.
const NO_FORMAT: &str = "(unreadable)";
/// Messages about single items; the rest are only counted, and found in the database.
const ITEM_MESSAGES: u32 = 20;

/// What the command line says about every line.
pub struct Settings {
    /// Format of lines without one.
    pub format: Option<String>,
    /// Whether the place of an item in its line is its number, where it has none of its own.
    pub is_numbered: bool,
    pub limits: Limits,
}

/// Takes lines, one after another.
pub struct Importer<'a> {
    store: Store,
    settings: Settings,
    progress: Progress,
    interrupt: Interrupt,
    totals: &'a mut Totals,
    item_messages: u32,
    unknown_keys: BTreeSet<String>,
}

impl<'a> Importer<'a> {
    pub fn new(
        store: Store,
        settings: Settings,
        progress: Progress,
        interrupt: Interrupt,
        totals: &'a mut Totals,
    ) -> Self {
        let unknown_keys = BTreeSet::new();
        Self {
            store,
            settings,
            progress,
            interrupt,
            totals,
            item_messages: 0,
            unknown_keys,
        }
    }

    /// Stores a line. An error means that the import cannot go on, not that the line was bad.
    pub async fn line(&mut self, path: &Path, number: u64, line: Line) -> Result<(), Error> {
        let place = Place { path, number };
        let raw = match line {
            Line::TooLong { head, bytes } => {
                let reason = format!("the line is {bytes} bytes long, over --max-line-bytes");
                return self.reject(&place, None, &reason, &head).await;
            }
            Line::Whole(raw) => raw,
        };
        if raw.trim_ascii().is_empty() {
            return Ok(());
        }
        let Ok(text) = std::str::from_utf8(&raw) else {
            return self.reject(&place, None, "is not valid UTF-8", &raw).await;
        };
        let conversation = match conversation::parse(text) {
            Ok(conversation) => conversation,
            Err(reason) => return self.reject(&place, None, &reason, &raw).await,
        };
        let named = conversation
            .format
            .clone()
            .or_else(|| self.settings.format.clone());
        let Some(format) = named else {
            return self.reject(&place, None, "format is missing", &raw).await;
        };
        self.warn_of_unknown_keys(&place, &conversation);
        self.conversation(&place, &conversation, &format, &raw)
            .await
    }

    /// Takes the progress display down.
    pub fn finish(self) {
        self.progress.finish();
        if self.item_messages > ITEM_MESSAGES {
            let hidden = self.item_messages - ITEM_MESSAGES;
            eprintln!("{hidden} more items were rejected or in conflict");
        }
    }

    async fn conversation(
        &mut self,
        place: &Place<'_>,
        conversation: &Conversation<'_>,
        format: &str,
        raw: &[u8],
    ) -> Result<(), Error> {
        for batch in batch::batches(&conversation.items, self.settings.limits) {
            let envelope = batch::envelope(conversation, &batch, self.settings.is_numbered);
            match self.store.append(&envelope, format).await {
                Ok(verdicts) => self.count(place, format, &batch, &verdicts)?,
                Err(refusal) if blames_the_line(&refusal) => {
                    let reason = match batch.first {
                        0 => refusal.to_string(),
                        first => format!("from item {first} on: {refusal}"),
                    };
                    return self.reject(place, Some(format), &reason, raw).await;
                }
                Err(refusal) => return Err(stopped(place, refusal)),
            }
            let last = batch.first + batch.items.len() == conversation.items.len();
            if !last && self.interrupt.asked() {
                return Err(Error::Interrupted);
            }
        }
        self.totals.add(
            format,
            Counts {
                conversations: 1,
                ..Counts::default()
            },
        );
        Ok(())
    }

    fn count(
        &mut self,
        place: &Place<'_>,
        format: &str,
        batch: &Batch<'_, '_>,
        verdicts: &[Verdict],
    ) -> Result<(), Error> {
        let sent = batch.items.len();
        let counts = tally(sent, verdicts).map_err(|found| Error::VerdictsDisagree {
            place: place.to_string(),
            sent,
            found,
        })?;
        self.totals.add(format, counts);
        self.progress.items(sent);
        for verdict in verdicts
            .iter()
            .filter(|v| v.status == "conflict" || v.status == "rejected")
        {
            self.item_messages += 1;
            if self.item_messages <= ITEM_MESSAGES {
                let item = batch.first as i64 + i64::from(verdict.index);
                let reason = verdict.reason.as_deref().unwrap_or("no reason given");
                self.progress.say(format_args!(
                    "{place}: item {item}: {}: {reason}",
                    verdict.status
                ));
            }
        }
        Ok(())
    }

    async fn reject(
        &mut self,
        place: &Place<'_>,
        format: Option<&str>,
        reason: &str,
        raw: &[u8],
    ) -> Result<(), Error> {
        self.progress.say(format_args!("{place}: {reason}"));
        let rejected = Rejected {
            source: &place.path.display().to_string(),
            line: i64::try_from(place.number).unwrap_or(i64::MAX),
            format,
            reason,
            raw: &keepable(raw),
        };
        self.store
            .reject(&rejected)
            .await
            .map_err(|refusal| stopped(place, refusal))?;
        let counts = Counts {
            rejected_lines: 1,
            ..Counts::default()
        };
        self.totals.add(format.unwrap_or(NO_FORMAT), counts);
        Ok(())
    }

    /// Once per key: what is not stored should not go unnoticed.
    fn warn_of_unknown_keys(&mut self, place: &Place<'_>, conversation: &Conversation<'_>) {
        for key in &conversation.unknown_keys {
            if self.unknown_keys.insert(key.clone()) {
                self.progress.say(format_args!(
                    "{place}: key {key:?} is not stored; move it into meta"
                ));
            }
        }
    }
}

fn stopped(place: &Place<'_>, refusal: Refusal) -> Error {
    Error::ImportStopped {
        place: place.to_string(),
        refusal: Box::new(refusal),
    }
}

/// `file:line`.
struct Place<'a> {
    path: &'a Path,
    number: u64,
}

impl std::fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.path.display(), self.number)
    }
}
