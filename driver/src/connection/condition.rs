use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Instant;

use helenus_policies::{Health, HealthMonitor, HealthStatus};

use super::Connection;
use super::state::State;

/// Requests in flight that say as much as a heartbeat does.
const PROBED: usize = 1024;

/// How a connection does. Its keeper says so, others look.
#[derive(Debug)]
pub(super) struct Condition(Mutex<HealthStatus>);

impl Condition {
    pub(super) fn new(now: Instant) -> Self {
        Self(Mutex::new(HealthMonitor::new(now).status().clone()))
    }

    pub(super) fn get(&self) -> HealthStatus {
        self.lock().clone()
    }

    /// Says what is wrong now, if anything is.
    pub(super) fn set(&self, why: Option<String>, now: Instant) {
        let mut status = self.lock();
        let health = if why.is_some() { Health::Unhealthy } else { Health::Healthy };
        if status.health != health {
            (status.health, status.since) = (health, now);
        }
        status.why = why;
    }

    fn lock(&self) -> MutexGuard<'_, HealthStatus> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    /// When it was opened.
    pub(crate) fn opened(&self) -> Instant {
        self.opened
    }

    /// Whether it works, as far as its keeper can tell.
    pub(crate) fn health(&self) -> HealthStatus {
        self.condition.get()
    }

    /// Asks its node for a sign of life now, unless that is under way or so many requests wait for one anyway that
    /// not all of them can be slow.
    pub(crate) fn probe(&self) {
        if self.in_flight() >= PROBED {
            return;
        }
        self.is_probed.store(true, Ordering::Relaxed);
        self.wake_keeper.notify_one();
    }

    /// Whether its node has been silent for far longer than it usually is, so that requests may have to go elsewhere.
    pub(crate) fn is_suspected(&self) -> bool {
        self.is_suspected.load(Ordering::Relaxed)
    }

    /// Says whether its node is suspected. Those who wait for answers are woken by that to look again, each once: they
    /// find none, and may ask [`is_suspected`](Self::is_suspected). It is said again as long as it is so, for those who
    /// began to wait meanwhile.
    pub(crate) fn suspect(&self, is_suspected: bool) {
        if self.is_suspected.swap(is_suspected, Ordering::Relaxed) != is_suspected {
            self.wake_keeper.notify_one();
        }
        if is_suspected {
            let wakers = self.with_state(State::tell);
            wakers.into_iter().for_each(Waker::wake);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn it_is_known_since_when_something_is_wrong_and_what_is_so_now() {
        let begun = Instant::now();
        let at = |seconds| begun + Duration::from_secs(seconds);
        let condition = Condition::new(begun);
        let mut seen = Vec::new();
        for (seconds, why) in [(1, None), (2, Some("a")), (3, Some("b")), (4, None)] {
            condition.set(why.map(str::to_owned), at(seconds));
            let HealthStatus { health, since, why, .. } = condition.get();
            seen.push((health == Health::Healthy, since - begun, why));
        }
        let (b, s) = (Some("b".to_owned()), Duration::from_secs);
        let a = Some("a".to_owned());
        assert_eq!(
            seen,
            [(true, s(0), None), (false, s(2), a), (false, s(2), b), (true, s(4), None)]
        );
    }
}
