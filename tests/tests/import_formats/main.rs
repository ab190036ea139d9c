//! The real transcripts of every format, through `pg_transcript import` into the store.

mod everything;
mod imported;
mod names;
mod resent;
mod tables;
mod tables_that_grow;
mod upserts;
