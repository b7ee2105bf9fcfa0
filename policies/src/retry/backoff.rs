use std::time::Duration;

use crate::random::unit;

/// How long a retry waits: longer each time, and at random, so that requests that failed together do not come back
/// together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Backoff {
    base: Duration,
    max: Duration,
    jitter: f64,
}

impl Default for Backoff {
    /// 5 ms, doubled with each retry up to 1 s, of which up to a half is taken off at random.
    fn default() -> Self {
        Self { base: Duration::from_millis(5), max: Duration::from_secs(1), jitter: 0.5 }
    }
}

impl Backoff {
    /// `base` before the first retry, doubled with each further one up to `max`; up to a half is taken off at random.
    pub fn new(base: Duration, max: Duration) -> Self {
        Self { base, max, ..Self::default() }
    }

    /// Never waits.
    pub fn none() -> Self {
        Self::new(Duration::ZERO, Duration::ZERO)
    }

    /// The part of a wait that is random, from 0.0 to 1.0. Default 0.5.
    #[must_use]
    pub fn with_jitter(mut self, jitter: f64) -> Self {
        self.jitter = if jitter.is_nan() { 0.0 } else { jitter.clamp(0.0, 1.0) };
        self
    }

    /// The wait before a retry, of which the first is number 0. `random` is any number; jitter comes from it.
    pub fn delay(&self, retry: u32, random: u64) -> Duration {
        let whole = self.base.saturating_mul(2_u32.saturating_pow(retry)).min(self.max);
        let part = 1.0 - self.jitter * unit(random);
        Duration::try_from_secs_f64(whole.as_secs_f64() * part).unwrap_or(whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn waits_double_up_to_the_maximum() {
        let backoff = Backoff::new(10 * MS, 60 * MS).with_jitter(0.0);
        let waits: Vec<_> = (0..5).map(|retry| backoff.delay(retry, 7).as_millis()).collect();
        assert_eq!(waits, [10, 20, 40, 60, 60]);
        assert_eq!(backoff.delay(u32::MAX, 7), 60 * MS);
        assert_eq!(Backoff::none().delay(3, 7), Duration::ZERO);
    }

    #[test]
    fn jitter_takes_off_no_more_than_it_may_and_is_spread_out() {
        let backoff = Backoff::new(100 * MS, Duration::MAX).with_jitter(0.4);
        assert_eq!(backoff.delay(0, 0), 100 * MS);
        assert!(backoff.delay(0, u64::MAX) >= 60 * MS);
        let middle = backoff.delay(0, u64::MAX / 2).as_millis();
        assert!((79..=81).contains(&middle), "{middle}");
        assert!(backoff.delay(u32::MAX, 1) > Duration::from_secs(1 << 28));
    }
}
