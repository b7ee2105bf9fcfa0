use std::time::{Duration, Instant};

/// Lets so many requests in per second, and a burst of so many at once (a token bucket).
#[derive(Debug, Clone)]
pub struct RateLimiter {
    /// The time that one request takes up.
    interval: Duration,
    burst: u32,
    /// When the bucket is, or was, full again.
    full_at: Instant,
}

impl RateLimiter {
    /// `per_second` requests, and up to `burst` of them at once; both at least 1. Full at `now`.
    pub fn new(per_second: u32, burst: u32, now: Instant) -> Self {
        let interval = Duration::from_secs(1) / per_second.max(1);
        Self { interval, burst: burst.max(1), full_at: now }
    }

    /// Takes one in.
    ///
    /// # Errors
    /// How long to wait before it is worth trying again.
    pub fn take(&mut self, now: Instant) -> Result<(), Duration> {
        let full_at = self.full_at.max(now) + self.interval;
        let wait = full_at.saturating_duration_since(now + self.interval * self.burst);
        if wait.is_zero() {
            self.full_at = full_at;
            Ok(())
        } else {
            Err(wait)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_burst_goes_in_at_once_and_then_one_each_interval() {
        let start = Instant::now();
        let mut limiter = RateLimiter::new(10, 3, start);
        assert_eq!((0..10).filter(|_| limiter.take(start).is_ok()).count(), 3);
        assert_eq!(limiter.take(start), Err(Duration::from_millis(100)));
        let later = start + Duration::from_millis(60);
        assert_eq!(limiter.take(later), Err(Duration::from_millis(40)));
        assert_eq!(limiter.take(start + Duration::from_millis(100)), Ok(()));
        assert!(limiter.take(start + Duration::from_millis(199)).is_err());
    }

    #[test]
    fn a_pause_saves_up_no_more_than_a_burst() {
        let start = Instant::now();
        let mut limiter = RateLimiter::new(1000, 5, start);
        let later = start + Duration::from_secs(3600);
        assert_eq!((0..100).filter(|_| limiter.take(later).is_ok()).count(), 5);
    }

    proptest! {
        #[test]
        fn no_stretch_of_time_lets_in_more_than_rate_and_burst(
            steps in prop::collection::vec(0..20_u64, 1..300),
            per_second in 1..500_u32,
            burst in 1..20_u32,
        ) {
            let start = Instant::now();
            let mut limiter = RateLimiter::new(per_second, burst, start);
            let (mut millis, mut taken) = (0, Vec::new());
            for step in steps {
                millis += step;
                let now = start + Duration::from_millis(millis);
                match limiter.take(now) {
                    Ok(()) => taken.push(millis),
                    Err(wait) => prop_assert!(limiter.clone().take(now + wait).is_ok()),
                }
            }
            for (first, from) in taken.iter().enumerate() {
                for (last, to) in taken.iter().enumerate().skip(first) {
                    let most = f64::from(per_second) * (to - from) as f64 / 1e3 + f64::from(burst);
                    prop_assert!((last - first + 1) as f64 <= most + 1e-3);
                }
            }
        }
    }
}
