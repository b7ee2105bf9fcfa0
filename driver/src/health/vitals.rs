use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use helenus_policies::{DecayedLatency, HealthMonitor, HealthStatus, Latencies, LatencyHistogram};

use super::loads::Loads;
use crate::metrics::Tally;

/// Not up.
const DOWN: u64 = u64::MAX;

/// Why a node is asked after all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum SetBack {
    /// It is silent while others answer.
    Suspected = 1,
    /// It failed too many checks.
    Unhealthy = 2,
    /// Only failures come from it.
    Failing = 4,
}

/// What is known of how a node does. Its connections add to it, requests read it without a lock.
#[derive(Debug)]
pub(crate) struct Vitals {
    started: Instant,
    /// How many requests wait for its answers.
    pub(super) loads: Loads,
    /// How many times longer than the fastest node it takes.
    slowness: AtomicU32,
    /// Why it is to be asked after all others: a bit for each reason.
    set_back: AtomicU32,
    /// How long its answers took of late.
    pub(crate) latency: DecayedLatency,
    /// Since when it is up, in nanoseconds after the start.
    up_since: AtomicU64,
    times: Mutex<Times>,
    health: Mutex<HealthStatus>,
    has_been_up: AtomicBool,
    /// Since when it is of use again, if it ever was not; likewise.
    returned: AtomicU64,
    /// The most requests that waited at once on a connection that is gone.
    past_peak: AtomicUsize,
    pub(crate) tally: Tally,
}

/// How long answers took.
#[derive(Debug, Default)]
struct Times {
    /// Of connections that are gone.
    past: LatencyHistogram,
    /// Of those that are there, each written by its connection's reader alone.
    present: Vec<Arc<LatencyHistogram>>,
}

impl Vitals {
    /// Of a node that is not up yet.
    pub(crate) fn new() -> Arc<Self> {
        let now = tokio::time::Instant::now().into_std();
        Arc::new(Self {
            started: now,
            loads: Loads::default(),
            slowness: AtomicU32::new(1),
            set_back: AtomicU32::new(0),
            latency: DecayedLatency::new(now),
            up_since: AtomicU64::new(DOWN),
            times: Mutex::default(),
            health: Mutex::new(HealthMonitor::new(now).status().clone()),
            has_been_up: AtomicBool::new(false),
            returned: AtomicU64::new(DOWN),
            past_peak: AtomicUsize::new(0),
            tally: Tally::default(),
        })
    }

    /// How much is to be done before the node can answer one more request.
    #[inline]
    pub(crate) fn load(&self) -> u64 {
        (self.loads.sum() as u64 + 1) * u64::from(self.slowness.load(Ordering::Relaxed))
    }

    /// Says how many times longer than the fastest node it takes.
    pub(super) fn set_slowness(&self, times: u32) {
        self.slowness.store(times, Ordering::Relaxed);
    }

    /// How many times longer than the fastest node it takes.
    pub(super) fn slowness(&self) -> u32 {
        self.slowness.load(Ordering::Relaxed)
    }

    /// Whether it works, since when, and why not.
    pub(crate) fn health(&self) -> HealthStatus {
        self.health.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_health(&self, status: &HealthStatus) {
        self.health.lock().unwrap_or_else(PoisonError::into_inner).clone_from(status);
    }

    /// The node was of no use until now: what it took before says nothing, and its caches are cold.
    pub(super) fn begin_anew(&self) {
        self.latency.forget();
        self.returned.store(self.now(), Ordering::Relaxed);
    }

    /// The time in nanoseconds after the start.
    fn now(&self) -> u64 {
        let now = tokio::time::Instant::now().into_std();
        let nanos = now.saturating_duration_since(self.started).as_nanos();
        u64::try_from(nanos).unwrap_or(DOWN - 1)
    }

    fn at(&self, nanos: u64) -> Option<Instant> {
        (nanos != DOWN).then(|| self.started + Duration::from_nanos(nanos))
    }

    /// Since when the node is of use again, if it ever was not.
    pub(crate) fn returned(&self) -> Option<Instant> {
        self.at(self.returned.load(Ordering::Relaxed))
    }

    /// Whether the node is to be asked after all others.
    #[inline]
    pub(crate) fn is_set_back(&self) -> bool {
        self.set_back.load(Ordering::Relaxed) != 0
    }

    /// Whether this is a reason for it.
    pub(crate) fn is_set_back_for(&self, reason: SetBack) -> bool {
        self.set_back.load(Ordering::Relaxed) & reason as u32 != 0
    }

    /// Says whether there is this reason to ask the node after all others; returns whether there was.
    pub(super) fn set_back(&self, reason: SetBack, is_so: bool) -> bool {
        let (bit, order) = (reason as u32, Ordering::Relaxed);
        let before = match is_so {
            true => self.set_back.fetch_or(bit, order),
            false => self.set_back.fetch_and(!bit, order),
        };
        before & bit != 0
    }

    /// Says whether the node is up.
    pub(crate) fn set_up(&self, is_up: bool) {
        let next = if is_up { self.now() } else { DOWN };
        let keep = |old| ((old == DOWN) == is_up).then_some(next);
        // It fails where nothing has changed.
        let has_changed =
            self.up_since.fetch_update(Ordering::Relaxed, Ordering::Relaxed, keep).is_ok();
        if has_changed && is_up && self.has_been_up.swap(true, Ordering::Relaxed) {
            self.begin_anew();
        }
    }

    /// Since when the node has been up without a break.
    pub(crate) fn up_since(&self) -> Option<Instant> {
        self.at(self.up_since.load(Ordering::Relaxed))
    }

    /// How long the node's answers took since the session has known it.
    pub(crate) fn response_times(&self) -> Latencies {
        let times = self.times();
        let mut latencies = times.past.latencies();
        times.present.iter().for_each(|times| times.add_to(&mut latencies));
        latencies
    }

    /// Where a new connection notes how long answers take.
    pub(crate) fn begin_connection(&self) -> Arc<LatencyHistogram> {
        let new = Arc::<LatencyHistogram>::default();
        self.times().present.push(Arc::clone(&new));
        new
    }

    /// The most requests that waited at once on one connection, of those that are there and those that are gone.
    pub(crate) fn peak(&self, present: impl Iterator<Item = usize>) -> usize {
        present.fold(self.past_peak.load(Ordering::Relaxed), usize::max)
    }

    /// Keeps what a connection noted that is gone.
    pub(crate) fn end_connection(&self, gone: &Arc<LatencyHistogram>, peak: usize) {
        self.past_peak.fetch_max(peak, Ordering::Relaxed);
        let mut times = self.times();
        let present = times.present.len();
        times.present.retain(|other| !Arc::ptr_eq(other, gone));
        if times.present.len() < present {
            times.past.absorb(gone);
        }
    }

    fn times(&self) -> MutexGuard<'_, Times> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn what_ended_connections_measured_is_kept_and_counted_once() {
        let vitals = Vitals::new();
        let (one, two) = (vitals.begin_connection(), vitals.begin_connection());
        one.record_alone(1_000_000, 1);
        two.record_alone(3_000_000, 1);
        vitals.end_connection(&one, 3);
        vitals.end_connection(&one, 3);
        let seen = vitals.response_times();
        assert_eq!((seen.count(), seen.mean()), (2, Some(2 * MS)));
        assert_eq!((vitals.peak([1].into_iter()), vitals.peak([4].into_iter())), (3, 4));
    }

    #[tokio::test(start_paused = true)]
    async fn a_node_is_up_since_it_came_up_last() {
        let vitals = Vitals::new();
        assert_eq!(vitals.up_since(), None);
        tokio::time::advance(5 * MS).await;
        vitals.set_up(true);
        let since = vitals.up_since();
        assert!(since.is_some());
        tokio::time::advance(5 * MS).await;
        vitals.set_up(true);
        assert_eq!(vitals.up_since(), since);
        vitals.set_up(false);
        assert_eq!(vitals.up_since(), None);
        vitals.set_up(true);
        assert_eq!(vitals.up_since(), since.map(|since| since + 5 * MS));
    }
}
