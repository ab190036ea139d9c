//! All paths of a policy at once: a tree of their steps, and the places in it that the walk has
//! reached. What no path leads to costs one look at an empty list.

use super::action::Action;
use super::path_syntax::Step;
use std::collections::HashMap;

/// What a path is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Nothing at or below it is looked at.
    Allow,
    /// The whole value; the number is its precedence, the smaller wins.
    Act(u16, Action),
    /// A detector's rule holds at and below it.
    Mark(u8),
}

/// What the paths say of one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Allow,
    Act(Action),
}

#[derive(Default)]
struct Node {
    keys: HashMap<Box<str>, u16>,
    any_key: Option<u16>,
    indexes: Vec<(usize, u16)>,
    any_index: Option<u16>,
    /// The place behind "any depth", which is reached at once and stays.
    deeper: Option<u16>,
    stays: bool,
    ends: Vec<End>,
}

/// The tree of all paths.
#[derive(Default)]
pub(super) struct Paths {
    nodes: Vec<Node>,
    indexed: bool,
}

impl Paths {
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Whether some path asks for items, so that it matters what is an array.
    pub fn are_indexed(&self) -> bool {
        self.indexed
    }

    /// Enters a path; `false` when the tree is full.
    pub fn add(&mut self, steps: &[Step], end: End) -> bool {
        if self.nodes.is_empty() {
            self.nodes.push(Node::default());
        }
        let mut at = 0;
        for step in steps {
            let Ok(new) = u16::try_from(self.nodes.len()) else {
                return false;
            };
            let node = &mut self.nodes[at];
            self.indexed |= matches!(step, Step::Index(_) | Step::AnyIndex);
            let next = match step {
                Step::Key(key) => *node.keys.entry(key.as_str().into()).or_insert(new),
                Step::AnyKey => *node.any_key.get_or_insert(new),
                Step::AnyIndex => *node.any_index.get_or_insert(new),
                // Twice any depth is once.
                Step::AnyDepth if node.stays => at as u16,
                Step::AnyDepth => *node.deeper.get_or_insert(new),
                Step::Index(index) => match node.indexes.iter().find(|(i, _)| i == index) {
                    Some((_, next)) => *next,
                    None => {
                        node.indexes.push((*index, new));
                        new
                    }
                },
            };
            if next == new {
                let stays = *step == Step::AnyDepth;
                self.nodes.push(Node {
                    stays,
                    ..Node::default()
                });
            }
            at = usize::from(next);
        }
        self.nodes[at].ends.push(end);
        true
    }
}

/// A place in the tree that the value has reached.
#[derive(Clone, Copy)]
struct Reached {
    node: u16,
    /// An item of the array that reached it: its members count as the array's, as in jsonpath's lax
    /// mode, and nothing else does.
    unwrapped: bool,
}

struct Level {
    start: usize,
    marks: u64,
}

/// Follows the walk: one level per value that it is in.
pub(super) struct Tracker<'p> {
    paths: &'p Paths,
    enclosed: bool,
    reached: Vec<Reached>,
    levels: Vec<Level>,
    /// When each node was last entered into a level, so that none is twice.
    stamps: Vec<u32>,
    stamp: u32,
}

/// A step of the walk.
#[derive(Clone, Copy)]
pub(super) enum Into<'k> {
    Root,
    Key(&'k str),
    Item(usize),
}

impl<'p> Tracker<'p> {
    /// `enclosed`: the root of the paths may be anywhere.
    pub fn new(paths: &'p Paths, enclosed: bool) -> Self {
        Tracker {
            paths,
            enclosed,
            reached: Vec::new(),
            levels: Vec::new(),
            stamps: vec![0; paths.nodes.len() * 2],
            stamp: 0,
        }
    }

    /// The rules of detectors that hold here, one bit each.
    pub fn marks(&self) -> u64 {
        self.levels.last().map_or(0, |level| level.marks)
    }

    pub fn is_enclosed(&self) -> bool {
        self.enclosed
    }

    /// Enters a value; what the paths say of it.
    pub fn enter(&mut self, step: Into<'_>, is_array: impl FnOnce() -> bool) -> Option<Verdict> {
        let (from, marks) = self.levels.last().map_or((0, 0), |l| (l.start, l.marks));
        let start = self.reached.len();
        self.levels.push(Level { start, marks });
        let root = matches!(step, Into::Root) || self.enclosed;
        if from == start && !root {
            return None;
        }
        self.stamp += 1;
        let is_array = self.paths.indexed && is_array();
        let mut verdict = Found::default();
        if root {
            self.arrive(0, is_array, &mut verdict);
        }
        for at in from..start {
            let Reached { node, unwrapped } = self.reached[at];
            let paths = self.paths;
            let place = &paths.nodes[usize::from(node)];
            match step {
                Into::Root => {}
                Into::Key(key) => {
                    for next in [place.keys.get(key).copied(), place.any_key]
                        .into_iter()
                        .flatten()
                    {
                        self.arrive(next, is_array, &mut verdict);
                    }
                }
                Into::Item(_) if unwrapped => continue,
                Into::Item(index) => {
                    let exact = place.indexes.iter().find(|(i, _)| *i == index);
                    for next in [exact.map(|(_, next)| *next), place.any_index]
                        .into_iter()
                        .flatten()
                    {
                        self.arrive(next, is_array, &mut verdict);
                    }
                    if !place.keys.is_empty() || place.any_key.is_some() {
                        self.reach(node, true);
                    }
                }
            }
            if place.stays && !unwrapped {
                self.arrive(node, is_array, &mut verdict);
            }
        }
        if let Some(level) = self.levels.last_mut() {
            level.marks |= verdict.marks;
        }
        verdict.verdict(self.enclosed)
    }

    pub fn leave(&mut self) {
        if let Some(level) = self.levels.pop() {
            self.reached.truncate(level.start);
        }
    }

    /// The value has reached `node`, and what follows from it without a step.
    fn arrive(&mut self, node: u16, is_array: bool, found: &mut Found) {
        if !self.reach(node, false) {
            return;
        }
        let paths = self.paths;
        let place = &paths.nodes[usize::from(node)];
        for end in &place.ends {
            found.add(*end);
        }
        if let Some(deeper) = place.deeper {
            self.arrive(deeper, is_array, found);
        }
        if !is_array {
            // Lax: what is no array is its own only item.
            let first = place.indexes.iter().find(|(i, _)| *i == 0);
            for next in [first.map(|(_, next)| *next), place.any_index]
                .into_iter()
                .flatten()
            {
                self.arrive(next, is_array, found);
            }
        }
    }

    /// `false` when the level has it already.
    fn reach(&mut self, node: u16, unwrapped: bool) -> bool {
        let stamp = &mut self.stamps[usize::from(node) * 2 + usize::from(unwrapped)];
        if *stamp == self.stamp {
            return false;
        }
        *stamp = self.stamp;
        self.reached.push(Reached { node, unwrapped });
        true
    }
}

#[derive(Default)]
struct Found {
    allow: bool,
    act: Option<(u16, Action)>,
    /// The best of those that hide.
    hide: Option<(u16, Action)>,
    marks: u64,
}

impl Found {
    fn add(&mut self, end: End) {
        match end {
            End::Allow => self.allow = true,
            End::Mark(bit) => self.marks |= 1 << bit,
            End::Act(rank, action) => {
                let better = |best: &Option<(u16, Action)>| best.is_none_or(|(r, _)| rank < r);
                if better(&self.act) {
                    self.act = Some((rank, action));
                }
                if action.hides() && better(&self.hide) {
                    self.hide = Some((rank, action));
                }
            }
        }
    }

    fn verdict(&self, enclosed: bool) -> Option<Verdict> {
        let act = if enclosed { self.hide } else { self.act };
        if self.allow && !enclosed {
            return Some(Verdict::Allow);
        }
        act.map(|(_, action)| Verdict::Act(action))
    }
}

#[cfg(test)]
#[path = "path_rules_tests.rs"]
mod tests;
