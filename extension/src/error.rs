//! Errors with SQLSTATEs of our own. Class TR is in the range the standard leaves to implementations.
//!
//! A message names the thing, a hint says what to do; neither ever carries row content.

use payload::{json, jsonb, project};
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::{PgLogLevel, PgSqlErrorCode, pg_sys};
use std::cell::{Cell, UnsafeCell};
use std::ffi::{c_int, c_void};

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
            jsonb::Error::TextTooLong => Error::new(
                "TR007",
                "text of the payload is longer than 1 GB",
                "cap the payload first",
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
            project::BatchError::NotJson(error) => error.into(),
            project::BatchError::TooMany { .. } => {
                Error::new("TR008", error.to_string(), "send smaller batches")
            }
            _ => Error::new(
                "TR010",
                error.to_string(),
                "send {\"conversation\": …, \"items\": […]}; other members: run, user, agent, \
                 model, sequence, source, title, metadata",
            ),
        }
    }
}

thread_local! {
    /// SQLSTATE of the error that is on its way out.
    static LEAVING: Cell<c_int> = const { Cell::new(0) };
}

/// pgrx reports an error where the function was called from, after every Rust frame is gone, but takes
/// none but the standard SQLSTATEs. The server asks the error context stack while it finishes the
/// report: there ours is put in.
fn raise(error: &Error) -> ! {
    struct Callback(UnsafeCell<pg_sys::ErrorContextCallback>);
    // SAFETY: a backend has one thread.
    unsafe impl Sync for Callback {}
    static CALLBACK: Callback = Callback(UnsafeCell::new(pg_sys::ErrorContextCallback {
        previous: std::ptr::null_mut(),
        callback: Some(set_sqlstate),
        arg: std::ptr::null_mut(),
    }));
    LEAVING.set(sqlstate(error.code));
    // SAFETY: the stack is the server's own linked list; whoever catches the error resets it, and
    // `set_sqlstate` is harmless for any later error because it clears what it has used.
    unsafe {
        let callback = CALLBACK.0.get();
        if pg_sys::error_context_stack != callback {
            (*callback).previous = pg_sys::error_context_stack;
            pg_sys::error_context_stack = callback;
        }
    }
    ErrorReport::new(
        PgSqlErrorCode::ERRCODE_INTERNAL_ERROR,
        error.message.clone(),
        "pg_transcript",
    )
    .set_hint(error.hint.to_owned())
    .report(PgLogLevel::ERROR);
    unreachable!("an ERROR does not return")
}

/// Called by the server while it finishes the report.
unsafe extern "C-unwind" fn set_sqlstate(_: *mut c_void) {
    unsafe extern "C-unwind" {
        fn errcode(code: c_int) -> c_int;
    }
    let code = LEAVING.replace(0);
    if code != 0 {
        // SAFETY: the server calls this between errstart() and errfinish() only.
        unsafe { errcode(code) };
    }
}

/// Five characters in the server's packed form: six bits each, from '0'.
fn sqlstate(code: &str) -> c_int {
    code.bytes().rev().fold(0, |packed, byte| {
        (packed << 6) | c_int::from((byte - b'0') & 0x3F)
    })
}
