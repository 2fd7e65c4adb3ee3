//! Waiting longer each time, never in step with others.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// Exponential backoff with jitter: each wait lies between half of and the whole of a step that doubles.
#[derive(Debug)]
pub(super) struct Backoff {
    first: Duration,
    most: Duration,
    failures: u32,
}

impl Backoff {
    pub(super) const fn new(first: Duration, most: Duration) -> Self {
        Self {
            first,
            most,
            failures: 0,
        }
    }

    /// The wait after one more failure.
    pub(super) fn next(&mut self) -> Duration {
        let step = self
            .first
            .saturating_mul(1_u32.checked_shl(self.failures).unwrap_or(u32::MAX))
            .min(self.most);
        self.failures = (self.failures + 1).min(16);
        let half = step / 2;
        half + half.mul_f64(chance())
    }

    /// Success, or a wish to try at once: the next failure waits for the first step again.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }
}

/// A number from 0 up to 1, different each time; no security hangs on it.
pub(super) fn chance() -> f64 {
    let bits = RandomState::new().hash_one(0_u8) >> 40;
    let part = u32::try_from(bits).unwrap_or(0);
    f64::from(part) / f64::from(1_u32 << 24)
}

#[cfg(test)]
mod tests {
    use super::{Backoff, chance};
    use std::time::Duration;

    #[test]
    fn steps_double_up_to_the_most() {
        let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(30));
        for step in [500_u64, 1000, 2000, 4000, 8000, 16000, 30000, 30000] {
            let wait = backoff.next();
            let step = Duration::from_millis(step);
            assert!(wait >= step / 2 && wait <= step, "{wait:?} of {step:?}");
        }
        for _ in 0..100 {
            assert!(backoff.next() <= Duration::from_secs(30));
        }
        backoff.reset();
        assert!(backoff.next() <= Duration::from_millis(500));
    }

    #[test]
    fn chance_is_a_part_of_one_and_varies() {
        let all: Vec<f64> = (0..50).map(|_| chance()).collect();
        assert!(all.iter().all(|part| (0.0..1.0).contains(part)));
        assert!(
            all.windows(2)
                .any(|pair| pair[0].to_bits() != pair[1].to_bits())
        );
    }
}
