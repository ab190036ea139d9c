//! JSON text into jsonb, in two steps: first the shape of the text, eight bytes per value, then the
//! datum, written straight from the text. A tree of values would take several times the text's size.

use super::mark::{mark_dollar, mark_number};
use super::{Problem, Span, SyntaxError, Token, Tokens, UNPARSED, unescape};
use crate::interrupt;
use crate::jsonb::{
    self, Buffer, Error, TYPE_FALSE, TYPE_NULL, TYPE_TRUE, Table, number_from_text, push_number,
    push_scalar, push_text,
};
use std::borrow::Cow;

/// The jsonb datum (without varlena header) of a JSON text. A byte order mark in front is skipped.
///
/// What jsonb cannot hold is marked: see [`super::mark_string`].
pub fn parse(text: &str) -> Result<Vec<u8>, SyntaxError> {
    let mut out = Vec::with_capacity(text.len() + text.len() / 4 + 64);
    parse_into(&mut out, text)?;
    Ok(out)
}

/// The same, appended to an empty buffer. After an error, what was written there is nothing.
pub fn parse_into(out: &mut impl Buffer, text: &str) -> Result<(), SyntaxError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let failed = |error| SyntaxError {
        at: text.len(),
        problem: match error {
            jsonb::Error::TooDeep => Problem::TooDeep,
            _ => Problem::TooLarge,
        },
    };
    let shape = Shape::of(text)?;
    let written = match shape.kind(0) {
        Kind::Array | Kind::Object => shape.value(out, 0, 0).map(|_| ()),
        _ => push_scalar(out, |out| shape.value(out, 0, 0).map(|(entry, _)| entry)),
    };
    written.map_err(failed)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Null,
    False,
    True,
    Number,
    String,
    Array,
    Object,
}

const KINDS: [Kind; 7] = [
    Kind::Null,
    Kind::False,
    Kind::True,
    Kind::Number,
    Kind::String,
    Kind::Array,
    Kind::Object,
];

/// A value and two numbers of 30 bits: of a scalar, where its text starts and how long it is; of a
/// container, how many members it has and where in the list its next sibling stands.
#[derive(Clone, Copy)]
struct Value(u64);

const BITS: u32 = 30;
const MASK: u64 = (1 << BITS) - 1;
/// More values than this do not fit a datum: each takes four bytes of it.
const VALUES_MAX: usize = 1 << 26;

impl Value {
    fn new(kind: Kind, first: usize, second: usize) -> Self {
        Value((kind as u64) << (2 * BITS) | (first as u64 & MASK) << BITS | second as u64 & MASK)
    }

    fn first(self) -> usize {
        (self.0 >> BITS & MASK) as usize
    }

    fn second(self) -> usize {
        (self.0 & MASK) as usize
    }
}

/// Every value and key of a text, in its order.
struct Shape<'t> {
    text: &'t str,
    values: Vec<Value>,
}

impl<'t> Shape<'t> {
    fn of(text: &'t str) -> Result<Self, SyntaxError> {
        let fail = |at, problem| Err(SyntaxError { at, problem });
        if text.len() as u64 > MASK {
            return fail(text.len(), Problem::TooLarge);
        }
        let mut values: Vec<Value> = Vec::with_capacity(text.len() / 16 + 1);
        // Index and members of each container that is not closed yet.
        let mut open: Vec<(usize, usize)> = Vec::new();
        for token in Tokens::new(text) {
            let scalar = |kind, span: Span| Value::new(kind, span.start, span.end - span.start);
            let is_key = matches!(token, Ok(Token::Key(_)));
            let value = match token? {
                Token::Key(span) | Token::String(span) => scalar(Kind::String, span),
                Token::Number(span) => scalar(Kind::Number, span),
                Token::Bool(false) => Value::new(Kind::False, 0, 0),
                Token::Bool(true) => Value::new(Kind::True, 0, 0),
                Token::Null => Value::new(Kind::Null, 0, 0),
                Token::ArrayStart | Token::ObjectStart => Value::new(Kind::Null, 0, 0),
                end @ (Token::ArrayEnd | Token::ObjectEnd) => {
                    if let Some((at, members)) = open.pop() {
                        let array = end == Token::ArrayEnd;
                        let kind = if array { Kind::Array } else { Kind::Object };
                        values[at] = Value::new(kind, members, values.len());
                    }
                    continue;
                }
            };
            if values.len() >= VALUES_MAX {
                return fail(text.len(), Problem::TooLarge);
            }
            if !is_key && let Some((_, members)) = open.last_mut() {
                *members += 1;
            }
            if matches!(token, Ok(Token::ArrayStart | Token::ObjectStart)) {
                open.push((values.len(), 0));
            }
            values.push(value);
        }
        if values.is_empty() {
            return fail(0, Problem::Unfinished);
        }
        Ok(Shape { text, values })
    }

    fn kind(&self, at: usize) -> Kind {
        KINDS[(self.values[at].0 >> (2 * BITS)) as usize % KINDS.len()]
    }

    /// The text of a scalar.
    fn scalar(&self, at: usize) -> &'t str {
        let value = self.values[at];
        &self.text[value.first()..value.first() + value.second()]
    }

    /// Where the value behind this one stands.
    fn next(&self, at: usize) -> usize {
        match self.kind(at) {
            Kind::Array | Kind::Object => self.values[at].second(),
            _ => at + 1,
        }
    }

    /// Appends the value at `at`; gives its entry, and where the next value stands.
    fn value(&self, out: &mut impl Buffer, at: usize, depth: usize) -> Result<(u32, usize), Error> {
        interrupt::check(interrupt::VALUE);
        let entry = match self.kind(at) {
            Kind::Null => TYPE_NULL,
            Kind::False => TYPE_FALSE,
            Kind::True => TYPE_TRUE,
            Kind::String => push_text(out, &unescape(self.scalar(at)))?,
            Kind::Number => {
                let spelling = self.scalar(at);
                match number_from_text(spelling) {
                    Some(numeric) => push_number(out, &numeric)?,
                    None => push_text(out, &mark_number(spelling))?,
                }
            }
            Kind::Array => self.array(out, at, depth)?,
            Kind::Object => self.object(out, at, depth)?,
        };
        Ok((entry, self.next(at)))
    }

    fn array(&self, out: &mut impl Buffer, at: usize, depth: usize) -> Result<u32, Error> {
        let count = self.values[at].first();
        let mut table = Table::array(out, count, depth)?;
        let mut element = at + 1;
        for _ in 0..count {
            let (entry, next) = self.value(out, element, depth + 1)?;
            table.push(out, entry)?;
            element = next;
        }
        table.entry(out)
    }

    fn object(&self, out: &mut impl Buffer, at: usize, depth: usize) -> Result<u32, Error> {
        let pairs = self.pairs(at);
        let mut table = Table::object(out, pairs.len(), depth)?;
        for (key, _) in &pairs {
            let entry = push_text(out, key)?;
            table.push(out, entry)?;
        }
        for (_, value) in &pairs {
            let (entry, _) = self.value(out, *value, depth + 1)?;
            table.push(out, entry)?;
        }
        table.entry(out)
    }

    /// Key and place of each member, sorted as jsonb stores them, the last of equal keys only.
    fn pairs(&self, at: usize) -> Vec<(Cow<'t, str>, usize)> {
        let count = self.values[at].first();
        let mut pairs = Vec::with_capacity(count);
        let mut key = at + 1;
        for _ in 0..count {
            pairs.push((unescape(self.scalar(key)), key + 1));
            key = self.next(key + 1);
        }
        jsonb::sort_by_key(&mut pairs);
        if let [(key, value)] = &mut pairs[..]
            && key == UNPARSED
            && self.is_text(*value)
        {
            *key = Cow::Owned(mark_dollar(key));
        }
        pairs
    }

    /// True when the value is written as a string.
    fn is_text(&self, at: usize) -> bool {
        match self.kind(at) {
            Kind::String => true,
            Kind::Number => number_from_text(self.scalar(at)).is_none(),
            _ => false,
        }
    }
}
