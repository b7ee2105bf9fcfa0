use std::fmt;
use std::time::Duration;

use crate::histogram::{BUCKETS, end};

/// Latencies that were seen until some moment; each is known to about 6 %, from 1 µs to two minutes.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Latencies {
    /// By the histogram's steps; empty where nothing was seen.
    counts: Vec<u64>,
    /// In nanoseconds.
    sum: u64,
}

impl Latencies {
    pub(crate) fn add(&mut self, counts: impl Iterator<Item = u64>, sum: u64) {
        self.counts.resize(BUCKETS, 0);
        for (mine, others) in self.counts.iter_mut().zip(counts) {
            *mine += others;
        }
        self.sum = self.sum.wrapping_add(sum);
    }

    /// Adds those that were seen elsewhere.
    pub fn merge(&mut self, other: &Self) {
        if !other.counts.is_empty() {
            self.add(other.counts.iter().copied(), other.sum);
        }
    }

    /// Those that came after `earlier`, which was read from the same source.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let earlier_counts = earlier.counts.iter().chain(std::iter::repeat(&0));
        let later =
            self.counts.iter().zip(earlier_counts).map(|(all, old)| all.saturating_sub(*old));
        Self { counts: later.collect(), sum: self.sum.wrapping_sub(earlier.sum) }
    }

    /// How many there were.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The average; `None` where there were none.
    pub fn mean(&self) -> Option<Duration> {
        self.sum.checked_div(self.count()).map(Duration::from_nanos)
    }

    /// The longest, as far as it is known.
    pub fn max(&self) -> Option<Duration> {
        let last = self.counts.iter().rposition(|count| *count > 0)?;
        Some(Duration::from_micros(end(last)))
    }

    /// A latency that so many of a hundred do not exceed; `None` where there were none.
    ///
    /// ```
    /// use helenus_policies::LatencyHistogram;
    /// use std::time::Duration;
    ///
    /// let seen = LatencyHistogram::default();
    /// (1..=100).for_each(|millis| seen.record(Duration::from_millis(millis)));
    /// let p99 = seen.latencies().percentile(99.0).unwrap();
    /// assert!(p99 >= Duration::from_millis(99) && p99 < Duration::from_millis(106));
    /// ```
    pub fn percentile(&self, percentile: f64) -> Option<Duration> {
        let wanted = self.count() as f64 * percentile / 100.0;
        let mut seen = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            seen += count;
            if *count > 0 && seen as f64 >= wanted {
                return Some(Duration::from_micros(end(bucket)));
            }
        }
        None
    }
}

impl fmt::Debug for Latencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Latencies")
            .field("count", &self.count())
            .field("mean", &self.mean())
            .field("p50", &self.percentile(50.0))
            .field("p99", &self.percentile(99.0))
            .field("max", &self.max())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LatencyHistogram;

    const MICRO: Duration = Duration::from_micros(1);

    #[test]
    fn percentiles_are_those_of_what_was_seen() {
        let histogram = LatencyHistogram::default();
        assert_eq!(histogram.latencies().percentile(99.0), None);
        (1..=1000).for_each(|value| histogram.record(value * MICRO));
        let seen = histogram.latencies();
        for (percentile, exact) in [(1.0, 10), (50.0, 500), (90.0, 900), (99.0, 990)] {
            let found = seen.percentile(percentile).unwrap().as_micros();
            assert!((exact..=exact * 107 / 100).contains(&found), "p{percentile}: {found}");
        }
        assert_eq!(seen.mean(), Some(Duration::from_nanos(500_500)));
    }

    #[test]
    fn what_came_before_can_be_taken_away() {
        let histogram = LatencyHistogram::default();
        let nothing = histogram.latencies();
        histogram.record(MICRO);
        let first = histogram.latencies();
        histogram.record(900 * MICRO);
        let both = histogram.latencies();
        assert_eq!((first.since(&nothing), both.since(&both).mean()), (first.clone(), None));
        let second = both.since(&first);
        assert_eq!((second.count(), second.mean()), (1, Some(900 * MICRO)));
        let mut again = first;
        again.merge(&second);
        assert_eq!(again, both);
    }
}
