use std::cell::Cell;
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

/// Timestamps of the client for which no thread waits for another: those of one thread are each later than all before.
///
/// Those of different threads are ordered as the clock is, and by no more than a millisecond wrongly where it goes backwards
/// or a thread makes more than a write a microsecond; two threads may give the same, of which the greater value wins.
/// Where that is too little there are [`MonotonicTimestamps`], at the price of a counter that all threads write.
///
/// What a thread gave last it keeps for all generators of this kind.
#[derive(Debug, Default)]
pub struct ThreadTimestamps {
    /// No timestamp is below it. Threads write it once they are [`MOST_APART`] beyond, and else only read it.
    floor: AtomicI64,
}

/// How far a thread may run ahead before it takes the others with it, in microseconds.
const MOST_APART: i64 = 1_000;

thread_local! {
    static LAST: Cell<i64> = const { Cell::new(0) };
}

impl TimestampGenerator for ThreadTimestamps {
    fn next(&self, now: SystemTime) -> Option<i64> {
        let floor = self.floor.load(Relaxed);
        let next = LAST.get().saturating_add(1).max(micros(now)).max(floor);
        LAST.set(next);
        if next - floor >= MOST_APART {
            self.floor.fetch_max(next, Relaxed);
        }
        Some(next)
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
    fn each_thread_gives_later_and_later_timestamps_whatever_the_clock_does() {
        let timestamps = ThreadTimestamps::default();
        let given: Vec<_> = [1000, 1000, 400, 2000, 1999, 2005]
            .into_iter()
            .map(|now| timestamps.next(at(now)).unwrap())
            .collect();
        assert_eq!(given, [1000, 1001, 1002, 2000, 2001, 2005]);
    }

    #[test]
    fn no_thread_falls_back_behind_another_by_more_than_a_millisecond() {
        let timestamps = &ThreadTimestamps::default();
        let on_a_thread = |now: u64| {
            std::thread::scope(|scope| {
                scope.spawn(move || timestamps.next(at(now)).unwrap()).join().unwrap()
            })
        };
        assert_eq!(on_a_thread(5_000), 5_000);
        assert_eq!(on_a_thread(1_000), 5_000, "the clock has gone back");
        assert_eq!(on_a_thread(5_999), 5_999, "not far enough for others to follow");
        assert_eq!(on_a_thread(5_500), 5_500);
        // A thread that runs ahead of the clock takes the others with it.
        let ahead = std::thread::scope(|scope| {
            let run = || (0..3_500).filter_map(|_| timestamps.next(at(6_000))).last();
            scope.spawn(run).join().unwrap().unwrap()
        });
        assert_eq!(ahead, 9_499);
        let other = on_a_thread(6_001);
        assert!((ahead - MOST_APART..=ahead).contains(&other), "{other}");
    }

    #[test]
    fn the_server_is_left_to_decide() {
        assert_eq!(ServerTimestamps.next(at(5)), None);
    }
}
