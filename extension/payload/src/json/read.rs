//! JSON text into jsonb.

use super::{Problem, SyntaxError, Token, Tokens, unescape};
use crate::jsonb::{self, Node, encode, number_from_text, sort_pairs};
use std::borrow::Cow;

/// The jsonb datum (without varlena header) of a JSON text. A byte order mark in front is skipped.
///
/// Numbers that numeric cannot hold (`1e999999`) are kept as strings of their own spelling.
pub fn parse(text: &str) -> Result<Vec<u8>, SyntaxError> {
    let node = parse_node(text)?;
    encode(&node).map_err(|error| SyntaxError {
        at: text.len(),
        problem: match error {
            jsonb::Error::TooDeep => Problem::TooDeep,
            _ => Problem::TooLarge,
        },
    })
}

enum Open<'a> {
    Array(Vec<Node<'a>>),
    Object(Vec<(Cow<'a, str>, Node<'a>)>, Cow<'a, str>),
}

/// The value of a JSON text, borrowing what needs no unescaping.
pub fn parse_node(text: &str) -> Result<Node<'_>, SyntaxError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut root = None;
    for token in Tokens::new(text) {
        let node = match token? {
            Token::ObjectStart => {
                open.push(Open::Object(Vec::new(), Cow::Borrowed("")));
                continue;
            }
            Token::ArrayStart => {
                open.push(Open::Array(Vec::new()));
                continue;
            }
            Token::Key(span) => {
                if let Some(Open::Object(_, key)) = open.last_mut() {
                    *key = unescape(&text[span.start..span.end]);
                }
                continue;
            }
            Token::ObjectEnd | Token::ArrayEnd => match open.pop() {
                Some(Open::Array(items)) => Node::Array(items),
                Some(Open::Object(mut pairs, _)) => {
                    sort_pairs(&mut pairs);
                    Node::Object(pairs)
                }
                None => continue,
            },
            Token::String(span) => Node::String(unescape(&text[span.start..span.end])),
            Token::Number(span) => {
                let spelling = &text[span.start..span.end];
                match number_from_text(spelling) {
                    Some(numeric) => Node::Number(Cow::Owned(numeric)),
                    None => Node::String(Cow::Borrowed(spelling)),
                }
            }
            Token::Bool(b) => Node::Bool(b),
            Token::Null => Node::Null,
        };
        match open.last_mut() {
            Some(Open::Array(items)) => items.push(node),
            Some(Open::Object(pairs, key)) => pairs.push((std::mem::take(key), node)),
            None => root = Some(node),
        }
    }
    root.ok_or(SyntaxError {
        at: 0,
        problem: Problem::Unfinished,
    })
}
