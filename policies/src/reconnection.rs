use std::fmt;
use std::time::Duration;

/// Decides how long to wait before a lost connection is tried again.
pub trait Reconnection: fmt::Debug + Send + Sync {
    /// The wait before an attempt, of which the first is number 0. `random` is any number; jitter comes from it.
    fn delay(&self, attempt: u32, random: u64) -> Duration;
}

/// Waits longer after each failure, up to a maximum, with jitter so that clients do not come back all at once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExponentialReconnection {
    base: Duration,
    max: Duration,
    factor: u32,
}

/// The jitter's range around a delay, in percent.
const JITTER: std::ops::RangeInclusive<u64> = 85..=115;

impl Default for ExponentialReconnection {
    /// 1 s, doubled after each failure, up to 1 min.
    fn default() -> Self {
        Self { base: Duration::from_secs(1), max: Duration::from_secs(60), factor: 2 }
    }
}

impl ExponentialReconnection {
    /// `base` after the first failure, doubled after each further one, up to `max`.
    pub fn new(base: Duration, max: Duration) -> Self {
        Self { base, max, factor: 2 }
    }

    /// What a delay is multiplied by after each failure. Default 2; at least 1.
    #[must_use]
    pub fn with_factor(mut self, factor: u32) -> Self {
        self.factor = factor.max(1);
        self
    }
}

impl Reconnection for ExponentialReconnection {
    fn delay(&self, attempt: u32, random: u64) -> Duration {
        let factor = self.factor.saturating_pow(attempt);
        let delay = self.base.saturating_mul(factor).min(self.max);
        let span = JITTER.end() - JITTER.start() + 1;
        let percent = u32::try_from(JITTER.start() + random % span).unwrap_or(100);
        (delay.saturating_mul(percent) / 100).min(self.max)
    }
}

/// Waits as long every time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConstantReconnection(pub Duration);

impl Reconnection for ConstantReconnection {
    fn delay(&self, _: u32, _: u64) -> Duration {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_maximum() {
        let policy = ExponentialReconnection::new(Duration::from_secs(1), Duration::from_secs(10));
        // 15 is the random number in the middle of the jitter.
        let delays: Vec<_> = (0..6).map(|attempt| policy.delay(attempt, 15).as_secs()).collect();
        assert_eq!(delays, [1, 2, 4, 8, 10, 10]);
        assert_eq!(policy.delay(u32::MAX, 15), Duration::from_secs(10));
    }

    #[test]
    fn jitter_stays_within_fifteen_percent_and_never_passes_the_maximum() {
        let policy = ExponentialReconnection::new(Duration::from_secs(1), Duration::from_secs(4));
        for random in 0..1000 {
            let delay = policy.delay(1, random).as_millis();
            assert!((1700..=2300).contains(&delay), "{delay}");
            assert!(policy.delay(9, random) <= Duration::from_secs(4));
        }
    }

    #[test]
    fn a_constant_delay_is_constant() {
        let policy = ConstantReconnection(Duration::from_millis(5));
        assert_eq!(policy.delay(0, 1), policy.delay(99, 2));
    }
}
