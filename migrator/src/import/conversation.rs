//! One input line: a conversation whose items keep their exact text.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A line's parts, borrowed from it. Strings that go on to the server stay raw JSON: decoding would
/// fail on a lone surrogate, which the server stores.
#[derive(Debug)]
pub struct Conversation<'a> {
    pub source: Option<&'a RawValue>,
    pub format: Option<String>,
    pub id: &'a RawValue,
    pub meta: Option<&'a RawValue>,
    pub items: Vec<&'a RawValue>,
    /// Keys this program does not know and so does not store.
    pub unknown_keys: Vec<String>,
}

/// Reads a line; the message says what is wrong, and never repeats content.
pub fn parse(line: &str) -> Result<Conversation<'_>, String> {
    // serde_json would name the value that stands here instead.
    if !line.trim_start().starts_with('{') {
        return Err("is not a JSON object".to_owned());
    }
    serde_json::from_str(line).map_err(|error| {
        // The line is always 1 here; the reader prefixes the file's.
        let text = error.to_string();
        text.replace(" at line 1 column ", " at column ")
    })
}

impl<'de: 'a, 'a> Deserialize<'de> for Conversation<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Line)
    }
}

struct Line;

impl<'de> Visitor<'de> for Line {
    type Value = Conversation<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a conversation")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut source, mut format, mut id, mut meta, mut items) = (None, None, None, None, None);
        let mut unknown_keys = Vec::new();
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            let slot = match &*key {
                "source" => &mut source,
                "format" => &mut format,
                "conversation_id" => &mut id,
                "meta" => &mut meta,
                "items" => &mut items,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    unknown_keys.push(key.into_owned());
                    continue;
                }
            };
            if slot.replace(map.next_value::<&'de RawValue>()?).is_some() {
                return Err(A::Error::custom(format_args!("{key} is given twice")));
            }
        }
        let format = match string("format", format)? {
            Some(raw) => Some(serde_json::from_str(raw.get()).map_err(A::Error::custom)?),
            None => None,
        };
        Ok(Conversation {
            source: string("source", source)?,
            format,
            id: string("conversation_id", id)?
                .ok_or_else(|| A::Error::custom("conversation_id is missing"))?,
            meta: meta.filter(|meta| meta.get() != "null"),
            items: array(items.ok_or_else(|| A::Error::custom("items is missing"))?)?,
            unknown_keys,
        })
    }
}

/// A JSON string, or nothing where there is none or null.
fn string<'a, E: serde::de::Error>(
    key: &str,
    value: Option<&'a RawValue>,
) -> Result<Option<&'a RawValue>, E> {
    match value {
        Some(raw) if raw.get().starts_with('"') => Ok(Some(raw)),
        Some(raw) if raw.get() != "null" => Err(E::custom(format_args!("{key} is not a string"))),
        _ => Ok(None),
    }
}

fn array<E: serde::de::Error>(value: &RawValue) -> Result<Vec<&RawValue>, E> {
    if !value.get().starts_with('[') {
        return Err(E::custom("items is not an array"));
    }
    serde_json::from_str(value.get()).map_err(E::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_keep_their_text() {
        let line = r#" {"items":[ {"n":1.50, "s":"\ud83d \u0000"} ,12345678901234567890e999,null],
            "conversation_id":"c\ud83d","format":"f","meta":{"a": 1},"source":"s","extra":[]} "#;
        let read = parse(line).unwrap();
        let items: Vec<_> = read.items.iter().map(|item| item.get()).collect();
        assert_eq!(
            items,
            [
                r#"{"n":1.50, "s":"\ud83d \u0000"}"#,
                "12345678901234567890e999",
                "null"
            ]
        );
        assert_eq!(read.id.get(), r#""c\ud83d""#);
        assert_eq!(read.format.as_deref(), Some("f"));
        assert_eq!(read.meta.unwrap().get(), r#"{"a": 1}"#);
        assert_eq!(read.source.unwrap().get(), r#""s""#);
        assert_eq!(read.unknown_keys, ["extra"]);
    }

    #[test]
    fn nulls_count_as_absent() {
        let read =
            parse(r#"{"source":null,"format":null,"meta":null,"conversation_id":"c","items":[]}"#);
        let read = read.unwrap();
        assert!(read.source.is_none() && read.format.is_none() && read.meta.is_none());
    }

    #[test]
    fn messages_name_the_fault_and_no_content() {
        let fault = |line: &str| parse(line).unwrap_err();
        assert_eq!(fault(r#""geheim""#), "is not a JSON object");
        assert!(fault(r#"{"items":[]}"#).starts_with("conversation_id is missing"));
        assert!(fault(r#"{"conversation_id":"c"}"#).starts_with("items is missing"));
        assert!(
            fault(r#"{"conversation_id":7,"items":[]}"#).starts_with("conversation_id is not a")
        );
        assert!(
            fault(r#"{"conversation_id":"c","items":{}}"#).starts_with("items is not an array")
        );
        assert!(
            fault(r#"{"conversation_id":"c","items":[],"items":[]}"#).starts_with("items is given")
        );
        assert!(fault(r#"{"conversation_id":"c","items":[]}{"a":1}"#).starts_with("trailing char"));
        assert!(fault(r#"{"conversation_id":"c","items":[1"#).contains("at column"));
        for line in ["\"geheim\"", "[\"geheim\"]", "{\"format\":{\"geheim\":1}}"] {
            assert!(!fault(line).contains("geheim"));
        }
    }

    #[test]
    fn depth_is_no_obstacle() {
        let deep = format!("{}1{}", "[".repeat(5000), "]".repeat(5000));
        let line = format!(r#"{{"conversation_id":"c","items":[{deep}]}}"#);
        assert_eq!(parse(&line).unwrap().items[0].get(), deep);
    }
}
