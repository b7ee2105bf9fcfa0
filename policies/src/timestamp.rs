use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Gives writes the timestamps by which the last one wins.
pub trait TimestampGenerator: fmt::Debug + Send + Sync {
    /// The timestamp of a write at `now`, in microseconds after 1970; `None` leaves it to the server.
    fn next(&self, now: SystemTime) -> Option<i64>;
}

/// Timestamps of the client, each later than all before, so that its writes win in the order in which they were made.
///
/// When the clock goes backwards, or more than one write falls into a microsecond, timestamps run ahead of it. The order
/// holds for one generator: share it where it matters.
#[derive(Debug, Default)]
pub struct MonotonicTimestamps {
    last: AtomicI64,
}

impl MonotonicTimestamps {
    /// How far its timestamps have run ahead of the clock; zero if they have not. Worth a warning beyond a second.
    pub fn ahead_of(&self, now: SystemTime) -> Duration {
        let ahead = self.last.load(Relaxed).saturating_sub(micros(now));
        Duration::from_micros(u64::try_from(ahead).unwrap_or(0))
    }
}

impl TimestampGenerator for MonotonicTimestamps {
    fn next(&self, now: SystemTime) -> Option<i64> {
        let now = micros(now);
        // The later of the clock and what comes after the last one: under contention a retry takes no clock.
        let later = |last: i64| last.saturating_add(1).max(now);
        let last = self.last.update(Relaxed, Relaxed, later);
        Some(later(last))
    }
}

/// Leaves timestamps to the server that a write goes to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ServerTimestamps;

impl TimestampGenerator for ServerTimestamps {
    fn next(&self, _: SystemTime) -> Option<i64> {
        None
    }
}

/// Microseconds after 1970; 0 before.
fn micros(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn at(micros: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_micros(micros)
    }

    #[test]
    fn each_timestamp_is_later_than_the_last_whatever_the_clock_does() {
        let timestamps = MonotonicTimestamps::default();
        let given: Vec<_> = [1000, 1000, 1000, 400, 2000, 1999, 2005]
            .into_iter()
            .map(|now| timestamps.next(at(now)).unwrap())
            .collect();
        assert_eq!(given, [1000, 1001, 1002, 1003, 2000, 2001, 2005]);
        assert_eq!(timestamps.ahead_of(at(1005)), Duration::from_millis(1));
        assert_eq!(timestamps.ahead_of(at(9999)), Duration::ZERO);
    }

    #[test]
    fn a_clock_before_1970_is_no_trouble() {
        let before = UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(MonotonicTimestamps::default().next(before), Some(1));
    }

    #[test]
    fn no_two_threads_get_the_same() {
        let timestamps = MonotonicTimestamps::default();
        let given: Vec<Vec<i64>> = std::thread::scope(|scope| {
            let take = || (0..5_000).filter_map(|n| timestamps.next(at(n / 10))).collect();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(take)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(given.iter().all(|given| given.is_sorted()));
        let distinct: HashSet<_> = given.iter().flatten().collect();
        assert_eq!(distinct.len(), 20_000);
    }

    #[test]
    fn the_server_is_left_to_decide() {
        assert_eq!(ServerTimestamps.next(at(5)), None);
    }
}
