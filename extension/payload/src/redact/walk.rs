//! The walk over binary jsonb: nothing is copied until something changes, and then only what leads
//! to the change is rebuilt.

use super::keys::Class;
use super::kind::Kind;
use super::mask;
use super::member::{Arguments, Inherited, Members, Place};
use super::nested::{Taken, distinct};
use super::path::Path;
use super::redactor::Redactor;
use crate::interrupt;
use crate::jsonb::{Container, Error, MAX_DEPTH, Node, Number, Value, sort_pairs};
use std::borrow::Cow;

/// Datum bytes below which no number has the 9 significant digits of a card.
const CARD_DATUM_MIN: usize = 9;

pub(super) struct Walk<'r, 'p> {
    pub redactor: &'r mut Redactor<'p>,
}

impl<'a> Walk<'_, '_> {
    /// The value with everything hidden that must be; `None` when it stays as it is.
    pub fn value(
        &mut self,
        value: Value<'a>,
        name: &str,
        inherited: Inherited,
        path: &Path<'_>,
        depth: usize,
    ) -> Result<Option<Node<'a>>, Error> {
        interrupt::check(interrupt::VALUE);
        match value {
            Value::Null | Value::Bool(_) => Ok(None),
            Value::String(text) => Ok(self.string(text, name, Place::Plain, path)),
            Value::Number(number) => Ok(self.number(number, name, None, path)),
            Value::Array(_) | Value::Object(_) if depth >= MAX_DEPTH => Err(Error::TooDeep),
            Value::Array(items) => self.array(items, name, inherited, path, depth),
            Value::Object(members) => self.object(members, inherited, path, depth),
        }
    }

    fn string(
        &mut self,
        text: &str,
        name: &str,
        place: Place,
        path: &Path<'_>,
    ) -> Option<Node<'a>> {
        let mut new = self.redactor.string(text, name, place, path)?;
        // Many small strings are held until the last is read.
        new.shrink_to_fit();
        Some(Node::String(Cow::Owned(new)))
    }

    fn number(
        &mut self,
        number: Number<'a>,
        name: &str,
        class: Option<Class>,
        path: &Path<'_>,
    ) -> Option<Node<'a>> {
        let plain = number.bytes().len() >= CARD_DATUM_MIN && number.is_integer();
        if class.is_none() && (!plain || number.is_long()) {
            return None;
        }
        let text = number.text();
        let marker = self.redactor.number(text.as_str(), name, class, path)?;
        Some(Node::String(Cow::Owned(marker)))
    }

    fn array(
        &mut self,
        array: Container<'a>,
        name: &str,
        inherited: Inherited,
        path: &Path<'_>,
        depth: usize,
    ) -> Result<Option<Node<'a>>, Error> {
        let mut changed: Option<Vec<Node<'a>>> = None;
        let mut arguments = Arguments::default();
        for (index, element) in array.elements().enumerate() {
            interrupt::check(interrupt::VALUE);
            let element = element?;
            let here = path.index(index);
            let new = match element {
                Value::String(text) => {
                    let place = arguments.next(&self.redactor.scanner.keys, inherited, text);
                    match arguments.password_in(text) {
                        Some(from) => {
                            let new =
                                self.redactor
                                    .hide(text, from, text.len(), Kind::ASSIGNMENT, &here);
                            Some(Node::String(Cow::Owned(new)))
                        }
                        None => self.string(text, name, place, &here),
                    }
                }
                other => {
                    arguments.skip();
                    self.value(other, name, inherited, &here, depth + 1)?
                }
            };
            if new.is_some() && changed.is_none() {
                let before = array.elements().take(index).map(|e| e.map(Node::from));
                changed = Some(before.collect::<Result<_, _>>()?);
            }
            if let Some(nodes) = &mut changed {
                nodes.push(new.unwrap_or_else(|| Node::from(element)));
            }
        }
        Ok(changed.map(Node::Array))
    }

    fn object(
        &mut self,
        object: Container<'a>,
        inherited: Inherited,
        path: &Path<'_>,
        depth: usize,
    ) -> Result<Option<Node<'a>>, Error> {
        let scanner = self.redactor.scanner;
        let judge = Members {
            keys: &scanner.keys,
            inherited,
        };
        // A corrupt sibling says nothing; the walk itself comes to it and reports it.
        let sibling = |key: &str| match object.get(key) {
            Ok(Some(Value::String(text))) => Some(text.to_owned()),
            Ok(Some(_)) => Some(String::new()),
            _ => None,
        };
        let mut changed: Option<Vec<(Cow<'a, str>, Node<'a>)>> = None;
        let mut hidden_keys = Taken::new();
        for (index, entry) in object.entries().enumerate() {
            interrupt::check(interrupt::VALUE);
            let (key, value) = entry?;
            let new_key = self
                .redactor
                .key(key, path)
                .map(|new| distinct(new, &mut hidden_keys));
            let here = path.key(new_key.as_deref().unwrap_or(key));
            let name = mask::name(key);
            let new = match value {
                Value::String(text) => {
                    let place = judge.string(name, text, sibling);
                    self.string(text, name, place, &here)
                }
                Value::Number(number) => self.number(number, name, judge.number(name), &here),
                Value::Array(_) | Value::Object(_) => {
                    let below = judge.container(name, sibling);
                    self.value(value, name, below, &here, depth + 1)?
                }
                Value::Null | Value::Bool(_) => None,
            };
            if (new.is_some() || new_key.is_some()) && changed.is_none() {
                let before = object.entries().take(index);
                let pairs = before.map(|e| e.map(|(k, v)| (Cow::Borrowed(k), Node::from(v))));
                changed = Some(pairs.collect::<Result<_, _>>()?);
            }
            if let Some(pairs) = &mut changed {
                let key = new_key.map_or(Cow::Borrowed(key), Cow::Owned);
                pairs.push((key, new.unwrap_or_else(|| Node::from(value))));
            }
        }
        Ok(changed.map(|mut pairs| {
            if !hidden_keys.is_empty() {
                sort_pairs(&mut pairs);
            }
            Node::Object(pairs)
        }))
    }
}
