//! What each format makes of the real files, item by item: kinds, calls and results, runs.

mod openai_chat;
mod opencode;
mod projected;
