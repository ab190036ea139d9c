//! History under a policy that got stricter: what a sweep leaves is what storing it today would leave,
//! whoever stops it, writes meanwhile, or sweeps at the same time.

mod command;
mod concurrent;
mod history;
mod holds;
mod interrupted;
mod parts;
mod plan;
mod policies;
mod rights;
mod secrets;
