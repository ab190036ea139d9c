//! JSON carried in a string: its strings and numbers are replaced where they stand, every other
//! byte stays, and what comes out still parses.

use super::arguments::Arguments;
use super::change::Change;
use super::hidden_keys::HiddenKeys;
use super::inherited::{COLUMNS, Columns, Inherited, ROWS};
use super::mask;
use super::member::{Members, Place};
use super::path::Path;
use super::path_rules::{Into, Verdict};
use super::redactor::{Redactor, is_json_array};
use super::tree::Tree;
use crate::interrupt;
use crate::json::{Span, escape, unescape};
use std::borrow::Cow;
use std::cell::OnceCell;

/// Members that are searched for a sibling.
const SIBLINGS_MAX: usize = 64;

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
    let mut edits = walk.edits;
    if edits.is_empty() {
        return None;
    }
    // Members that go are entered behind what stands in the others.
    edits.sort_by_key(|(span, _)| span.start);
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (span, new) in edits {
        if span.start < from {
            continue; // inside of what is gone
        }
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
    edits: Vec<(Span, String)>,
}

impl<'t> Walk<'t, '_, '_> {
    fn read(&self, span: Span) -> Cow<'t, str> {
        unescape(&self.text[span.start..span.end])
    }

    fn is_array(&self, tree: &Tree) -> bool {
        match tree {
            Tree::Array(..) => true,
            Tree::String(span) => is_json_array(&self.read(*span)),
            _ => false,
        }
    }

    fn is_null(&self, tree: &Tree) -> bool {
        matches!(tree, Tree::Word(word) if &self.text[word.start..word.end] == "null")
    }

    /// False when the value goes with its member, or becomes null.
    fn value(
        &mut self,
        tree: &Tree,
        name: &str,
        inherited: Inherited<'_>,
        path: &Path<'_>,
    ) -> bool {
        interrupt::check(interrupt::VALUE);
        match tree {
            Tree::Word(_) => true,
            Tree::String(span) => self.string(*span, &self.read(*span), name, Place::Plain, path),
            Tree::Number(span) => self.number(*span, name, Place::Plain, path),
            Tree::Array(items, _) => {
                self.array(items, name, inherited, path);
                true
            }
            Tree::Object(members, _) => {
                self.object(members, inherited, path);
                true
            }
        }
    }

    /// A value of which a path says what to do.
    fn judged(&mut self, verdict: Verdict, tree: &Tree, name: &str, path: &Path<'_>) -> bool {
        let Verdict::Act(action) = verdict else {
            return true;
        };
        let span = tree.span();
        let text = match tree {
            Tree::String(inside) => self.read(*inside),
            _ if self.is_null(tree) => Cow::Borrowed(""),
            _ => {
                self.redactor.reshaped = true;
                Cow::Borrowed(&self.text[span.start..span.end])
            }
        };
        let changed = self.redactor.named_by_path(action, &text, name, path);
        self.edit(changed, |new| (span, format!("\"{}\"", escape(&new))))
    }

    fn edit(
        &mut self,
        changed: Change<String>,
        edit: impl FnOnce(String) -> (Span, String),
    ) -> bool {
        match changed {
            Change::Same => true,
            Change::New(new) => {
                self.edits.push(edit(new));
                true
            }
            Change::Gone => false,
        }
    }

    /// A string whose characters are `text`.
    fn string(
        &mut self,
        span: Span,
        text: &str,
        name: &str,
        place: Place,
        path: &Path<'_>,
    ) -> bool {
        let changed = self.redactor.string(text, name, place, path);
        self.edit(changed, |new| (span, escape(&new)))
    }

    fn number(&mut self, span: Span, name: &str, place: Place, path: &Path<'_>) -> bool {
        let text = &self.text[span.start..span.end];
        let changed = self.redactor.number(text, name, place, path);
        self.edit(changed, |new| (span, format!("\"{}\"", escape(&new))))
    }

    fn array(&mut self, items: &[Tree], name: &str, inherited: Inherited<'_>, path: &Path<'_>) {
        let mut arguments = Arguments::default();
        for (index, item) in items.iter().enumerate() {
            interrupt::check(interrupt::VALUE);
            let here = path.index(index);
            let inherited = inherited.item(index);
            let plan = self.redactor.plan;
            let verdict = {
                let array = || self.is_array(item);
                let is_array = plan.paths.are_indexed() && array();
                self.redactor.enter(Into::Item(index), || is_array)
            };
            let text = match item {
                Tree::String(span) => Some((*span, self.read(*span))),
                _ => None,
            };
            let place = match &text {
                Some((_, text)) => arguments.next(plan, inherited, text),
                None => {
                    arguments.skip();
                    Place::Plain
                }
            };
            let stays = match (verdict, text) {
                // What is removed from an array is null.
                (Some(_), None) if self.is_null(item) => true,
                (Some(verdict), _) => self.judged(verdict, item, name, &here),
                (None, Some((span, text))) => match arguments.password_in(plan, &text) {
                    Some(from) => {
                        if let Some(new) = self.redactor.argument(&text, from, &here) {
                            self.edits.push((span, escape(&new)));
                        }
                        true
                    }
                    None => self.string(span, &text, name, place, &here),
                },
                (None, None) => self.value(item, name, inherited, &here),
            };
            self.redactor.leave();
            if !stays {
                self.edits.push((item.span(), "null".to_owned()));
            }
        }
    }

    fn object(&mut self, members: &[(Span, Tree)], inherited: Inherited<'_>, path: &Path<'_>) {
        let plan = self.redactor.plan;
        let judge = Members::new(plan, inherited);
        let text = self.text;
        let find = |wanted: &str| {
            let near = members.iter().take(SIBLINGS_MAX);
            near.filter(|(key, _)| text[key.start..key.end] == *wanted)
                .map(|(_, tree)| tree)
                .next()
        };
        let sibling = |wanted: &str| {
            find(wanted).map(|tree| match tree {
                Tree::String(span) => unescape(&text[span.start..span.end]).into_owned(),
                _ => String::new(),
            })
        };
        let any_sibling = |is: fn(&str) -> bool| {
            let mut near = members.iter().take(SIBLINGS_MAX);
            near.any(|(_, tree)| match tree {
                Tree::String(span) => is(&unescape(&text[span.start..span.end])),
                _ => false,
            })
        };
        let columns = OnceCell::new();
        let mut hidden = HiddenKeys::default();
        let mut gone: Vec<usize> = Vec::new();
        for (index, (key_span, member)) in members.iter().enumerate() {
            interrupt::check(interrupt::VALUE);
            let key = self.read(*key_span);
            let new_key = self.redactor.name(&key, path).map(|new| {
                let there = |name: &str| find(name).is_some();
                hidden.settled(new, there, |key| self.redactor.name(key, path))
            });
            let shown = new_key.as_deref().unwrap_or(&key);
            let here = path.key(shown);
            if let Some(new) = &new_key {
                self.edits.push((*key_span, escape(new)));
            }
            let name = mask::name(&key);
            let is_array = plan.paths.are_indexed() && self.is_array(member);
            let verdict = self.redactor.enter(Into::Key(shown), || is_array);
            let stays = match (verdict, member) {
                (Some(verdict), _) => self.judged(verdict, member, name, &here),
                (None, Tree::Word(_)) => true,
                (None, Tree::String(span)) => {
                    let value = self.read(*span);
                    let place = judge.string(name, &value, sibling, any_sibling);
                    self.string(*span, &value, name, place, &here)
                }
                (None, Tree::Number(span)) => self.number(*span, name, judge.number(name), &here),
                (None, Tree::Array(..) | Tree::Object(..)) => {
                    let rows = matches!(member, Tree::Array(..)) && ROWS.contains(&name);
                    let table = rows.then(|| columns.get_or_init(|| self.columns(find)));
                    let below = match table {
                        Some(Some(columns)) => Inherited::Rows(columns),
                        _ => judge.container(name, sibling),
                    };
                    self.value(member, name, below, &here)
                }
            };
            self.redactor.leave();
            if !stays {
                gone.push(index);
            }
        }
        self.without(members, &gone);
    }

    /// The columns of the table whose rows stand beside them, when some are secret.
    fn columns<'m>(&self, find: impl Fn(&str) -> Option<&'m Tree>) -> Option<Columns> {
        let columns = COLUMNS.iter().find_map(|key| match find(key) {
            Some(Tree::Array(columns, _)) => Some(columns),
            _ => None,
        })?;
        let called = |key: &Span| &self.text[key.start..key.end] == "name";
        let named = columns.iter().map(|column| match column {
            Tree::String(name) => self.read(*name),
            Tree::Object(members, _) => match members.iter().find(|(key, _)| called(key)) {
                Some((_, Tree::String(name))) => self.read(*name),
                _ => Cow::Borrowed(""),
            },
            _ => Cow::Borrowed(""),
        });
        Columns::new(self.redactor.plan, named)
    }

    /// Members that go take the comma behind them along; the last ones, that before them.
    fn without(&mut self, members: &[(Span, Tree)], gone: &[usize]) {
        let start = |index: usize| members[index].0.start - 1;
        let end = |index: usize| members[index].1.span().end;
        let mut cut = |start: usize, end: usize| {
            self.edits.push((Span { start, end }, String::new()));
        };
        // How many go at the end, without one that stays behind them.
        let tail = (gone.iter().rev().zip((0..members.len()).rev()))
            .take_while(|(index, last)| *index == last)
            .count();
        for index in &gone[..gone.len() - tail] {
            cut(start(*index), start(index + 1));
        }
        if tail > 0 {
            let first = members.len() - tail;
            let from = first.checked_sub(1).map_or_else(|| start(0), end);
            cut(from, end(members.len() - 1));
        }
    }
}
