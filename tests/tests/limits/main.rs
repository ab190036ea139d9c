//! What no payload can do to the server: crash it, take its memory, or keep it from answering.

mod cancel;
mod hostile;
mod memory;
mod not_json;
