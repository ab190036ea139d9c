//! Which strings are attachments: data URLs, and base64 beside a media type, as the providers'
//! formats and MCP have them.

use super::base64;
use super::file_text::FileText;
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
/// Longest part of a data URL before its data that is read as one; of data, what tells text from other data.
const HEAD_MAX: usize = 256;
const MEDIA_TYPE_MAX: usize = 127;

/// True when a media type says that an attachment is text.
pub fn is_text(media_type: &str) -> bool {
    begins(media_type, "text/") || essence(media_type).eq_ignore_ascii_case("application/json")
}

/// True when a media type says that an attachment is none.
pub fn is_media(media_type: &str) -> bool {
    let kinds = ["image/", "audio/", "video/", "font/", "application/pdf"];
    kinds.iter().any(|kind| begins(media_type, kind))
        && !essence(media_type).eq_ignore_ascii_case("image/svg+xml")
}

fn essence(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim()
}

fn begins(media_type: &str, with: &str) -> bool {
    let head = essence(media_type).as_bytes().get(..with.len());
    head.is_some_and(|head| head.eq_ignore_ascii_case(with.as_bytes()))
}

/// The text of an attachment, if it has one: many types are text, and many files have no type.
pub fn text<'c>(media_type: &str, content: &'c [u8]) -> Option<FileText<'c>> {
    if is_media(media_type) {
        return None;
    }
    FileText::read(content, is_text(media_type))
}

/// The bytes of an attachment that may be text, and what stands before its base64: of a data URL, or
/// of base64 of which something beside it says whether it is text (`beside`).
pub fn encoded_text(text: &str, beside: Option<bool>) -> Option<(&str, bool, Vec<u8>)> {
    let (prefix, is_named) = match (data_url(text), beside) {
        (Some((_, media_type)), _) if is_media(&media_type) => return None,
        (Some((prefix, media_type)), _) => (prefix, is_text(&media_type)),
        (None, Some(is_named)) => ("", is_named),
        (None, None) => return None,
    };
    let encoded = &text.as_bytes()[prefix.len()..];
    let head = &encoded[..encoded.len().min(HEAD_MAX)];
    if encoded.len() > HEAD_MAX && !FileText::may_begin(&base64::decode(head)?, is_named) {
        return None;
    }
    Some((prefix, is_named, base64::decode(encoded)?))
}

/// The attachment of which [`encoded_text`] gave the parts, with other bytes.
pub fn encode_text(prefix: &str, content: &[u8]) -> String {
    let mut out = String::with_capacity(prefix.len() + base64::encoded_len(content.len()));
    out.push_str(prefix);
    base64::encode_into(&mut out, content);
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
