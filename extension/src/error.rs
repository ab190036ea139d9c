//! Errors with SQLSTATEs of our own. Class TR is in the range the standard leaves to implementations.
//!
//! A message names the thing, a hint says what to do; neither ever carries row content.

use payload::{json, jsonb, project};
use pgrx::{PgLogLevel, pg_sys};
use std::ffi::{CString, c_char, c_int};

/// An error as the caller will see it.
#[derive(Debug)]
pub struct Error {
    code: &'static str,
    message: String,
    hint: &'static str,
}

impl Error {
    pub fn new(code: &'static str, message: impl Into<String>, hint: &'static str) -> Self {
        Error {
            code,
            message: message.into(),
            hint,
        }
    }

    /// Ends the statement.
    pub fn raise(self) -> ! {
        raise(&self)
    }
}

/// The value, or the end of the statement.
pub fn or_raise<T>(result: Result<T, impl Into<Error>>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => error.into().raise(),
    }
}

impl From<jsonb::Error> for Error {
    fn from(error: jsonb::Error) -> Self {
        match error {
            jsonb::Error::TooDeep => Error::new(
                "TR002",
                format!("payload is nested deeper than {} levels", jsonb::MAX_DEPTH),
                "flatten the payload",
            ),
            jsonb::Error::TooLarge => Error::new(
                "TR003",
                "payload is too large for jsonb",
                "split the payload",
            ),
            jsonb::Error::Corrupt => Error::new(
                "TR004",
                "payload is not valid jsonb",
                "check the table for corruption with pg_amcheck",
            ),
        }
    }
}

impl From<json::SyntaxError> for Error {
    fn from(error: json::SyntaxError) -> Self {
        match error.problem {
            json::Problem::TooDeep => jsonb::Error::TooDeep.into(),
            json::Problem::TooLarge => jsonb::Error::TooLarge.into(),
            _ => Error::new(
                "TR001",
                format!("text is not JSON: {error}"),
                "send one JSON value, encoded in UTF-8",
            ),
        }
    }
}

impl From<project::BatchError> for Error {
    fn from(error: project::BatchError) -> Self {
        match error {
            project::BatchError::UnknownFormat { .. } => Error::new(
                "TR011",
                error.to_string(),
                "SELECT * FROM transcript.formats() lists the formats",
            ),
            project::BatchError::Corrupt => jsonb::Error::Corrupt.into(),
            _ => Error::new(
                "TR010",
                error.to_string(),
                "send {\"conversation\": …, \"items\": […]}; other members: run, user, agent, \
                 model, sequence, source, title, metadata",
            ),
        }
    }
}

fn raise(error: &Error) -> ! {
    // pgrx's own report takes none but the standard SQLSTATEs.
    unsafe extern "C-unwind" {
        fn errstart(level: c_int, domain: *const c_char) -> bool;
        fn errcode(code: c_int) -> c_int;
        fn errmsg(format: *const c_char, ...) -> c_int;
        fn errhint(format: *const c_char, ...) -> c_int;
        fn errfinish(file: *const c_char, line: c_int, function: *const c_char);
    }
    let text = |s: &str| CString::new(s.replace('\0', "")).unwrap_or_default();
    let (message, hint) = (text(&error.message), text(error.hint));
    let code = sqlstate(error.code);
    // SAFETY: the five calls in this order are what the server's ereport() makes; they run on the
    // main thread, and their non-local exit is turned into an unwinding panic by the boundary, which
    // pgrx turns back into the same error where the function was called.
    unsafe {
        pg_sys::ffi::pg_guard_ffi_boundary(|| {
            if errstart(PgLogLevel::ERROR as c_int, std::ptr::null()) {
                errcode(code);
                errmsg(c"%s".as_ptr(), message.as_ptr());
                errhint(c"%s".as_ptr(), hint.as_ptr());
                errfinish(c"pg_transcript".as_ptr(), 0, std::ptr::null());
            }
        });
    }
    unreachable!("an ERROR does not return")
}

/// Five characters in the server's packed form: six bits each, from '0'.
fn sqlstate(code: &str) -> c_int {
    code.bytes().rev().fold(0, |packed, byte| {
        (packed << 6) | c_int::from((byte - b'0') & 0x3F)
    })
}
