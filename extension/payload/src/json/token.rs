//! The tokenizer: strict JSON (RFC 8259), iterative, no allocation per token but the nesting stack.

use super::plain::plain;
use super::{Problem, SyntaxError};
use crate::interrupt::{self, PIECE};
use crate::jsonb::MAX_DEPTH;

/// Byte range of a token in the text; of a string, without its quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    ObjectStart,
    ObjectEnd,
    ArrayStart,
    ArrayEnd,
    /// A member's name, still escaped.
    Key(Span),
    /// A string value, still escaped.
    String(Span),
    Number(Span),
    Bool(bool),
    Null,
}

#[derive(Clone, Copy, PartialEq)]
enum Expect {
    Value,
    /// A value or `]`.
    FirstElement,
    /// A key or `}`.
    FirstKey,
    Key,
    /// `,` or the end of the container.
    Next,
    End,
}

/// Iterator over the tokens of one JSON value.
pub struct Tokens<'a> {
    bytes: &'a [u8],
    at: usize,
    expect: Expect,
    /// True for each open object, false for each open array.
    open: Vec<bool>,
}

impl<'a> Tokens<'a> {
    pub fn new(text: &'a str) -> Self {
        Tokens {
            bytes: text.as_bytes(),
            at: 0,
            expect: Expect::Value,
            open: Vec::new(),
        }
    }

    /// Where the last token ended, in bytes.
    pub fn offset(&self) -> usize {
        self.at
    }

    /// True when `text` is one number and nothing else.
    pub(super) fn is_number(text: &str) -> bool {
        if !text.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
            return false;
        }
        let mut tokens = Tokens::new(text);
        matches!(tokens.number(), Ok(Token::Number(span)) if span.end == text.len())
    }

    /// How many containers are open.
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    fn fail<T>(&mut self, problem: Problem) -> Result<T, SyntaxError> {
        let problem = match problem {
            Problem::Unexpected if self.at >= self.bytes.len() => Problem::Unfinished,
            other => other,
        };
        self.expect = Expect::End;
        let at = self.at.min(self.bytes.len());
        self.at = self.bytes.len();
        Err(SyntaxError { at, problem })
    }

    fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    fn skip_space(&mut self) {
        let start = self.at;
        while matches!(self.peek(), b' ' | b'\n' | b'\r' | b'\t') {
            self.at += 1;
            if (self.at - start).is_multiple_of(PIECE) {
                interrupt::check(PIECE);
            }
        }
    }

    fn after_value(&mut self) {
        self.expect = if self.open.is_empty() {
            Expect::End
        } else {
            Expect::Next
        };
    }

    fn step(&mut self) -> Result<Option<Token>, SyntaxError> {
        interrupt::check(interrupt::VALUE);
        loop {
            self.skip_space();
            match self.expect {
                Expect::End => {
                    if self.at < self.bytes.len() {
                        return self.fail(Problem::Trailing);
                    }
                    return Ok(None);
                }
                Expect::Next => {
                    let object = self.open.last() == Some(&true);
                    match self.peek() {
                        b',' => {
                            self.at += 1;
                            self.expect = if object { Expect::Key } else { Expect::Value };
                        }
                        b'}' if object => return Ok(Some(self.close(Token::ObjectEnd))),
                        b']' if !object => return Ok(Some(self.close(Token::ArrayEnd))),
                        _ => return self.fail(Problem::Unexpected),
                    }
                }
                Expect::FirstKey if self.peek() == b'}' => {
                    return Ok(Some(self.close(Token::ObjectEnd)));
                }
                Expect::FirstKey | Expect::Key => {
                    if self.peek() != b'"' {
                        return self.fail(Problem::Unexpected);
                    }
                    let span = self.string()?;
                    self.skip_space();
                    if self.peek() != b':' {
                        return self.fail(Problem::Unexpected);
                    }
                    self.at += 1;
                    self.expect = Expect::Value;
                    return Ok(Some(Token::Key(span)));
                }
                Expect::FirstElement if self.peek() == b']' => {
                    return Ok(Some(self.close(Token::ArrayEnd)));
                }
                Expect::FirstElement | Expect::Value => return self.value().map(Some),
            }
        }
    }

    fn close(&mut self, token: Token) -> Token {
        self.at += 1;
        self.open.pop();
        self.after_value();
        token
    }

    fn value(&mut self) -> Result<Token, SyntaxError> {
        match self.peek() {
            first @ (b'{' | b'[') => {
                if self.open.len() >= MAX_DEPTH {
                    return self.fail(Problem::TooDeep);
                }
                let object = first == b'{';
                self.at += 1;
                self.open.push(object);
                self.expect = if object {
                    Expect::FirstKey
                } else {
                    Expect::FirstElement
                };
                Ok(if object {
                    Token::ObjectStart
                } else {
                    Token::ArrayStart
                })
            }
            b'"' => {
                let span = self.string()?;
                self.after_value();
                Ok(Token::String(span))
            }
            b't' => self.word(b"true", Token::Bool(true)),
            b'f' => self.word(b"false", Token::Bool(false)),
            b'n' => self.word(b"null", Token::Null),
            b'-' | b'0'..=b'9' => self.number(),
            _ => self.fail(Problem::Unexpected),
        }
    }

    fn word(&mut self, word: &[u8], token: Token) -> Result<Token, SyntaxError> {
        if !self.bytes[self.at..].starts_with(word) {
            return self.fail(Problem::Unexpected);
        }
        self.at += word.len();
        self.after_value();
        Ok(token)
    }

    fn digits(&mut self) -> bool {
        let start = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
            if (self.at - start).is_multiple_of(PIECE) {
                interrupt::check(PIECE);
            }
        }
        self.at > start
    }

    fn number(&mut self) -> Result<Token, SyntaxError> {
        let start = self.at;
        if self.peek() == b'-' {
            self.at += 1;
        }
        if self.peek() == b'0' {
            self.at += 1;
        } else if !self.digits() {
            return self.fail(Problem::Unexpected);
        }
        if self.peek() == b'.' {
            self.at += 1;
            if !self.digits() {
                return self.fail(Problem::Unexpected);
            }
        }
        if matches!(self.peek(), b'e' | b'E') {
            self.at += 1;
            if matches!(self.peek(), b'+' | b'-') {
                self.at += 1;
            }
            if !self.digits() {
                return self.fail(Problem::Unexpected);
            }
        }
        let span = Span {
            start,
            end: self.at,
        };
        self.after_value();
        Ok(Token::Number(span))
    }

    /// Called on the opening quote; ends behind the closing one.
    fn string(&mut self) -> Result<Span, SyntaxError> {
        self.at += 1;
        let start = self.at;
        loop {
            self.at += plain(&self.bytes[self.at..]);
            match self.bytes.get(self.at) {
                None => return self.fail(Problem::Unfinished),
                Some(b'"') => {
                    let span = Span {
                        start,
                        end: self.at,
                    };
                    self.at += 1;
                    return Ok(span);
                }
                Some(b'\\') => {
                    interrupt::check(2);
                    self.at += 1;
                    match self.peek() {
                        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.at += 1,
                        b'u' => {
                            let hex = self.bytes.get(self.at + 1..self.at + 5);
                            if !hex.is_some_and(|h| h.iter().all(u8::is_ascii_hexdigit)) {
                                return self.fail(Problem::Unexpected);
                            }
                            self.at += 5;
                        }
                        _ => return self.fail(Problem::Unexpected),
                    }
                }
                Some(0..=0x1F) => return self.fail(Problem::Unexpected),
                Some(_) => self.at += 1,
            }
        }
    }
}

impl Iterator for Tokens<'_> {
    type Item = Result<Token, SyntaxError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.step().transpose()
    }
}
