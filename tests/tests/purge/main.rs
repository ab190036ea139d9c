//! Retention: what the plan says is what the purge does, no more; it waits for nobody for long and
//! nobody waits for it.

mod callers;
mod holds;
mod obstacles;
mod partitions;
mod spans;
mod ttl;
