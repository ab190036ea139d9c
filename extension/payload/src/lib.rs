//! What happens to a payload between the wire and the row, without Postgres.
#![forbid(unsafe_code)]

pub mod cap;
pub mod digest;
pub mod display;
pub mod fingerprint;
pub mod interrupt;
pub mod json;
pub mod jsonb;
pub mod parts;
#[cfg(test)]
mod processor;
pub mod project;
pub mod redact;
