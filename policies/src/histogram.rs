use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crate::Latencies;

/// Each power of two is cut into so many steps, so that a value is known to about 6 %.
const STEPS: u64 = 16;
/// What lies beyond two minutes counts as two minutes.
pub(crate) const BUCKETS: usize = 24 * STEPS as usize;

/// How often which latency was seen, in steps that grow with the value, in 3 KiB.
///
/// A value is known to about 6 %, from 1 µs to two minutes. No thread waits for another, which is why it is not
/// `hdrhistogram`.
#[derive(Debug)]
pub struct LatencyHistogram {
    counts: Box<[AtomicU64; BUCKETS]>,
    /// All values added up, in nanoseconds, at least one for each: without any it is zero.
    sum: AtomicU64,
}

impl Default for LatencyHistogram {
    fn default() -> Self {
        Self { counts: Box::new([const { AtomicU64::new(0) }; BUCKETS]), sum: AtomicU64::new(0) }
    }
}

impl LatencyHistogram {
    /// Takes in a latency, from any thread.
    pub fn record(&self, latency: Duration) {
        let nanos = nanos(latency);
        self.counts[place(nanos)].fetch_add(1, Relaxed);
        self.sum.fetch_add(nanos.max(1), Relaxed);
    }

    /// Takes in a latency in nanoseconds for so many answers at less cost, for where one thread at a time records: of
    /// what several record at once this way some is lost.
    #[inline]
    pub fn record_alone(&self, nanos: u64, answers: u64) {
        let count = &self.counts[place(nanos)];
        count.store(count.load(Relaxed) + answers, Relaxed);
        let added = nanos.max(1).wrapping_mul(answers);
        let sum = self.sum.load(Relaxed).wrapping_add(added);
        self.sum.store(sum, Relaxed);
    }

    /// Takes in all that another one has seen.
    pub fn absorb(&self, other: &Self) {
        for (mine, others) in self.counts.iter().zip(other.counts.iter()) {
            mine.fetch_add(others.load(Relaxed), Relaxed);
        }
        self.sum.fetch_add(other.sum.load(Relaxed), Relaxed);
    }

    /// Adds what was seen until now to `latencies`.
    pub fn add_to(&self, latencies: &mut Latencies) {
        let sum = self.sum.load(Relaxed);
        if sum > 0 {
            latencies.add(self.counts.iter().map(|count| count.load(Relaxed)), sum);
        }
    }

    /// What was seen until now.
    pub fn latencies(&self) -> Latencies {
        let mut latencies = Latencies::default();
        self.add_to(&mut latencies);
        latencies
    }

    /// Makes all that was seen until now count half.
    pub(crate) fn halve(&self) {
        // What other threads count meanwhile stays.
        let halve = |count: &AtomicU64| count.fetch_sub(count.load(Relaxed).div_ceil(2), Relaxed);
        for count in self.counts.iter().chain([&self.sum]) {
            halve(count);
        }
    }
}

/// Nanoseconds, as many as fit: those of 584 years.
#[inline]
fn nanos(latency: Duration) -> u64 {
    let whole = latency.as_secs().saturating_mul(1_000_000_000);
    whole.saturating_add(u64::from(latency.subsec_nanos()))
}

/// The bucket of a latency.
#[inline]
fn place(nanos: u64) -> usize {
    bucket(nanos / 1_000).min(BUCKETS - 1)
}

/// Which step a value lies in. Below 16 each value has its own.
#[inline]
fn bucket(micros: u64) -> usize {
    let power = u64::from((micros | (STEPS / 2)).ilog2()).saturating_sub(u64::from(STEPS.ilog2()));
    // The step within its power of two, which is below 32.
    let step = micros >> power;
    usize::try_from(power * STEPS + step).unwrap_or(usize::MAX)
}

/// The last value of a step, in microseconds.
pub(crate) fn end(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    let power = (bucket / STEPS).saturating_sub(1);
    let step = bucket - power * STEPS;
    ((step + 1) << power) - 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_old_counts_less() {
        let histogram = LatencyHistogram::default();
        (0..64).for_each(|_| histogram.record(Duration::from_secs(1)));
        (0..7).for_each(|_| histogram.halve());
        assert_eq!(histogram.latencies().count(), 0);
    }

    #[test]
    fn what_connections_saw_before_they_ended_is_kept() {
        let (node, connection) = (LatencyHistogram::default(), LatencyHistogram::default());
        node.record(Duration::from_micros(100));
        connection.record_alone(300_000, 1);
        node.absorb(&connection);
        let seen = node.latencies();
        assert_eq!((seen.count(), seen.mean()), (2, Some(Duration::from_micros(200))));
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
            let histogram = LatencyHistogram::default();
            histogram.record(Duration::from_secs(seconds));
            prop_assert!(histogram.latencies().max().unwrap() < Duration::from_secs(140));
        }
    }
}
