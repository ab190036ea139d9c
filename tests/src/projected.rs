//! A transcript file as its format projects it.

use crate::corpus::{self, Conversation};
use payload::json;
use payload::jsonb::Container;
use payload::project::{Event, Format, Limits, project};
use std::collections::{BTreeMap, BTreeSet};

const LIMITS: Limits = Limits {
    item_bytes: 64 << 20,
};

/// Hands every conversation of a file whose format begins with `prefix`, and its events, to `look`.
/// Nothing happens, said aloud, where the files are absent.
pub fn each_conversation(file: &str, prefix: &str, look: impl FnMut(&Conversation, &[Event<'_>])) {
    each_batch(file, prefix, r#""sequence":0,"#, look);
}

/// The same for callers that number nothing.
pub fn each_unnumbered(file: &str, prefix: &str, look: impl FnMut(&Conversation, &[Event<'_>])) {
    each_batch(file, prefix, "", look);
}

fn each_batch(
    file: &str,
    prefix: &str,
    sequence: &str,
    mut look: impl FnMut(&Conversation, &[Event<'_>]),
) {
    let Some(folder) = corpus::transcripts() else {
        return;
    };
    let mut seen = 0;
    for conversation in corpus::conversations(&corpus::file_of(&folder, file)) {
        if !conversation.format.starts_with(prefix) {
            continue;
        }
        let format = Format::named(&conversation.format)
            .unwrap_or_else(|| panic!("{} is not a format", conversation.format));
        let batch = format!(
            r#"{{"conversation":{},{sequence}"items":[{}]}}"#,
            serde_json::to_string(&conversation.id).expect("a string"),
            conversation.items.join(",")
        );
        let datum = json::parse(&batch).expect("JSON");
        let root = Container::root(&datum).expect("jsonb");
        let events = project(root, format, LIMITS).expect("a batch");
        assert_eq!(
            events.len(),
            conversation.items.len(),
            "{}",
            conversation.id
        );
        look(&conversation, &events);
        seen += 1;
    }
    assert!(seen > 0, "{file} has no {prefix}");
}

/// What the events of a file came to.
#[derive(Debug, Default)]
pub struct Tally {
    pub events: usize,
    pub kinds: BTreeMap<String, usize>,
    pub calls: usize,
    pub answers: usize,
    /// Results whose call is nowhere in their conversation.
    pub without_call: usize,
    /// Calls that were never answered.
    pub open: usize,
    pub runs: usize,
    pub with_usage: usize,
    pub with_model: usize,
    /// Items that share an event key with an earlier one.
    pub repeated: usize,
    /// What was refused, with the reason.
    pub refused: Vec<String>,
}

/// Projects a file and adds up what came of it.
pub fn tally(file: &str, prefix: &str) -> Option<Tally> {
    corpus::transcripts()?;
    let mut tally = Tally::default();
    each_conversation(file, prefix, |conversation, events| {
        let calls: BTreeSet<&str> = ids(events, |e| &e.calls);
        let answers: BTreeSet<&str> = ids(events, |e| &e.answers);
        tally.events += events.len();
        tally.calls += calls.len();
        tally.answers += answers.len();
        tally.without_call += answers.difference(&calls).count();
        tally.open += calls.difference(&answers).count();
        let runs: BTreeSet<&str> = events.iter().filter_map(|e| e.run.as_deref()).collect();
        tally.runs += runs.len();
        let mut keys = BTreeSet::new();
        for event in events {
            *tally.kinds.entry(event.kind.to_string()).or_default() += 1;
            tally.with_usage += usize::from(event.about_run.usage.is_some());
            tally.with_model += usize::from(event.model.is_some());
            if !keys.insert(event.event_key()) {
                tally.repeated += 1;
            }
            if let Some(problem) = &event.problem {
                let place = format!("{} item {}", conversation.id, event.index);
                tally.refused.push(format!("{place}: {problem}"));
            }
        }
    });
    Some(tally)
}

fn ids<'e>(
    events: &'e [Event<'_>],
    of: impl Fn(&'e Event<'_>) -> &'e Vec<std::borrow::Cow<'e, str>>,
) -> BTreeSet<&'e str> {
    events
        .iter()
        .flat_map(|e| of(e).iter().map(|id| id.as_ref()))
        .collect()
}
