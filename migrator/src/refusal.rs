//! What the server answered when it did not do as asked.

use std::fmt;

use sqlx::postgres::{PgDatabaseError, PgErrorPosition};

/// A failed request in a form that can be kept, compared and printed.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// The SQLSTATE; none when it was not the server that refused.
    pub code: Option<String>,
    /// The connection broke.
    pub lost: bool,
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
    /// Where in the text that was sent, counted in characters from 1.
    pub position: Option<usize>,
}

impl Refusal {
    /// A refusal that did not come from the server.
    pub fn ours(message: String) -> Self {
        Self {
            code: None,
            lost: false,
            message,
            detail: None,
            hint: None,
            position: None,
        }
    }

    /// Another session was in the way: the same request may succeed in a moment.
    pub fn is_contention(&self) -> bool {
        // lock_not_available, deadlock_detected, serialization_failure
        matches!(self.code.as_deref(), Some("55P03" | "40P01" | "40001"))
    }

    /// The connection is gone, or the server is on its way down or up.
    pub fn is_disconnect(&self) -> bool {
        let code = self.code.as_deref().unwrap_or_default();
        // admin_shutdown, crash_shutdown, cannot_connect_now; class 08 is about connections
        self.lost || matches!(code, "57P01" | "57P02" | "57P03") || code.starts_with("08")
    }

    /// The SQLSTATE is one of these.
    pub fn is_any(&self, codes: &[&str]) -> bool {
        self.code
            .as_deref()
            .is_some_and(|code| codes.contains(&code))
    }
}

/// For data and constraint errors (classes 22 and 23) the detail holds values of the row: not for a
/// terminal or a pipeline's log.
fn quotes_rows(code: &str) -> bool {
    code.starts_with("22") || code.starts_with("23")
}

impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Self {
        let Some(server) = error.as_database_error() else {
            use sqlx::Error::{Io, Protocol, Tls, WorkerCrashed};
            let lost = matches!(error, Io(_) | Tls(_) | Protocol(_) | WorkerCrashed);
            return Self {
                lost,
                ..Self::ours(error.to_string())
            };
        };
        let server = server.downcast_ref::<PgDatabaseError>();
        Self {
            code: Some(server.code().to_owned()),
            lost: false,
            message: server.message().to_owned(),
            detail: server
                .detail()
                .filter(|_| !quotes_rows(server.code()))
                .map(str::to_owned),
            hint: server.hint().map(str::to_owned),
            position: match server.position() {
                Some(PgErrorPosition::Original(position)) => Some(position),
                _ => None,
            },
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(detail) = &self.detail {
            write!(f, " ({detail})")?;
        }
        if let Some(code) = &self.code {
            write!(f, " [{code}]")?;
        }
        Ok(())
    }
}

impl std::error::Error for Refusal {}

/// The line (from 1) of the `position`-th character (from 1) of a text.
pub fn line_at(text: &str, position: usize) -> usize {
    1 + text
        .chars()
        .take(position.saturating_sub(1))
        .filter(|&c| c == '\n')
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters() {
        let text = "select 'äöü';\nselect x;\n";
        assert_eq!(line_at(text, 1), 1);
        assert_eq!(line_at(text, 14), 1);
        assert_eq!(line_at(text, 15), 2);
    }

    #[test]
    fn row_values_stay_out_of_messages() {
        assert!(quotes_rows("23505") && quotes_rows("22P02"));
        assert!(!quotes_rows("42501"));
    }
}
