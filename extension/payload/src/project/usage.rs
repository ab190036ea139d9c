//! Token usage: every provider has its own names for the same five numbers.
//!
//! A run's usage is an object with `input_tokens`, `output_tokens`, `total_tokens`, `cached_tokens`
//! and `reasoning_tokens`, as far as they were reported, and `reported`: what came, as it came.
//! Nothing is added up: whether input includes what was cached differs by provider.

use super::Part;
use super::fields::{get, object};
use crate::jsonb::{Container, Node, Value, encode};
use std::borrow::Cow;

/// Where a number may stand: a member, or a member of an object that is one.
type Names = &'static [&'static [&'static str]];

const INPUT: Names = &[
    &["input_tokens"],
    &["prompt_tokens"],
    &["inputTokens"],
    &["promptTokens"],
    &["promptTokenCount"],
    &["prompt_token_count"],
    &["inputTokenCount"],
    &["inputTokens", "total"],
    &["total_input_tokens"],
    &["tokens", "input_tokens"],
    &["input"],
    &["gen_ai.usage.input_tokens"],
    &["gen_ai.usage.prompt_tokens"],
];
const OUTPUT: Names = &[
    &["output_tokens"],
    &["completion_tokens"],
    &["outputTokens"],
    &["completionTokens"],
    &["candidatesTokenCount"],
    &["candidates_token_count"],
    &["outputTokenCount"],
    &["outputTokens", "total"],
    &["total_output_tokens"],
    &["tokens", "output_tokens"],
    &["output"],
    &["gen_ai.usage.output_tokens"],
    &["gen_ai.usage.completion_tokens"],
];
const TOTAL: Names = &[
    &["total_tokens"],
    &["totalTokens"],
    &["totalTokenCount"],
    &["total_token_count"],
    &["total"],
    &["gen_ai.usage.total_tokens"],
    &["llm.usage.total_tokens"],
];
const CACHED: Names = &[
    &["cached_tokens"],
    &["cache_read_input_tokens"],
    &["input_tokens_details", "cached_tokens"],
    &["prompt_tokens_details", "cached_tokens"],
    &["input_token_details", "cache_read"],
    &["prompt_cache_hit_tokens"],
    &["cachedContentTokenCount"],
    &["cached_content_token_count"],
    &["cacheReadInputTokens"],
    &["cacheReadInputTokenCount"],
    &["cachedInputTokens"],
    &["cached_input_tokens"],
    &["input_tokens_cache_read"],
    &["cache_read_tokens"],
    &["total_cached_tokens"],
    &["cache", "read"],
    &["gen_ai.usage.cache_read.input_tokens"],
    &["gen_ai.usage.cache_read_input_tokens"],
];
const REASONING: Names = &[
    &["reasoning_tokens"],
    &["output_tokens_details", "reasoning_tokens"],
    &["completion_tokens_details", "reasoning_tokens"],
    &["output_token_details", "reasoning"],
    &["thoughtsTokenCount"],
    &["thoughts_token_count"],
    &["reasoningTokens"],
    &["reasoning_output_tokens"],
    &["total_thought_tokens"],
    &["reasoning"],
    &["gen_ai.usage.reasoning_tokens"],
];

/// The usage that a provider's own object reports; `None` when it says nothing.
pub fn usage(reported: Container<'_>) -> Option<Part<'static>> {
    if reported.is_empty() {
        return None;
    }
    let mut pairs: Vec<(Cow<'_, str>, Node<'_>)> = [
        ("input_tokens", INPUT),
        ("output_tokens", OUTPUT),
        ("total_tokens", TOTAL),
        ("cached_tokens", CACHED),
        ("reasoning_tokens", REASONING),
    ]
    .into_iter()
    .filter_map(|(name, names)| Some((Cow::Borrowed(name), Node::integer(count(reported, names)?))))
    .collect();
    pairs.push((Cow::Borrowed("reported"), Node::Raw(reported)));
    encode(&Node::object(pairs)).ok().map(Part::Owned)
}

/// The usage that several reports come to: a stream reports it in pieces, and the last word of each
/// member counts.
pub fn merged(reports: &[Container<'_>]) -> Option<Part<'static>> {
    let (first, rest) = reports.split_first()?;
    if rest.is_empty() {
        return usage(*first);
    }
    let members = reports.iter().flat_map(|report| report.entries());
    let pairs = members.filter_map(|entry| {
        let (name, value) = entry.ok()?;
        let told = !matches!(value, Value::Null);
        told.then(|| (Cow::Borrowed(name), Node::from(value)))
    });
    let bytes = encode(&Node::object(pairs.collect())).ok()?;
    match Container::root(&bytes) {
        Ok(Value::Object(all)) => usage(all),
        _ => None,
    }
}

/// The first of the names that holds a count.
fn count(reported: Container<'_>, names: Names) -> Option<i64> {
    names.iter().find_map(|path| {
        let (last, above) = path.split_last()?;
        let holder = above.iter().try_fold(reported, |o, name| object(o, name))?;
        match get(holder, last)? {
            Value::Number(number) => number.to_i64().filter(|n| *n >= 0),
            // OTLP writes 64-bit integers as text.
            Value::String(text) => text.parse().ok().filter(|n: &i64| *n >= 0),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::fields::integer;
    use super::*;
    use crate::json;

    fn shown(reported: &str) -> Option<Vec<Option<i64>>> {
        let bytes = json::parse(reported).unwrap();
        let Ok(Value::Object(came)) = Container::root(&bytes) else {
            panic!("an object");
        };
        let part = usage(came)?;
        let Ok(Value::Object(usage)) = part.value() else {
            panic!("usage is an object");
        };
        let as_it_came = object(usage, "reported").unwrap();
        assert_eq!(as_it_came.bytes(), came.bytes());
        let names = [
            "input_tokens",
            "output_tokens",
            "total_tokens",
            "cached_tokens",
            "reasoning_tokens",
        ];
        Some(names.map(|name| integer(usage, name)).to_vec())
    }

    #[test]
    fn every_spelling_gives_the_same_names() {
        for reported in [
            r#"{"input_tokens":5,"output_tokens":7,"total_tokens":12,"input_tokens_details":{"cached_tokens":3},"output_tokens_details":{"reasoning_tokens":2}}"#,
            r#"{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12,"prompt_tokens_details":{"cached_tokens":3},"completion_tokens_details":{"reasoning_tokens":2}}"#,
            r#"{"promptTokenCount":5,"candidatesTokenCount":7,"totalTokenCount":12,"cachedContentTokenCount":3,"thoughtsTokenCount":2}"#,
            r#"{"inputTokens":5,"outputTokens":7,"totalTokens":12,"cacheReadInputTokens":3,"reasoningTokens":2}"#,
            r#"{"input":5,"output":7,"total":12,"reasoning":2,"cache":{"read":3,"write":0}}"#,
            r#"{"gen_ai.usage.input_tokens":"5","gen_ai.usage.output_tokens":"7","gen_ai.usage.total_tokens":"12","gen_ai.usage.cache_read.input_tokens":"3","gen_ai.usage.reasoning_tokens":"2"}"#,
        ] {
            let all = [5, 7, 12, 3, 2].map(Some).to_vec();
            assert_eq!(shown(reported), Some(all), "{reported}");
        }
    }

    #[test]
    fn a_stream_reports_in_pieces() {
        let bytes = json::parse(
            r#"[{"input_tokens":5,"output_tokens":1},{"input_tokens":null,"output_tokens":7}]"#,
        )
        .unwrap();
        let Ok(Value::Array(pieces)) = Container::root(&bytes) else {
            panic!("an array");
        };
        let pieces = pieces.elements().map(|piece| match piece {
            Ok(Value::Object(piece)) => piece,
            _ => panic!("an object"),
        });
        let part = merged(&pieces.collect::<Vec<_>>()).unwrap();
        let text = json::print(&part.datum().unwrap()).unwrap();
        assert_eq!(
            text,
            r#"{"reported": {"input_tokens": 5, "output_tokens": 7}, "input_tokens": 5, "output_tokens": 7}"#
        );
        assert!(merged(&[]).is_none());
    }

    #[test]
    fn what_was_not_reported_is_absent() {
        assert_eq!(shown("{}"), None);
        let none = shown(r#"{"input_tokens":-1,"output_tokens":"many","total_tokens":null}"#);
        assert_eq!(none, Some(vec![None; 5]));
    }
}
