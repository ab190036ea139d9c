//! How long to wait before trying again.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(8);

/// The pause after the `attempt`-th failure (from 1): doubled each time, with up to half taken off
/// at random so that rivals that collided once do not collide again.
pub fn pause(attempt: u32) -> Duration {
    let doubled = FIRST
        .saturating_mul(1 << attempt.saturating_sub(1).min(16))
        .min(LONGEST);
    // The standard library's only source of randomness: a freshly keyed hasher.
    let random = RandomState::new().hash_one(attempt) % 512;
    doubled.mul_f64(1.0 - random as f64 / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_and_stays_bounded() {
        for attempt in 1..40 {
            let pause = pause(attempt);
            assert!(
                pause >= FIRST / 2 && pause <= LONGEST,
                "{attempt}: {pause:?}"
            );
        }
        assert!(pause(5) > pause(1));
    }
}
