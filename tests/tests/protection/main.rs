//! No unredacted value reaches storage, whatever the path; and none is written where the extension
//! that redacts is missing.

mod by_append;
mod errors;
mod guard;
mod past_append;
mod planted;
mod server_files;
mod storage;
