//! The body of a request or a response, however a recorder kept it: read, as text, as a stream of
//! events, or encoded.

use super::fields::get;
use crate::interrupt;
use crate::json;
use crate::jsonb::{Container, Node, Value, encode};
use crate::parts::base64_decode;
use std::borrow::Cow;

/// Members that hold a body, in the order in which they are tried.
const MEMBERS: [&str; 6] = ["parsed_body", "body", "json", "data", "params", "content"];
/// Members that hold one as base64.
const ENCODED: [&str; 2] = ["body_b64", "body_base64"];

/// A body: an object, or the list of the events of a stream.
#[derive(Debug)]
pub enum Body<'i> {
    Here(Container<'i>),
    Read(Vec<u8>),
    Unreadable,
}

impl<'i> Body<'i> {
    /// The body of one side of an exchange.
    pub fn of(side: Value<'i>) -> Self {
        let holder = match side {
            Value::Object(holder) => holder,
            Value::Array(events) => return Body::Here(events),
            Value::String(text) => return read(&json::unmark(text)),
            _ => return Body::Unreadable,
        };
        for member in MEMBERS {
            match get(holder, member) {
                Some(Value::Object(body)) => return Body::Here(body),
                // A message's own content is a list as well: the events of a stream are objects.
                Some(Value::Array(events)) if matches!(member, "parsed_body" | "body") => {
                    return Body::Here(events);
                }
                Some(Value::String(text)) if member != "content" => {
                    return read(&json::unmark(text));
                }
                _ => {}
            }
        }
        for member in ENCODED {
            if let Some(Value::String(text)) = get(holder, member) {
                return decoded(text);
            }
        }
        Body::Here(holder)
    }

    /// Its object, or the objects of its list.
    pub fn objects(&self) -> Vec<Container<'_>> {
        let root = match self {
            Body::Here(body) if body.is_object() => return vec![*body],
            Body::Here(body) => Value::Array(*body),
            Body::Read(bytes) => match Container::root(bytes) {
                Ok(root) => root,
                Err(_) => return Vec::new(),
            },
            Body::Unreadable => return Vec::new(),
        };
        match root {
            Value::Object(body) => vec![body],
            Value::Array(events) => events
                .elements()
                .filter_map(|event| match event {
                    Ok(Value::Object(event)) => Some(event),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        }
    }
}

fn read(text: &str) -> Body<'static> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.starts_with(['{', '[']) {
        return json::parse(text).map_or(Body::Unreadable, Body::Read);
    }
    list(server_sent(text))
}

/// The data of server-sent events. An event ends with a blank line; its data may have several.
fn server_sent(text: &str) -> Vec<Vec<u8>> {
    let mut events = Vec::new();
    let mut data = String::new();
    for line in text.lines().chain([""]) {
        interrupt::check(line.len());
        if let Some(more) = line.strip_prefix("data:") {
            if !data.is_empty() {
                data.push('\n');
            }
            data.push_str(more.strip_prefix(' ').unwrap_or(more));
        } else if line.is_empty() {
            // The last event is `[DONE]` where the stream says so: no JSON, and no event.
            events.extend(json::parse(&data).ok());
            data.clear();
        }
    }
    events
}

fn decoded(text: &str) -> Body<'static> {
    let Some(bytes) = base64_decode(text.as_bytes()) else {
        return Body::Unreadable;
    };
    let events = frames(&bytes);
    if !events.is_empty() {
        return list(events);
    }
    std::str::from_utf8(&bytes).map_or(Body::Unreadable, read)
}

/// The events of AWS's binary framing, each under its name; none where the bytes are anything else.
/// A frame is its length, that of its headers, a checksum, headers, payload, and a checksum.
fn frames(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    const PRELUDE: usize = 12;
    const CHECKSUM: usize = 4;
    let mut events = Vec::new();
    while let (Some(length), Some(headers)) = (big_endian(bytes, 0), big_endian(bytes, 4)) {
        interrupt::check(interrupt::VALUE);
        let body = PRELUDE.checked_add(headers);
        let (Some(body), Some(end)) = (body, length.checked_sub(CHECKSUM)) else {
            break;
        };
        let (Some(head), Some(payload)) = (bytes.get(PRELUDE..body), bytes.get(body..end)) else {
            break;
        };
        events.extend(framed(event_type(head), payload));
        bytes = bytes.get(length..).unwrap_or(&[]);
    }
    events
}

/// One frame's payload as an object with the event's name as its member. A `chunk` wraps an event of
/// the model's own provider, encoded once more.
fn framed(name: Option<&str>, payload: &[u8]) -> Option<Vec<u8>> {
    let bytes = json::parse(std::str::from_utf8(payload).ok()?).ok()?;
    let Ok(Value::Object(event)) = Container::root(&bytes) else {
        return None;
    };
    match (name, get(event, "bytes")) {
        (Some("chunk"), Some(Value::String(inner))) => {
            let inner = base64_decode(inner.as_bytes())?;
            json::parse(std::str::from_utf8(&inner).ok()?).ok()
        }
        (Some(name), _) => {
            let pair = (Cow::Borrowed(name), Node::Raw(event));
            encode(&Node::object(vec![pair])).ok()
        }
        (None, _) => Some(bytes),
    }
}

/// The value of the header that names the event. All headers of these streams are strings.
fn event_type(mut headers: &[u8]) -> Option<&str> {
    const STRING: u8 = 7;
    loop {
        let (length, rest) = headers.split_first()?;
        let name = rest.get(..usize::from(*length))?;
        let rest = rest.get(usize::from(*length)..)?;
        let [STRING, high, low, rest @ ..] = rest else {
            return None;
        };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let value = rest.get(..length)?;
        if matches!(name, b":event-type" | b":exception-type") {
            return std::str::from_utf8(value).ok();
        }
        headers = rest.get(length..)?;
    }
}

fn big_endian(bytes: &[u8], at: usize) -> Option<usize> {
    let four: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
    usize::try_from(u32::from_be_bytes(four)).ok()
}

fn list(events: Vec<Vec<u8>>) -> Body<'static> {
    let nodes = events.iter().filter_map(|e| Container::root(e).ok());
    let node = Node::Array(nodes.map(Node::from).collect());
    encode(&node).map_or(Body::Unreadable, Body::Read)
}
