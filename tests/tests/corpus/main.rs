//! Real transcripts: everything goes in once, and comes back as it went in but for what redaction and
//! capping say they changed.

mod import;
mod marks;
mod round_trip;
mod sdk_database;
