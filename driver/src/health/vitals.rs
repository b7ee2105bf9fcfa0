use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use helenus_policies::{DecayedLatency, Latencies, LatencyHistogram};

use super::loads::Loads;

/// Not up.
const DOWN: u64 = u64::MAX;

/// Why a node is asked after all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum SetBack {
    /// It is silent while others answer.
    Suspected = 1,
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
        let now = tokio::time::Instant::now().into_std();
        let since = u64::try_from(now.saturating_duration_since(self.started).as_nanos());
        let next = if is_up { since.unwrap_or(DOWN - 1) } else { DOWN };
        let keep = |old| ((old == DOWN) == is_up).then_some(next);
        // It fails where nothing has changed.
        let _ = self.up_since.fetch_update(Ordering::Relaxed, Ordering::Relaxed, keep);
    }

    /// Since when the node has been up without a break.
    pub(crate) fn up_since(&self) -> Option<Instant> {
        match self.up_since.load(Ordering::Relaxed) {
            DOWN => None,
            nanos => Some(self.started + Duration::from_nanos(nanos)),
        }
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

    /// Keeps what a connection noted that is gone.
    pub(crate) fn end_connection(&self, gone: &Arc<LatencyHistogram>) {
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
        one.record_alone(MS, 1);
        two.record_alone(3 * MS, 1);
        vitals.end_connection(&one);
        vitals.end_connection(&one);
        let seen = vitals.response_times();
        assert_eq!((seen.count(), seen.mean()), (2, Some(2 * MS)));
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
