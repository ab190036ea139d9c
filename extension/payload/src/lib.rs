//! What happens to a payload between the wire and the row, without Postgres.
#![forbid(unsafe_code)]

pub mod json;
pub mod jsonb;
