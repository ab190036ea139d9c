//! The extension's jsonb against the server's: what one reads and writes, the other does byte by byte.
//!
//! Set-based: every test loads texts into a temporary table and lists those for which something fails.

mod functions;
mod generated;
mod nasty;
mod parse;
mod refused;
mod texts;
