//! `transcript.append` with rivals: once, in order, without gaps, whoever waits, retries or is cancelled.

mod cancelled;
mod parallel;
mod partitions;
mod retries;
mod snapshots;
mod writers;
