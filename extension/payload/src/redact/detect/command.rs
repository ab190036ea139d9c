//! Commands that take a password in a short option: `sshpass -p`, `curl -u`, `mysql -p…`.

use super::super::kind::Kind;
use super::super::spans::Hits;
use super::super::values::{is_expression, is_placeholder};
use super::{Input, cookie};

/// How far behind the command its options are looked for.
const REACH: usize = 240;
const VALUE_MAX: usize = 200;

/// Where the password is.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Form {
    /// In the word behind the option.
    Next,
    /// In the option's own word; the next word is something else.
    Glued,
    /// In the word behind the option, behind its first colon or percent sign.
    Pair,
    /// As [`Form::Pair`], in the option's own word.
    GluedPair,
    /// Cookies in the word behind the option.
    Cookies,
}

pub(crate) struct Command {
    pub name: &'static str,
    pub(super) options: &'static [(&'static str, Form)],
    /// The word without a dash that is the password, counted from 1; 0 when none is.
    pub(super) position: usize,
}

impl Command {
    /// `docker`, `login`.
    pub fn is_called(&self, first: &str, second: &str) -> bool {
        let rest = self.name.strip_prefix(first);
        rest.and_then(|rest| rest.strip_prefix(' ')) == Some(second)
    }

    /// True when more words belong to its name.
    pub fn begins_with(&self, first: &str) -> bool {
        let rest = self.name.strip_prefix(first);
        rest.is_some_and(|rest| rest.starts_with(' '))
    }

    /// How the argument behind `item` holds a password, if it does.
    pub fn option(&self, item: &str) -> Option<Form> {
        let mut options = self.options.iter();
        let named = options.find(|(option, form)| {
            !matches!(form, Form::Glued | Form::GluedPair)
                && (item == *option || is_cluster(item.as_bytes(), option.as_bytes()))
        });
        named.map(|(_, form)| *form)
    }

    /// Where the password begins in an argument behind `option`, with `words` before it.
    pub fn argument(&self, item: &str, option: Option<Form>, words: usize) -> Option<usize> {
        match option {
            Some(Form::Pair) => return Some(separator(item.as_bytes())? + 1),
            Some(Form::Next) if !item.starts_with('-') => return Some(0),
            _ => {}
        }
        for (option, form) in self.options {
            let Some(rest) = item.strip_prefix(option).filter(|rest| !rest.is_empty()) else {
                continue;
            };
            match form {
                Form::Glued => return Some(option.len()),
                Form::GluedPair => return Some(option.len() + separator(rest.as_bytes())? + 1),
                _ if rest.starts_with('=') => return Some(option.len() + 1),
                _ => {}
            }
        }
        let here = !item.starts_with('-') && self.position == words + 1;
        (here && is_random(item.as_bytes())).then_some(0)
    }
}

/// What parts a name from its password.
fn separator(pair: &[u8]) -> Option<usize> {
    let find = |sign: &[u8]| pair.iter().position(|b| sign.contains(b));
    find(b":%").or_else(|| find(b","))
}

fn is_random(word: &[u8]) -> bool {
    let digit = word.iter().any(u8::is_ascii_digit) && word.len() >= 6;
    (digit || is_opaque_word(word)) && !word.contains(&b'=')
}

/// Both cases inside of a long word.
fn is_opaque_word(word: &[u8]) -> bool {
    const MIXED_MIN: usize = 12;
    let rest = word.get(1..).unwrap_or_default();
    word.len() >= MIXED_MIN
        && word.iter().all(u8::is_ascii_alphanumeric)
        && rest.iter().any(u8::is_ascii_uppercase)
        && rest.iter().any(u8::is_ascii_lowercase)
}

/// `$PASSWORD`, `` `cat pw` ``.
pub(crate) fn is_variable(value: &str) -> bool {
    value.starts_with(['$', '`'])
}

/// The options of a command whose name ends at `end`.
pub(crate) fn find(
    input: &Input<'_>,
    command: &Command,
    start: usize,
    end: usize,
    hits: &mut Hits,
) {
    if super::is_word(input.before(start)) || super::is_word(input.byte(end)) {
        return;
    }
    // An option may be part of the name.
    let mut at = match command.name.rsplit_once(" -") {
        Some((_, option)) if !command.options.is_empty() => end - option.len() - 1,
        _ => end,
    };
    let stop = (end + REACH).min(input.bytes.len());
    let mut position = 0;
    // `["curl", "-u", "name:password"]`
    let list = matches!(input.byte(end), b'"' | b'\'') && input.byte(end + 1) == b',';
    while at < stop {
        let word = input.run(at, REACH, |b| {
            matches!(b, b' ' | b'\t' | b'\\') || list && matches!(b, b'"' | b'\'' | b',')
        });
        let word_end = word_end(input, word, list);
        if list && matches!(input.byte(word), b']' | b')') {
            return;
        }
        if word_end == word || matches!(input.byte(word), b'&' | b'#') {
            return;
        }
        let text = &input.bytes[word..word_end];
        if text == command.name.as_bytes() {
            return; // it is looked at by itself
        }
        for (option, form) in command.options {
            let glued = text.len() > option.len() && text.starts_with(option.as_bytes());
            match form {
                Form::Glued if glued => hide(input, word + option.len(), word_end, hits),
                Form::GluedPair if glued => {
                    value(input, word + option.len(), Form::Pair, list, hits);
                }
                Form::Glued | Form::GluedPair => {}
                _ if glued && text[option.len()] == b'=' => {
                    value(input, word + option.len() + 1, *form, list, hits);
                }
                _ if text == option.as_bytes() || is_cluster(text, option.as_bytes()) => {
                    let from = input.run(word_end, 4, |b| {
                        matches!(b, b' ' | b'\t' | b'=') || list && matches!(b, b'"' | b'\'' | b',')
                    });
                    value(input, from, *form, list, hits);
                }
                _ => {}
            }
        }
        if !text.starts_with(b"-") && command.position > 0 {
            position += 1;
            if position == command.position {
                if is_random(text) {
                    hide(input, word, word_end, hits);
                }
                return;
            }
        }
        at = word_end;
    }
}

/// `-su` holds `-u` as its last letter.
fn is_cluster(text: &[u8], option: &[u8]) -> bool {
    let [b'-', last] = option else { return false };
    matches!(text, [b'-', flags @ .., end] if end == last && !flags.is_empty() && flags.len() <= 4 && flags.iter().all(u8::is_ascii_alphabetic))
}

/// End of a word, in a list that of a string.
fn word_end(input: &Input<'_>, at: usize, list: bool) -> usize {
    if list {
        return input.run(at, VALUE_MAX, |b| !matches!(b, b'"' | b'\'' | b'\n'));
    }
    quoted_end(input, at)
}

/// End of a shell word: spaces inside quotes belong to it.
fn quoted_end(input: &Input<'_>, at: usize) -> usize {
    let mut quote = 0u8;
    input.run(at, VALUE_MAX, |b| {
        if quote != 0 {
            if b == quote {
                quote = 0;
            }
            return b != b'\n';
        }
        if matches!(b, b'\'' | b'"') {
            quote = b;
            return true;
        }
        !b.is_ascii_whitespace() && !matches!(b, b'|' | b';' | b')' | b'`')
    })
}

fn value(input: &Input<'_>, at: usize, form: Form, list: bool, hits: &mut Hits) {
    let end = word_end(input, at, list);
    if form == Form::Cookies {
        let quote = |b: u8| matches!(b, b'"' | b'\'');
        let from = input.run(at, 1, quote);
        let stop = input.run_back(end, 1, quote).max(from);
        cookie::find(&input.text[from..stop], from, hits);
        return;
    }
    if form == Form::Pair {
        if let Some(found) = separator(&input.bytes[at..end]) {
            hide(input, at + found + 1, end, hits);
        }
        return;
    }
    if input.byte(at) != b'-' {
        hide(input, at, end, hits);
    }
}

/// Hides the shell word at `at`.
pub(crate) fn find_word(input: &Input<'_>, at: usize, hits: &mut Hits) {
    hide(input, at, quoted_end(input, at), hits);
}

/// Hides what a shell word at `at` has behind its first colon.
pub(super) fn find_pair(input: &Input<'_>, at: usize, hits: &mut Hits) {
    value(input, at, Form::Pair, false, hits);
}

/// Hides a word without its quotes, unless it is a variable.
fn hide(input: &Input<'_>, start: usize, end: usize, hits: &mut Hits) {
    let quote = |b: u8| matches!(b, b'"' | b'\'');
    let from = input.run(start, 1, quote);
    let stop = input.run_back(end, 1, quote).max(from);
    let value = &input.text[from..stop];
    let call = value.starts_with('$') || value.starts_with('-') || value.starts_with('`');
    let expression = call || (value.contains('(') && is_expression(value));
    if !expression && !is_placeholder(value) {
        hits.push(from, stop, Kind::ASSIGNMENT);
    }
}

#[cfg(test)]
#[path = "command_tests.rs"]
mod tests;
