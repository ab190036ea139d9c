//! The SQL surface of pg_transcript: converts, delegates to the `payload` crate, raises errors.
//!
//! One file per capability. The extension owns functions only, never data: dropping it loses no row.

mod assembling;
mod capping;
mod cluster;
mod datum;
mod digests;
mod error;
mod fingerprints;
mod interrupts;
mod labels;
mod masking;
mod policy;
mod projection;
mod protect;
mod protection;
mod reading;
mod redacted;
mod redaction;
mod row;
mod storing;

pgrx::pg_module_magic!(name, version);

// What must hold before anything is made.
pgrx::extension_sql_file!("sql/bootstrap.sql", name = "bootstrap", bootstrap);

// What each function is for, as \df+ shows it.
pgrx::extension_sql_file!("sql/comments.sql", name = "comments", finalize);
