//! How much later answers come.

use std::ops::Range;
use std::time::Duration;

use tokio::time::Instant;

use crate::split_mix::SplitMix;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Delays {
    Within(Range<Duration>),
    /// Percentiles, from 0 to 100, each with its delay, in order.
    Percentiles(Vec<(f64, Duration)>),
    /// What a node that works on so many requests at once takes for each; the others queue.
    Service {
        time: Duration,
        parallelism: usize,
    },
}

/// When each of a node's workers is free again.
#[derive(Debug, Default)]
pub(super) struct Workers {
    free_at: Vec<Instant>,
}

impl Delays {
    pub(super) fn percentiles(table: impl IntoIterator<Item = (f64, Duration)>) -> Self {
        let mut table: Vec<_> = table.into_iter().collect();
        table.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        Self::Percentiles(table)
    }

    /// The delay of a request that comes now.
    pub(super) fn next(&self, random: &mut SplitMix, workers: &mut Workers) -> Duration {
        match self {
            Self::Within(Range { start, end }) => between(*start, *end, random.fraction()),
            Self::Percentiles(table) => at_percentile(table, random.fraction() * 100.0),
            Self::Service { time, parallelism } => workers.take_on(*time, *parallelism),
        }
    }
}

impl Workers {
    fn take_on(&mut self, time: Duration, parallelism: usize) -> Duration {
        let now = Instant::now();
        self.free_at.resize(parallelism.max(1), now);
        let Some(first) = self.free_at.iter_mut().min() else { return time };
        *first = (*first).max(now) + time;
        first.duration_since(now)
    }
}

fn at_percentile(table: &[(f64, Duration)], percentile: f64) -> Duration {
    let above = table.partition_point(|(bound, _)| *bound <= percentile);
    match (above.checked_sub(1).and_then(|below| table.get(below)), table.get(above)) {
        (Some((lower, from)), Some((upper, to))) => {
            between(*from, *to, (percentile - lower) / (upper - lower))
        }
        (Some((_, delay)), None) | (None, Some((_, delay))) => *delay,
        (None, None) => Duration::ZERO,
    }
}

fn between(start: Duration, end: Duration, fraction: f64) -> Duration {
    let spread = end.saturating_sub(start);
    let part = Duration::try_from_secs_f64(spread.as_secs_f64() * fraction).unwrap_or(spread);
    start.saturating_add(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn percentiles_are_met_and_what_is_between_them_is_interpolated() {
        let Delays::Percentiles(table) =
            Delays::percentiles([(100.0, ms(100)), (50.0, ms(10)), (90.0, ms(50))])
        else {
            panic!()
        };
        for (percentile, delay) in
            [(0.0, 10), (50.0, 10), (70.0, 30), (90.0, 50), (95.0, 75), (100.0, 100)]
        {
            assert_eq!(at_percentile(&table, percentile), ms(delay), "{percentile}");
        }
        assert_eq!(at_percentile(&[], 50.0), Duration::ZERO);

        let delays = Delays::percentiles([(99.0, ms(1)), (99.0, ms(9)), (100.0, ms(9))]);
        let mut random = SplitMix::new(1);
        let slow = (0..10_000)
            .filter(|_| delays.next(&mut random, &mut Workers::default()) == ms(9))
            .count();
        assert!((60..140).contains(&slow), "{slow}");
    }

    #[tokio::test(start_paused = true)]
    async fn requests_queue_where_more_come_than_are_worked_on() {
        let service = Delays::Service { time: ms(10), parallelism: 2 };
        let (mut random, mut workers) = (SplitMix::new(0), Workers::default());
        let mut next = || service.next(&mut random, &mut workers);
        assert_eq!(
            [next(), next(), next(), next(), next()].map(|d| d.as_millis()),
            [10, 10, 20, 20, 30]
        );
        tokio::time::advance(ms(25)).await;
        assert_eq!([next(), next()].map(|d| d.as_millis()), [10, 15]);
    }
}
