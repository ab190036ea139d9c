//! How long a thread had a processor: what a test of long work compares, whatever else the machine does.

use std::time::Duration;

/// Of the thread that asks.
pub fn time() -> Duration {
    let path = "/proc/thread-self/schedstat";
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let nanoseconds = text.split_whitespace().next().map(str::parse);
    Duration::from_nanos(nanoseconds.expect(path).expect(path))
}
