//! The walk over binary jsonb: nothing is copied until something changes, and then only what leads
//! to the change is rebuilt.

use super::change::Change;
use super::mask;
use super::member::{Arguments, Inherited, Members, Place};
use super::nested::{Taken, distinct};
use super::path::Path;
use super::path_rules::{Into, Verdict};
use super::redactor::{Redactor, is_json_array};
use crate::interrupt;
use crate::json;
use crate::jsonb::{Changed, Container, Error, MAX_DEPTH, Node, Number, Value, sort_pairs};
use std::borrow::Cow;

/// Datum bytes below which no number has the 9 significant digits of a card.
const CARD_DATUM_MIN: usize = 9;

pub(super) struct Walk<'r, 'p> {
    pub redactor: &'r mut Redactor<'p>,
}

impl<'a> Walk<'_, '_> {
    /// The whole payload with everything hidden that must be.
    pub fn root(&mut self, value: Value<'a>) -> Result<Change<Node<'a>>, Error> {
        let verdict = self.redactor.enter(Into::Root, || is_array(value));
        let changed = match verdict {
            Some(verdict) => self.judged(verdict, value, "", &Path::ROOT),
            None => self.value(value, "", Inherited::Nothing, &Path::ROOT, 0),
        };
        self.redactor.leave();
        changed
    }

    /// The value with everything hidden that must be.
    fn value(
        &mut self,
        value: Value<'a>,
        name: &str,
        inherited: Inherited,
        path: &Path<'_>,
        depth: usize,
    ) -> Result<Change<Node<'a>>, Error> {
        interrupt::check(interrupt::VALUE);
        match value {
            Value::Null | Value::Bool(_) => Ok(Change::Same),
            Value::String(text) => Ok(self.string(text, name, Place::Plain, path)),
            Value::Number(number) => Ok(self.number(number, name, Place::Plain, path)),
            Value::Array(_) | Value::Object(_) if depth >= MAX_DEPTH => Err(Error::TooDeep),
            Value::Array(items) => self.array(items, name, inherited, path, depth),
            Value::Object(members) => self.object(members, inherited, path, depth),
        }
    }

    /// A value of which a path says what to do.
    fn judged(
        &mut self,
        verdict: Verdict,
        value: Value<'a>,
        name: &str,
        path: &Path<'_>,
    ) -> Result<Change<Node<'a>>, Error> {
        let Verdict::Act(action) = verdict else {
            return Ok(Change::Same);
        };
        let mut printed = String::new();
        let text = match value {
            Value::String(text) => text,
            // Nothing is not worth hiding, only removing.
            Value::Null => "",
            other => {
                json::print_into(&mut printed, other, json::Marks::Kept)?;
                self.redactor.reshaped = true;
                printed.as_str()
            }
        };
        let changed = self.redactor.named_by_path(action, text, name, path);
        Ok(changed.map(|new| Node::String(Cow::Owned(new))))
    }

    fn string(
        &mut self,
        text: &'a str,
        name: &str,
        place: Place,
        path: &Path<'_>,
    ) -> Change<Node<'a>> {
        let changed = self.redactor.string(text, name, place, path);
        changed.map(|new| Node::replaced(text, new))
    }

    fn number(
        &mut self,
        number: Number<'a>,
        name: &str,
        place: Place,
        path: &Path<'_>,
    ) -> Change<Node<'a>> {
        let short = number.bytes().len() < CARD_DATUM_MIN || !number.is_integer();
        let plain = short && !self.redactor.plan.has_patterns();
        if place == Place::Plain && (plain || number.is_long()) {
            return Change::Same;
        }
        let text = number.text();
        let changed = self.redactor.number(text.as_str(), name, place, path);
        changed.map(|new| Node::String(Cow::Owned(new)))
    }

    fn array(
        &mut self,
        array: Container<'a>,
        name: &str,
        inherited: Inherited,
        path: &Path<'_>,
        depth: usize,
    ) -> Result<Change<Node<'a>>, Error> {
        let mut changed: Vec<(usize, Node<'a>)> = Vec::new();
        let mut arguments = Arguments::default();
        for (index, element) in array.elements().enumerate() {
            interrupt::check(interrupt::VALUE);
            let element = element?;
            let here = path.index(index);
            let verdict = self.redactor.enter(Into::Item(index), || is_array(element));
            let place = match element {
                Value::String(text) => arguments.next(self.redactor.plan, inherited, text),
                _ => {
                    arguments.skip();
                    Place::Plain
                }
            };
            let new = match (verdict, element) {
                (Some(verdict), _) => self.judged(verdict, element, name, &here)?,
                (None, Value::String(text)) => match arguments.password_in(text) {
                    Some(from) => {
                        let new = self.redactor.argument(text, from, &here);
                        Change::from_option(new.map(|new| Node::String(Cow::Owned(new))))
                    }
                    None => self.string(text, name, place, &here),
                },
                (None, other) => self.value(other, name, inherited, &here, depth + 1)?,
            };
            self.redactor.leave();
            match new {
                Change::Same => {}
                Change::New(node) => changed.push((index, node)),
                Change::Gone => changed.push((index, Node::Null)),
            }
        }
        Ok(rebuilt(array, changed))
    }

    fn object(
        &mut self,
        object: Container<'a>,
        inherited: Inherited,
        path: &Path<'_>,
        depth: usize,
    ) -> Result<Change<Node<'a>>, Error> {
        let judge = Members {
            plan: self.redactor.plan,
            inherited,
        };
        // A corrupt sibling says nothing; the walk itself comes to it and reports it.
        let sibling = |key: &str| match object.get(key) {
            Ok(Some(Value::String(text))) => Some(text.to_owned()),
            Ok(Some(_)) => Some(String::new()),
            _ => None,
        };
        let mut changed: Vec<(usize, Node<'a>)> = Vec::new();
        let mut new_keys: Vec<(usize, String)> = Vec::new();
        let mut gone: Vec<usize> = Vec::new();
        let mut hidden_keys = Taken::new();
        for (index, entry) in object.entries().enumerate() {
            interrupt::check(interrupt::VALUE);
            let (key, value) = entry?;
            let new_key = self.redactor.name(key, path).map(|new| {
                let there = |name: &str| matches!(object.get(name), Ok(Some(_)));
                distinct(new, &mut hidden_keys, there)
            });
            let shown = new_key.as_deref().unwrap_or(key);
            let here = path.key(shown);
            let name = mask::name(key);
            let verdict = self.redactor.enter(Into::Key(shown), || is_array(value));
            let new = match (verdict, value) {
                (Some(verdict), _) => self.judged(verdict, value, name, &here)?,
                (None, Value::String(text)) => {
                    let place = judge.string(name, text, sibling);
                    self.string(text, name, place, &here)
                }
                (None, Value::Number(number)) => {
                    self.number(number, name, judge.number(name), &here)
                }
                (None, Value::Array(_) | Value::Object(_)) => {
                    let below = judge.container(name, sibling);
                    self.value(value, name, below, &here, depth + 1)?
                }
                (None, Value::Null | Value::Bool(_)) => Change::Same,
            };
            self.redactor.leave();
            new_keys.extend(new_key.map(|key| (index, key)));
            match new {
                Change::Same => {}
                Change::New(node) => changed.push((index, node)),
                Change::Gone => gone.push(index),
            }
        }
        if new_keys.is_empty() && gone.is_empty() {
            return Ok(rebuilt(object, changed));
        }
        let mut pairs = Vec::with_capacity(object.len() - gone.len());
        let (mut changed, mut new_keys) = (
            changed.into_iter().peekable(),
            new_keys.into_iter().peekable(),
        );
        let mut gone = gone.into_iter().peekable();
        for (index, entry) in object.entries().enumerate() {
            interrupt::check(interrupt::VALUE);
            let (key, value) = entry?;
            let key = match new_keys.next_if(|(at, _)| *at == index) {
                Some((_, key)) => Cow::Owned(key),
                None => Cow::Borrowed(key),
            };
            let new = changed.next_if(|(at, _)| *at == index);
            if gone.next_if(|at| *at == index).is_none() {
                pairs.push((key, new.map_or_else(|| Node::from(value), |(_, node)| node)));
            }
        }
        if !hidden_keys.is_empty() {
            sort_pairs(&mut pairs);
        }
        Ok(Change::New(Node::Object(pairs)))
    }
}

/// A container of which only some values are new.
fn rebuilt<'a>(old: Container<'a>, mut new: Vec<(usize, Node<'a>)>) -> Change<Node<'a>> {
    if new.is_empty() {
        return Change::Same;
    }
    // Many small containers are held until the last is read.
    new.shrink_to_fit();
    Change::New(Node::Changed(Box::new(Changed { old, new })))
}

fn is_array(value: Value<'_>) -> bool {
    match value {
        Value::Array(_) => true,
        Value::String(text) => is_json_array(text),
        _ => false,
    }
}
