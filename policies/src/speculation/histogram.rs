use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

/// Each power of two is cut into so many steps, so that a value is known to about 6 %.
const STEPS: u64 = 16;
/// What lies beyond two minutes counts as two minutes.
const BUCKETS: usize = 24 * STEPS as usize;

/// How often which latency was seen, in microseconds: steps that grow with the value, in 1.5 KiB. No thread waits for
/// another, which is why it is not `hdrhistogram`, and old values can be made to count less.
#[derive(Debug)]
pub(super) struct Histogram {
    counts: Box<[AtomicU32]>,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: (0..BUCKETS).map(|_| AtomicU32::new(0)).collect() }
    }
}

impl Histogram {
    pub(super) fn record(&self, value: Duration) {
        let micros = u64::try_from(value.as_micros()).unwrap_or(u64::MAX);
        let bucket = bucket(micros).min(BUCKETS - 1);
        self.counts[bucket].fetch_add(1, Relaxed);
    }

    /// Values seen, of which old ones count less.
    pub(super) fn count(&self) -> u64 {
        self.counts.iter().map(|count| u64::from(count.load(Relaxed))).sum()
    }

    /// Makes all that was seen until now count half.
    pub(super) fn halve(&self) {
        for count in &self.counts {
            let half = count.load(Relaxed).div_ceil(2);
            // What other threads count meanwhile stays.
            count.fetch_sub(half, Relaxed);
        }
    }

    /// A value that so many of a hundred do not exceed, rounded up to the end of its step; `None` without values.
    pub(super) fn percentile(&self, percentile: f64) -> Option<Duration> {
        let wanted = self.count() as f64 * percentile / 100.0;
        let mut seen = 0.0;
        for (bucket, count) in self.counts.iter().enumerate() {
            let count = count.load(Relaxed);
            seen += f64::from(count);
            if count > 0 && seen >= wanted {
                return Some(Duration::from_micros(end(bucket)));
            }
        }
        None
    }
}

/// Which step a value lies in. Below 16 each value has its own.
fn bucket(micros: u64) -> usize {
    let power = u64::from((micros | (STEPS / 2)).ilog2()).saturating_sub(u64::from(STEPS.ilog2()));
    // The step within its power of two, which is below 32.
    let step = micros >> power;
    usize::try_from(power * STEPS + step).unwrap_or(usize::MAX)
}

/// The last value of a step.
fn end(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    let power = (bucket / STEPS).saturating_sub(1);
    let step = bucket - power * STEPS;
    ((step + 1) << power) - 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn micros(histogram: &Histogram, percentile: f64) -> u128 {
        histogram.percentile(percentile).unwrap().as_micros()
    }

    #[test]
    fn percentiles_are_those_of_what_was_seen() {
        let histogram = Histogram::default();
        assert_eq!(histogram.percentile(99.0), None);
        (1..=1000).for_each(|value| histogram.record(Duration::from_micros(value)));
        for (percentile, exact) in [(1.0, 10), (50.0, 500), (90.0, 900), (99.0, 990)] {
            let found = micros(&histogram, percentile);
            assert!((exact..=exact * 107 / 100).contains(&found), "p{percentile}: {found}");
        }
    }

    #[test]
    fn what_is_old_counts_less() {
        let histogram = Histogram::default();
        (0..64).for_each(|_| histogram.record(Duration::from_secs(1)));
        (0..7).for_each(|_| histogram.halve());
        assert_eq!(histogram.count(), 0);
    }

    proptest! {
        #[test]
        fn a_value_lies_in_its_step(value in 0..100_000_000_u64) {
            let at = bucket(value);
            prop_assert!(value <= end(at));
            prop_assert!(at == 0 || end(at - 1) < value);
            prop_assert!(end(at) <= value + value / STEPS);
        }

        #[test]
        fn any_duration_is_taken(seconds: u64) {
            let histogram = Histogram::default();
            histogram.record(Duration::from_secs(seconds));
            prop_assert!(histogram.percentile(100.0).unwrap() < Duration::from_secs(140));
        }
    }
}
