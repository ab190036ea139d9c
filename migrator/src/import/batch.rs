//! Cuts a conversation's items into what one transaction stores.

use serde_json::value::RawValue;

use super::conversation::Conversation;

/// How much goes into one transaction.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub items: usize,
    pub bytes: usize,
}

/// Consecutive items of a conversation.
#[derive(Debug)]
pub struct Batch<'a, 'line> {
    /// Place of the first item in its line, from 0.
    pub first: usize,
    pub items: &'a [&'line RawValue],
}

/// The batches of a conversation: at least one, so that an empty conversation is stored too.
pub fn batches<'a, 'line>(
    items: &'a [&'line RawValue],
    limits: Limits,
) -> impl Iterator<Item = Batch<'a, 'line>> {
    let mut first = 0;
    let mut begun = false;
    std::iter::from_fn(move || {
        if begun && first == items.len() {
            return None;
        }
        begun = true;
        let mut bytes = 0;
        let fitting = items[first..].iter().take(limits.items).take_while(|item| {
            bytes += item.get().len();
            bytes <= limits.bytes
        });
        // A single item over the limit goes alone.
        let count = fitting.count().max(1).min(items.len() - first);
        let batch = Batch {
            first,
            items: &items[first..first + count],
        };
        first += count;
        Some(batch)
    })
}

/// The text that `transcript.parse` reads: JSON put together from the line's own pieces.
pub fn envelope(
    conversation: &Conversation<'_>,
    batch: &Batch<'_, '_>,
    is_numbered: bool,
) -> String {
    let size: usize = batch.items.iter().map(|item| item.get().len() + 1).sum();
    let mut text = String::with_capacity(size + 256);
    text.push_str("{\"conversation\":");
    text.push_str(conversation.id.get());
    if is_numbered {
        text.push_str(&format!(",\"sequence\":{}", batch.first));
    }
    if let Some(source) = conversation.source {
        text.push_str(",\"source\":");
        text.push_str(source.get());
    }
    if let Some(meta) = conversation.meta.filter(|_| batch.first == 0) {
        text.push_str(",\"metadata\":");
        text.push_str(meta.get());
    }
    text.push_str(",\"items\":[");
    for (index, item) in batch.items.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(item.get());
    }
    text.push_str("]}");
    text
}

#[cfg(test)]
mod tests {
    use super::super::conversation::parse;
    use super::*;

    fn cut(line: &str, items: usize, bytes: usize) -> Vec<(usize, usize)> {
        let conversation = parse(line).unwrap();
        batches(&conversation.items, Limits { items, bytes })
            .map(|batch| (batch.first, batch.items.len()))
            .collect()
    }

    #[test]
    fn batches_keep_both_limits() {
        let line = r#"{"conversation_id":"c","items":["aaaa","bbbb","cccccccccccc","d","e"]}"#;
        assert_eq!(cut(line, 2, 1000), [(0, 2), (2, 2), (4, 1)]);
        assert_eq!(cut(line, 9, 12), [(0, 2), (2, 1), (3, 2)]);
        assert_eq!(cut(line, 9, 1), [(0, 1), (1, 1), (2, 1), (3, 1), (4, 1)]);
        assert_eq!(cut(r#"{"conversation_id":"c","items":[]}"#, 9, 9), [(0, 0)]);
    }

    #[test]
    fn envelopes_quote_the_line_word_for_word() {
        let line = r#"{"source":"s\u0000","conversation_id":"c","meta":{"m":1.0},"items":["\ud83d",2.50]}"#;
        let conversation = parse(line).unwrap();
        let texts: Vec<String> = batches(
            &conversation.items,
            Limits {
                items: 1,
                bytes: 99,
            },
        )
        .map(|batch| envelope(&conversation, &batch, true))
        .collect();
        assert_eq!(
            texts,
            [
                r#"{"conversation":"c","sequence":0,"source":"s\u0000","metadata":{"m":1.0},"items":["\ud83d"]}"#,
                r#"{"conversation":"c","sequence":1,"source":"s\u0000","items":[2.50]}"#,
            ]
        );
    }
}
