//! What the tests of all folders stand on: a database on the private cluster, sessions as the roles
//! that users have, and the transcripts.
//!
//! The product is reached only through SQL and the binary. `make test` says where both are:
//! `PG_TRANSCRIPT_TEST_URL` (a superuser's) and `PG_TRANSCRIPT_BIN`.

pub mod corpus;
mod database;
pub mod leaves;
mod output;
pub mod projected;
mod session;

pub use database::{Database, migrator};
pub use output::{code, stderr};
pub use session::{Session, Verdict, sqlstate};
