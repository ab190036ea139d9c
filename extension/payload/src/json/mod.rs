//! JSON text: a tokenizer that knows where each token stands, reading into jsonb and printing back.
//!
//! Written here rather than taken from serde_json because three things matter that it does not give:
//! `\u0000` and lone surrogates survive (as marks, see [`mark`]), numbers keep every digit, and JSON
//! carried inside a string can be redacted in place, leaving every other byte as it was.

mod mark;
mod plain;
mod print;
mod read;
mod string;
mod token;
mod unparsed;

pub(crate) use mark::mark_length;
pub use mark::{mark_string, unmark};
pub use print::print;
pub(crate) use print::{Marks, print_into};
pub use read::{parse, parse_into};
pub(crate) use string::escape;
pub use string::unescape;
pub use token::{Span, Token, Tokens};
pub use unparsed::{UNPARSED, parse_any, unparse, unparsed, unparsed_into};

/// Why text is not JSON, and at which byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Bytes from the start of the text.
    pub at: usize,
    pub problem: Problem,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Something other than what may stand here.
    Unexpected,
    /// The text ends before the value does.
    Unfinished,
    /// More text after the value.
    Trailing,
    /// Nested more than [`crate::jsonb::MAX_DEPTH`] levels.
    TooDeep,
    /// More than jsonb can address.
    TooLarge,
}

impl std::fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let what = match self.problem {
            Problem::Unexpected => "unexpected character",
            Problem::Unfinished => "text ends inside a value",
            Problem::Trailing => "text goes on after the value",
            Problem::TooDeep => "nested too deep",
            Problem::TooLarge => "too large for jsonb",
        };
        write!(f, "{what} at byte {}", self.at)
    }
}

impl std::error::Error for SyntaxError {}

#[cfg(test)]
mod tests;
