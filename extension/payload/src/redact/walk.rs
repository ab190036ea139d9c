//! The walk over binary jsonb: nothing is copied until something changes, and then only what is new
//! is held, on a tape, until all was seen.

use super::arguments::Arguments;
use super::change::Change;
use super::hidden_keys::HiddenKeys;
use super::inherited::{COLUMNS, Columns, Inherited, ROWS};
use super::mask;
use super::member::{Members, Place};
use super::path::Path;
use super::path_rules::{Into, Verdict};
use super::policy::Plan;
use super::redactor::{Redactor, is_json_array};
use crate::interrupt;
use crate::json;
use crate::jsonb::{Container, Error, MAX_DEPTH, Number, Tape, Value};
use std::borrow::Cow;

/// Members that are searched for something.
const SIBLINGS_MAX: usize = 64;
/// Datum bytes below which no number has the 9 significant digits of a card.
const CARD_DATUM_MIN: usize = 9;

pub(super) struct Walk<'r, 'p> {
    pub redactor: &'r mut Redactor<'p>,
    pub tape: Tape,
}

impl Walk<'_, '_> {
    /// The whole payload with everything hidden that must be.
    pub fn root(&mut self, value: Value<'_>) -> Result<(), Error> {
        let verdict = self.redactor.enter(Into::Root, || is_array(value));
        let changed = match verdict {
            Some(_) if matches!(value, Value::Null) => Ok(Change::Same),
            Some(verdict) => self.judged(verdict, value, "", &Path::ROOT),
            None => self.value(0, value, "", Inherited::Nothing, &Path::ROOT, 0),
        }?;
        self.redactor.leave();
        self.put(0, value, changed)
    }

    /// Puts an element on the tape, or the root: where it goes, null stays.
    fn put(&mut self, place: usize, old: Value<'_>, new: Change<String>) -> Result<(), Error> {
        let old = match old {
            Value::String(old) => old,
            _ => "",
        };
        match new {
            Change::Same => Ok(()),
            Change::New(new) => self.tape.text(place, old, &new),
            Change::Gone => self.tape.null(place),
        }
    }

    /// The value with everything hidden that must be. What is new in a container goes to the tape.
    fn value(
        &mut self,
        place: usize,
        value: Value<'_>,
        name: &str,
        inherited: Inherited<'_>,
        path: &Path<'_>,
        depth: usize,
    ) -> Result<Change<String>, Error> {
        interrupt::check(interrupt::VALUE);
        match value {
            Value::Null | Value::Bool(_) => Ok(Change::Same),
            Value::String(text) => Ok(self.redactor.string(text, name, Place::Plain, path)),
            Value::Number(number) => Ok(self.number(number, name, Place::Plain, path)),
            Value::Array(_) | Value::Object(_) if depth >= MAX_DEPTH => Err(Error::TooDeep),
            Value::Array(items) => {
                self.tape.enter(place);
                self.array(items, name, inherited, path, depth)?;
                self.tape.leave();
                Ok(Change::Same)
            }
            Value::Object(members) => {
                self.tape.enter(place);
                self.object(members, inherited, path, depth)?;
                self.tape.leave();
                Ok(Change::Same)
            }
        }
    }

    /// A value of which a path says what to do.
    fn judged(
        &mut self,
        verdict: Verdict,
        value: Value<'_>,
        name: &str,
        path: &Path<'_>,
    ) -> Result<Change<String>, Error> {
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
        Ok(self.redactor.named_by_path(action, text, name, path))
    }

    fn number(
        &mut self,
        number: Number<'_>,
        name: &str,
        place: Place,
        path: &Path<'_>,
    ) -> Change<String> {
        let short = number.bytes().len() < CARD_DATUM_MIN || !number.is_integer();
        let plain = short && !self.redactor.plan.has_patterns();
        if place == Place::Plain && (plain || number.is_long()) {
            return Change::Same;
        }
        let text = number.text();
        self.redactor.number(text.as_str(), name, place, path)
    }

    fn array(
        &mut self,
        array: Container<'_>,
        name: &str,
        inherited: Inherited<'_>,
        path: &Path<'_>,
        depth: usize,
    ) -> Result<(), Error> {
        let mut arguments = Arguments::default();
        for (index, element) in array.elements().enumerate() {
            interrupt::check(interrupt::VALUE);
            let element = element?;
            let here = path.index(index);
            let inherited = inherited.item(index);
            let verdict = self.redactor.enter(Into::Item(index), || is_array(element));
            let place = match element {
                Value::String(text) => arguments.next(self.redactor.plan, inherited, text),
                _ => {
                    arguments.skip();
                    Place::Plain
                }
            };
            let new = match (verdict, element) {
                // What is removed from an array is null.
                (Some(_), Value::Null) => Change::Same,
                (Some(verdict), _) => self.judged(verdict, element, name, &here)?,
                (None, Value::String(text)) => {
                    match arguments.password_in(self.redactor.plan, text) {
                        Some(from) => {
                            Change::from_option(self.redactor.argument(text, from, &here))
                        }
                        None => self.redactor.string(text, name, place, &here),
                    }
                }
                (None, other) => self.value(index, other, name, inherited, &here, depth + 1)?,
            };
            self.redactor.leave();
            self.put(index, element, new)?;
        }
        Ok(())
    }

    fn object(
        &mut self,
        object: Container<'_>,
        inherited: Inherited<'_>,
        path: &Path<'_>,
        depth: usize,
    ) -> Result<(), Error> {
        let judge = Members::new(self.redactor.plan, inherited);
        // A corrupt sibling says nothing; the walk itself comes to it and reports it.
        let sibling = |key: &str| match object.get(key) {
            Ok(Some(Value::String(text))) => Some(text.to_owned()),
            Ok(Some(_)) => Some(String::new()),
            _ => None,
        };
        let any_sibling = |is: fn(&str) -> bool| {
            let mut near = object.entries().take(SIBLINGS_MAX);
            near.any(|entry| matches!(entry, Ok((_, Value::String(text))) if is(text)))
        };
        let mut hidden_keys = HiddenKeys::default();
        for (index, entry) in object.entries().enumerate() {
            interrupt::check(interrupt::VALUE);
            let (key, value) = entry?;
            let new_key = self.redactor.name(key, path).map(|new| {
                let there = |name: &str| matches!(object.get(name), Ok(Some(_)));
                hidden_keys.settled(new, there, |key| self.redactor.name(key, path))
            });
            if let Some(new) = &new_key {
                self.tape.key(index, new)?;
            }
            let shown = new_key.as_deref().unwrap_or(key);
            let here = path.key(shown);
            let name = mask::name(key);
            let verdict = self.redactor.enter(Into::Key(shown), || is_array(value));
            let new = match (verdict, value) {
                (Some(verdict), _) => self.judged(verdict, value, name, &here)?,
                (None, Value::String(text)) => {
                    let place = judge.string(name, text, sibling, any_sibling);
                    self.redactor.string(text, name, place, &here)
                }
                (None, Value::Number(number)) => {
                    self.number(number, name, judge.number(name), &here)
                }
                (None, Value::Array(_) | Value::Object(_)) => {
                    let table = columns(self.redactor.plan, name, value, object);
                    let below = match &table {
                        Some(columns) => Inherited::Rows(columns),
                        None => judge.container(name, sibling),
                    };
                    self.value(index, value, name, below, &here, depth + 1)?
                }
                (None, Value::Null | Value::Bool(_)) => Change::Same,
            };
            self.redactor.leave();
            match new {
                Change::Gone => self.tape.gone(index)?,
                new => self.put(index, value, new)?,
            }
        }
        Ok(())
    }
}

fn is_array(value: Value<'_>) -> bool {
    match value {
        Value::Array(_) => true,
        Value::String(text) => is_json_array(text),
        _ => false,
    }
}

/// The columns of the table whose rows stand under `name` of `object`, when some are secret.
fn columns(plan: &Plan, name: &str, rows: Value<'_>, object: Container<'_>) -> Option<Columns> {
    let Value::Array(_) = rows else { return None };
    if !ROWS.contains(&name) {
        return None;
    }
    let columns = COLUMNS.iter().find_map(|key| match object.get(key) {
        Ok(Some(Value::Array(columns))) => Some(columns),
        _ => None,
    })?;
    let named = columns.elements().map_while(Result::ok).map(|column| {
        Cow::Borrowed(match column {
            Value::String(name) => name,
            Value::Object(column) => match column.get("name") {
                Ok(Some(Value::String(name))) => name,
                _ => "",
            },
            _ => "",
        })
    });
    Columns::new(plan, named)
}
