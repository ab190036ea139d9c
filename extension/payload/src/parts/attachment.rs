//! Which strings are attachments: data URLs, and base64 beside a media type, as the providers'
//! formats and MCP have them.

use super::base64;
use super::{Sha256, sha256};
use crate::jsonb::{Container, Value};

/// Bytes that came as base64.
#[derive(Debug)]
pub struct Attachment {
    pub sha256: Sha256,
    /// In lower case, without parameters.
    pub media_type: String,
    pub content: Vec<u8>,
}

/// Members that hold base64 when a media type stands beside them.
const DATA_KEYS: [&str; 2] = ["data", "blob"];
/// Members that say which media type it is.
const MEDIA_TYPE_KEYS: [&str; 5] = [
    "media_type",
    "mime_type",
    "mimeType",
    "mediaType",
    "content_type",
];
/// What `format` says beside the `data` of an audio input.
const AUDIO_FORMATS: [&str; 8] = ["wav", "mp3", "flac", "opus", "pcm16", "aac", "ogg", "webm"];
/// Longest part of a data URL before its data that is read as one.
const HEAD_MAX: usize = 256;
const MEDIA_TYPE_MAX: usize = 127;

/// True when an attachment is text and can be searched for secrets.
pub fn is_text(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    let starts = |with: &str| {
        let head = essence.as_bytes().get(..with.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(with.as_bytes()))
    };
    starts("text/") || essence.eq_ignore_ascii_case("application/json")
}

/// The text of an attachment and what stands before its base64: of a data URL that says that it is
/// text, or of base64 of which something `beside` it says so.
pub fn encoded_text(text: &str, beside: bool) -> Option<(&str, String)> {
    let prefix = match data_url(text) {
        Some((prefix, media_type)) if is_text(&media_type) => prefix,
        None if beside => "",
        _ => return None,
    };
    let content = base64::decode(&text.as_bytes()[prefix.len()..])?;
    let content = simdutf8::basic::from_utf8(&content).ok()?;
    Some((prefix, content.to_owned()))
}

/// The attachment of which [`encoded_text`] gave the parts.
pub fn encode_text(prefix: &str, text: &str) -> String {
    let mut out = String::with_capacity(prefix.len() + base64::encoded_len(text.len()));
    out.push_str(prefix);
    base64::encode_into(&mut out, text.as_bytes());
    out
}

/// A string taken apart: what stands before the base64, and the bytes behind it.
pub(super) struct Taken<'a> {
    pub prefix: &'a str,
    pub attachment: Attachment,
}

/// Takes the string under `key` of `object` for an attachment of `min` to `max` bytes, if it is one.
pub(super) fn take<'a>(
    text: &'a str,
    member: Option<(&str, Container<'_>)>,
    min: usize,
    max: usize,
) -> Option<Taken<'a>> {
    if text.len() < base64::encoded_len(min) {
        return None;
    }
    let (prefix, media_type) = match data_url(text) {
        Some(head) => head,
        None => {
            let (key, object) = member?;
            ("", media_type_beside(key, object)?)
        }
    };
    let body = &text.as_bytes()[prefix.len()..];
    if body.len() > base64::encoded_len(max) {
        return None;
    }
    let content = base64::decode(body)?;
    if content.len() < min || content.len() > max {
        return None;
    }
    let attachment = Attachment {
        sha256: sha256(&content),
        media_type,
        content,
    };
    Some(Taken { prefix, attachment })
}

/// What stands before the data of `data:<media type>;…;base64,<data>`, and the media type.
fn data_url(text: &str) -> Option<(&str, String)> {
    let scheme = text.as_bytes().get(..5)?;
    if !scheme.eq_ignore_ascii_case(b"data:") {
        return None;
    }
    let comma = text.bytes().take(HEAD_MAX).position(|b| b == b',')?;
    let head = text.get(5..comma)?;
    let (described, encoding) = head.rsplit_once(';')?;
    if !encoding.trim().eq_ignore_ascii_case("base64") {
        return None;
    }
    let name = described.split(';').next().unwrap_or_default();
    // What a data URL means when it does not say.
    let name = if name.trim().is_empty() {
        "text/plain"
    } else {
        name
    };
    Some((&text[..=comma], media_type(name)?))
}

/// The media type of base64 without one of its own, from the members beside it.
fn media_type_beside(key: &str, object: Container<'_>) -> Option<String> {
    let text = |key: &str| match object.get(key) {
        Ok(Some(Value::String(text))) => Some(text),
        _ => None,
    };
    if DATA_KEYS.contains(&key) {
        if let Some(named) = MEDIA_TYPE_KEYS.iter().find_map(|key| text(key)) {
            return media_type(named.split(';').next().unwrap_or_default());
        }
        let format = text("format").filter(|format| AUDIO_FORMATS.contains(format))?;
        return Some(format!("audio/{format}"));
    }
    if key == "result" && text("type") == Some("image_generation_call") {
        return media_type(&format!("image/{}", text("output_format").unwrap_or("png")));
    }
    None
}

/// The name in lower case, when it can be one.
fn media_type(name: &str) -> Option<String> {
    let name = name.trim();
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b);
    let (kind, subtype) = name.split_once('/')?;
    let valid = |part: &str| !part.is_empty() && part.bytes().all(allowed);
    (name.len() <= MEDIA_TYPE_MAX && valid(kind) && valid(subtype))
        .then(|| name.to_ascii_lowercase())
}
