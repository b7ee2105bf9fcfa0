use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use helenus_policies::{Health, HealthMonitor, HealthStatus};

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
