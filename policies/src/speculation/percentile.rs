use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use super::Speculation;
use crate::LatencyHistogram;

/// How often the delay is worked out anew, in milliseconds.
const UPDATE: u64 = 100;
/// How often what was seen is made to count half, in updates.
const HALVING: u64 = 100;
/// No delay yet.
const UNKNOWN: u64 = u64::MAX;

/// Asks another node when an answer takes longer than most did of late.
///
/// Feed it every answer by [`Speculation::on_answer`]. What is 10 s old counts half.
#[derive(Debug)]
pub struct PercentileDelay {
    started: Instant,
    percentile: f64,
    max: u32,
    minimum: u64,
    seen: LatencyHistogram,
    /// In microseconds.
    delay: AtomicU64,
    updates: AtomicU64,
}

impl PercentileDelay {
    /// Asks up to `max` more nodes, each after a delay that `percentile` of a hundred answers do not take; it is kept
    /// within 0.0 and 100.0. `now` is any time before the first answer.
    pub fn new(percentile: f64, max: u32, now: Instant) -> Self {
        Self {
            started: now,
            percentile: if percentile.is_nan() { 100.0 } else { percentile.clamp(0.0, 100.0) },
            max,
            minimum: 100,
            seen: LatencyHistogram::default(),
            delay: AtomicU64::new(UNKNOWN),
            updates: AtomicU64::new(0),
        }
    }

    /// There is no speculation before so many answers were seen. Default 100.
    #[must_use]
    pub fn with_minimum_measurements(mut self, minimum: u64) -> Self {
        self.minimum = minimum;
        self
    }

    fn update(&self, number: u64) {
        if number / HALVING != (number - 1) / HALVING {
            self.seen.halve();
        }
        let seen = self.seen.latencies();
        let is_enough = seen.count() >= self.minimum;
        let delay = is_enough.then(|| seen.percentile(self.percentile)).flatten();
        let micros = delay.and_then(|delay| u64::try_from(delay.as_micros()).ok());
        self.delay.store(micros.unwrap_or(UNKNOWN), Relaxed);
    }
}

impl Speculation for PercentileDelay {
    fn delay(&self, speculations: u32) -> Option<Duration> {
        let micros = self.delay.load(Relaxed);
        (speculations < self.max && micros != UNKNOWN).then(|| Duration::from_micros(micros))
    }

    fn on_answer(&self, latency: Duration, now: Instant) {
        self.seen.record(latency);
        let millis = now.saturating_duration_since(self.started).as_millis();
        let number = u64::try_from(millis).unwrap_or(u64::MAX) / UPDATE;
        // Whoever is the first in its time works the delay out for all.
        let before = self.updates.fetch_max(number, Relaxed);
        if before < number {
            self.update(number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Running;
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn the_delay_follows_what_answers_take() {
        let start = Instant::now();
        let policy = PercentileDelay::new(99.0, 1, start);
        assert_eq!(policy.delay(0), None);
        let mut now = start;
        let mut delay = |slow: u32| {
            (0..60_000_u32).for_each(|n| {
                now += MS;
                policy.on_answer(if n % 50 < slow { 80 * MS } else { 2 * MS }, now);
            });
            policy.delay(0).unwrap()
        };
        assert!(delay(0) < 3 * MS);
        let with_two_of_a_hundred = delay(1);
        assert!((80 * MS..90 * MS).contains(&with_two_of_a_hundred), "{with_two_of_a_hundred:?}");
        assert!(delay(0) < 3 * MS);
        assert_eq!(policy.delay(1), None);
    }

    #[test]
    fn there_is_no_delay_before_enough_was_seen() {
        let start = Instant::now();
        let policy = PercentileDelay::new(50.0, 1, start).with_minimum_measurements(3);
        for (answers, expected) in [(1, false), (2, false), (3, true)] {
            policy.on_answer(MS, start + answers * 100 * MS);
            assert_eq!(policy.delay(0).is_some(), expected, "{answers}");
        }
        let policy: &dyn Speculation = &policy;
        assert_eq!(policy.next(&Running { is_idempotent: false, speculations: 0 }), None);
    }
}
