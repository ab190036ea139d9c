//! The shape of JSON text, by the places of its values.

use crate::json::{Span, Token, Tokens};

/// Spans are of the whole value, but of strings and keys without their quotes.
pub(super) enum Tree {
    String(Span),
    Number(Span),
    /// true, false, null
    Word(Span),
    Array(Vec<Tree>, Span),
    Object(Vec<(Span, Tree)>, Span),
}

impl Tree {
    /// From the first byte to behind the last.
    pub fn span(&self) -> Span {
        match self {
            Tree::String(inside) => Span {
                start: inside.start - 1,
                end: inside.end + 1,
            },
            Tree::Number(span) | Tree::Word(span) => *span,
            Tree::Array(_, span) | Tree::Object(_, span) => *span,
        }
    }
}

enum Open {
    Array(Vec<Tree>, usize),
    Object(Vec<(Span, Tree)>, Span, usize),
}

/// `None` when the text is not one JSON container.
pub(super) fn parse(text: &str) -> Option<Tree> {
    let mut open: Vec<Open> = Vec::new();
    let mut root = None;
    let mut tokens = Tokens::new(text);
    while let Some(token) = tokens.next() {
        // Behind the token: of a container's start and end that is one byte.
        let end = tokens.offset();
        let tree = match token.ok()? {
            Token::ObjectStart => {
                let key = Span { start: 0, end: 0 };
                open.push(Open::Object(Vec::new(), key, end - 1));
                continue;
            }
            Token::ArrayStart => {
                open.push(Open::Array(Vec::new(), end - 1));
                continue;
            }
            Token::Key(span) => {
                if let Some(Open::Object(_, key, _)) = open.last_mut() {
                    *key = span;
                }
                continue;
            }
            Token::ObjectEnd | Token::ArrayEnd => match open.pop()? {
                Open::Array(items, start) => Tree::Array(items, Span { start, end }),
                Open::Object(members, _, start) => Tree::Object(members, Span { start, end }),
            },
            Token::String(span) => Tree::String(span),
            Token::Number(span) => Tree::Number(span),
            Token::Bool(value) => Tree::Word(Span {
                start: end - if value { 4 } else { 5 },
                end,
            }),
            Token::Null => Tree::Word(Span {
                start: end - 4,
                end,
            }),
        };
        match open.last_mut() {
            Some(Open::Array(items, _)) => items.push(tree),
            Some(Open::Object(members, key, _)) => members.push((*key, tree)),
            None => root = Some(tree),
        }
    }
    root
}
