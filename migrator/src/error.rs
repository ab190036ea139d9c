//! Every way a command can fail: one sentence, the next step, and the exit code.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::preflight::Finding;
use crate::refusal::Refusal;

#[derive(Debug)]
pub enum Error {
    /// The connection URL cannot be read. The URL itself is never repeated: it may hold a password.
    Url(String),
    /// No connection came about.
    Connect { target: String, reason: String },
    /// A pooler hands out a different server session per transaction.
    Pooled,
    /// A request of ours, not a file, failed.
    Request {
        asking: &'static str,
        refusal: Box<Refusal>,
    },
    /// refinery cannot make sense of its history table.
    Ledger(String),
    /// Row-level security hides the ledger from this role.
    LedgerHidden,
    /// The ledger and the embedded files contradict each other.
    Validation(Vec<Finding>),
    /// The database was migrated by a newer binary.
    DatabaseNewer(Vec<Finding>),
    /// Another migration is running.
    Locked {
        waited: Duration,
        holder: Option<String>,
    },
    /// The lock was gone when it should have been given back.
    LockLost,
    /// A file failed inside its transaction.
    FileFailed {
        path: String,
        line: Option<usize>,
        refusal: Box<Refusal>,
    },
    /// A no-transaction file failed on the way.
    PartlyApplied {
        path: String,
        line: Option<usize>,
        done: usize,
        of: usize,
        refusal: Box<Refusal>,
    },
    /// The connection broke while a file was being applied.
    Disconnected { path: String, refusal: Box<Refusal> },
    /// What is missing needs rights this role does not have.
    NeedsDba {
        path: Option<String>,
        refusal: Box<Refusal>,
        remedy: String,
    },
    /// No tenant was named anywhere.
    NoTenant,
    /// An input file cannot be opened or read on.
    Input {
        path: PathBuf,
        reason: std::io::Error,
    },
    /// The server refuses every write, not this line.
    ImportStopped {
        place: String,
        refusal: Box<Refusal>,
    },
    /// The server's verdicts do not cover the items that were sent.
    VerdictsDisagree {
        place: String,
        sent: usize,
        found: String,
    },
    /// The user asked to stop.
    Interrupted,
}

impl Error {
    /// For `map_err`: what was being asked of the server when it refused.
    pub fn request(asking: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |error| Self::Request {
            asking,
            refusal: Box::new(error.into()),
        }
    }

    /// The process's exit code; `--help` of each command lists them.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Url(_)
            | Self::Connect { .. }
            | Self::Pooled
            | Self::Request { .. }
            | Self::LockLost
            | Self::LedgerHidden
            | Self::Disconnected { .. }
            | Self::NoTenant
            | Self::Input { .. }
            | Self::ImportStopped { .. }
            | Self::VerdictsDisagree { .. } => 1,
            Self::Validation(_) | Self::Ledger(_) => 3,
            Self::Locked { .. } => 4,
            Self::FileFailed { .. } => 5,
            Self::PartlyApplied { .. } => 6,
            Self::NeedsDba { .. } => 9,
            Self::DatabaseNewer(_) => 10,
            Self::Interrupted => 130,
        }
    }

    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Url(_) => "write postgres://user@host:port/database, or \
                             postgres://user@/database?host=/socket/dir"
                .to_owned(),
            Self::Connect { .. } => {
                "check --url, DATABASE_URL or the PG* variables, and that the server runs".to_owned()
            }
            Self::Pooled | Self::LockLost => {
                "use a direct connection to the server for migrate".to_owned()
            }
            Self::Request { refusal, .. } => return refusal.hint.clone(),
            Self::Ledger(_) => "compare transcript.migrations with a backup; it is not to be \
                                edited by hand"
                .to_owned(),
            Self::LedgerHidden => "connect as the role that migrates, or as another member of \
                                   transcript_owner"
                .to_owned(),
            Self::Validation(_) => "restore the files as they were released, or build from the \
                                    revision that was applied; put changes into a new migration"
                .to_owned(),
            Self::DatabaseNewer(_) => "upgrade the pg_transcript binary".to_owned(),
            Self::Locked { .. } => {
                "wait for that session, or end it with pg_terminate_backend(pid), and run again"
                    .to_owned()
            }
            Self::FileFailed { refusal, .. } => refusal.hint.clone().unwrap_or_else(|| {
                "the database is as it was before this file; mend the cause and run again".to_owned()
            }),
            Self::PartlyApplied { .. } => {
                "mend the cause and run again: it resumes at the first unfinished statement"
                    .to_owned()
            }
            Self::Disconnected { .. } => {
                "run again: it goes on where the ledger stands".to_owned()
            }
            Self::NeedsDba { remedy, .. } => remedy.clone(),
            Self::NoTenant => "give --tenant, or set PG_TRANSCRIPT_TENANT, or ALTER ROLE … SET \
                               transcript.tenant"
                .to_owned(),
            Self::Input { .. } => return None,
            Self::ImportStopped { refusal, .. } => refusal.hint.clone().unwrap_or_else(|| {
                "mend the cause and run again: what is stored counts as duplicate".to_owned()
            }),
            Self::VerdictsDisagree { .. } => {
                "this is a defect: check that `pg_transcript status` says up to date, then report it"
                    .to_owned()
            }
            Self::Interrupted => "run the same command again: it goes on with the rest".to_owned(),
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(reason) => write!(f, "the connection URL cannot be read: {reason}"),
            Self::Connect { target, reason } => write!(f, "cannot connect to {target}: {reason}"),
            Self::Pooled => write!(
                f,
                "this is a pooled connection: its statements reach different server sessions"
            ),
            Self::Request { asking, refusal } => write!(f, "{asking}: {refusal}"),
            Self::LedgerHidden => write!(f, "this role may not see the migration ledger"),
            Self::Ledger(reason) => write!(f, "the migration history cannot be read: {reason}"),
            Self::Validation(findings) => {
                write!(
                    f,
                    "the database and this binary disagree about applied files"
                )?;
                list(f, findings)
            }
            Self::DatabaseNewer(findings) => {
                write!(f, "the database's schema is newer than this binary")?;
                list(f, findings)
            }
            Self::Locked { waited, holder } => {
                write!(
                    f,
                    "another migration still holds the lock after {}s",
                    waited.as_secs()
                )?;
                match holder {
                    Some(holder) => write!(f, ": {holder}"),
                    None => Ok(()),
                }
            }
            Self::LockLost => write!(f, "the migration lock was lost before the end"),
            Self::FileFailed {
                path,
                line,
                refusal,
            } => {
                write!(f, "{}: {refusal}", place(path, *line))
            }
            Self::PartlyApplied {
                path,
                line,
                done,
                of,
                refusal,
            } => write!(
                f,
                "{}: {refusal}; {done} of {of} statements are applied",
                place(path, *line)
            ),
            Self::Disconnected { path, refusal } => {
                write!(f, "{path}: the connection broke: {refusal}")
            }
            Self::NeedsDba {
                path: Some(path),
                refusal,
                ..
            } => write!(f, "{path}: {refusal}"),
            Self::NeedsDba {
                path: None,
                refusal,
                ..
            } => write!(f, "{refusal}"),
            Self::NoTenant => write!(f, "no tenant is named"),
            Self::Input { path, reason } => write!(f, "{}: {reason}", path.display()),
            Self::ImportStopped { place, refusal } => {
                write!(f, "{place}: the import cannot go on: {refusal}")
            }
            Self::VerdictsDisagree { place, sent, found } => {
                write!(f, "{place}: internal error: {sent} items sent, but {found}")
            }
            Self::Interrupted => write!(f, "interrupted"),
        }
    }
}

fn list(f: &mut fmt::Formatter<'_>, findings: &[Finding]) -> fmt::Result {
    findings
        .iter()
        .try_for_each(|finding| write!(f, "\n  {finding}"))
}

fn place(path: &str, line: Option<usize>) -> String {
    match line {
        Some(line) => format!("{path}:{line}"),
        None => path.to_owned(),
    }
}
