//! JSON carried in a string: its strings and numbers are replaced where they stand, every other
//! byte stays, and what comes out still parses.

use super::kind::Kind;
use super::mask;
use super::member::{Arguments, Inherited, Members, Place};
use super::path::Path;
use super::redactor::Redactor;
use crate::interrupt;
use crate::json::{Span, Token, Tokens, unescape, unmark};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Members that are searched for a sibling.
const SIBLINGS_MAX: usize = 64;

pub(super) enum Tree {
    String(Span),
    Number(Span),
    /// true, false, null
    Word,
    Array(Vec<Tree>),
    Object(Vec<(Span, Tree)>),
}

enum Open {
    Array(Vec<Tree>),
    Object(Vec<(Span, Tree)>, Span),
}

/// `None` when the text is not one JSON container.
pub(super) fn parse(text: &str) -> Option<Tree> {
    let mut open: Vec<Open> = Vec::new();
    let mut root = None;
    for token in Tokens::new(text) {
        let tree = match token.ok()? {
            Token::ObjectStart => {
                open.push(Open::Object(Vec::new(), Span { start: 0, end: 0 }));
                continue;
            }
            Token::ArrayStart => {
                open.push(Open::Array(Vec::new()));
                continue;
            }
            Token::Key(span) => {
                if let Some(Open::Object(_, key)) = open.last_mut() {
                    *key = span;
                }
                continue;
            }
            Token::ObjectEnd | Token::ArrayEnd => match open.pop()? {
                Open::Array(items) => Tree::Array(items),
                Open::Object(members, _) => Tree::Object(members),
            },
            Token::String(span) => Tree::String(span),
            Token::Number(span) => Tree::Number(span),
            Token::Bool(_) | Token::Null => Tree::Word,
        };
        match open.last_mut() {
            Some(Open::Array(items)) => items.push(tree),
            Some(Open::Object(members, key)) => members.push((*key, tree)),
            None => root = Some(tree),
        }
    }
    root
}

/// The text with everything hidden that must be; `None` when it stays as it is.
pub(super) fn redact(
    text: &str,
    tree: &Tree,
    redactor: &mut Redactor<'_>,
    path: &Path<'_>,
) -> Option<String> {
    let mut walk = Walk {
        text,
        redactor,
        edits: Vec::new(),
    };
    walk.value(tree, "", Inherited::Nothing, path);
    let edits = walk.edits;
    if edits.is_empty() {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (span, new) in edits {
        out.push_str(&text[from..span.start]);
        out.push_str(&new);
        from = span.end;
    }
    out.push_str(&text[from..]);
    Some(out)
}

struct Walk<'t, 'r, 'p> {
    text: &'t str,
    redactor: &'r mut Redactor<'p>,
    /// In the order of the text.
    edits: Vec<(Span, String)>,
}

impl<'t> Walk<'t, '_, '_> {
    fn read(&self, span: Span) -> Cow<'t, str> {
        unescape(&self.text[span.start..span.end])
    }

    fn value(&mut self, tree: &Tree, name: &str, inherited: Inherited, path: &Path<'_>) {
        interrupt::check(interrupt::VALUE);
        match tree {
            Tree::Word => {}
            Tree::String(span) => self.string(*span, name, Place::Plain, path),
            Tree::Number(span) => self.number(*span, name, None, path),
            Tree::Array(items) => self.array(items, name, inherited, path),
            Tree::Object(members) => self.object(members, inherited, path),
        }
    }

    fn string(&mut self, span: Span, name: &str, place: Place, path: &Path<'_>) {
        let text = self.read(span);
        if let Some(new) = self.redactor.string(&text, name, place, path) {
            self.edits.push((span, escape(&new)));
        }
    }

    fn number(
        &mut self,
        span: Span,
        name: &str,
        class: Option<super::keys::Class>,
        path: &Path<'_>,
    ) {
        let text = &self.text[span.start..span.end];
        if let Some(marker) = self.redactor.number(text, name, class, path) {
            self.edits.push((span, format!("\"{marker}\"")));
        }
    }

    fn array(&mut self, items: &[Tree], name: &str, inherited: Inherited, path: &Path<'_>) {
        let mut arguments = Arguments::default();
        for (index, item) in items.iter().enumerate() {
            interrupt::check(interrupt::VALUE);
            let here = path.index(index);
            let Tree::String(span) = item else {
                arguments.skip();
                self.value(item, name, inherited, &here);
                continue;
            };
            let text = self.read(*span);
            let place = arguments.next(&self.redactor.scanner.keys, inherited, &text);
            match arguments.password_in(&text) {
                Some(from) => {
                    let new = self
                        .redactor
                        .hide(&text, from, text.len(), Kind::ASSIGNMENT, &here);
                    self.edits.push((*span, escape(&new)));
                }
                None => self.string(*span, name, place, &here),
            }
        }
    }

    fn object(&mut self, members: &[(Span, Tree)], inherited: Inherited, path: &Path<'_>) {
        let scanner = self.redactor.scanner;
        let judge = Members {
            keys: &scanner.keys,
            inherited,
        };
        let text = self.text;
        let sibling = |wanted: &str| {
            let near = members.iter().take(SIBLINGS_MAX);
            near.filter(|(key, _)| text[key.start..key.end] == *wanted)
                .map(|(_, tree)| match tree {
                    Tree::String(span) => unescape(&text[span.start..span.end]).into_owned(),
                    _ => String::new(),
                })
                .next()
        };
        let mut hidden = Taken::new();
        for (key_span, member) in members {
            interrupt::check(interrupt::VALUE);
            let key = self.read(*key_span);
            let new_key = self
                .redactor
                .key(&key, path)
                .map(|new| distinct(new, &mut hidden));
            let here = path.key(new_key.as_deref().unwrap_or(&key));
            if let Some(new) = &new_key {
                self.edits.push((*key_span, escape(new)));
            }
            let name = mask::name(&key);
            match member {
                Tree::Word => {}
                Tree::String(span) => {
                    let value = self.read(*span);
                    let place = judge.string(name, &value, sibling);
                    self.string(*span, name, place, &here);
                }
                Tree::Number(span) => self.number(*span, name, judge.number(name), &here),
                Tree::Array(_) | Tree::Object(_) => {
                    let below = judge.container(name, sibling);
                    self.value(member, name, below, &here);
                }
            }
        }
    }
}

/// Hidden keys of one object, and the highest number that each was given.
pub(super) type Taken = BTreeMap<String, u32>;

/// Two keys that read the same once hidden stay two.
pub(super) fn distinct(key: String, taken: &mut Taken) -> String {
    let Some(highest) = taken.get(&key).copied() else {
        taken.insert(key.clone(), 1);
        return key;
    };
    let mut number = highest + 1;
    let mut new = format!("{key}#{number}");
    while taken.contains_key(&new) {
        number += 1;
        new = format!("{key}#{number}");
    }
    taken.insert(key, number);
    taken.insert(new.clone(), 1);
    new
}

/// The inside of a JSON string; what text cannot hold comes back out of its marks.
fn escape(text: &str) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    unmark(&out).into_owned()
}
