use std::time::Instant;

/// Whether something works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Health {
    /// It does, or nothing else is known.
    Healthy,
    /// It has failed too often in a row.
    Unhealthy,
}

/// What a monitor knows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HealthStatus {
    /// Whether it works.
    pub health: Health,
    /// Since when it is so.
    pub since: Instant,
    /// Why the last check failed; `None` once enough checks were good.
    pub why: Option<String>,
}

/// Tells from checks whether something works. One bad check is an accident, and so is one good one.
#[derive(Debug, Clone)]
pub struct HealthMonitor {
    failures: u32,
    successes: u32,
    /// Checks in a row that speak against the status.
    against: u32,
    status: HealthStatus,
}

impl HealthMonitor {
    /// Healthy from `now` on; unhealthy after 3 bad checks in a row, healthy again after 2 good ones.
    pub fn new(now: Instant) -> Self {
        let status = HealthStatus { health: Health::Healthy, since: now, why: None };
        Self { failures: 3, successes: 2, against: 0, status }
    }

    /// How many bad checks in a row make it unhealthy, and how many good ones healthy. Default 3 and 2; at least 1.
    #[must_use]
    pub fn with_thresholds(mut self, failures: u32, successes: u32) -> Self {
        self.failures = failures.max(1);
        self.successes = successes.max(1);
        self
    }

    /// Takes in a good check, and gives the status if that has changed it.
    pub fn succeeded(&mut self, now: Instant) -> Option<&HealthStatus> {
        match self.status.health {
            Health::Healthy => {
                self.against = 0;
                self.status.why = None;
                None
            }
            Health::Unhealthy => self.speak_against(self.successes, Health::Healthy, None, now),
        }
    }

    /// Takes in a bad check and why it was bad, and gives the status if that has changed it.
    pub fn failed(&mut self, why: impl Into<String>, now: Instant) -> Option<&HealthStatus> {
        let why = Some(why.into());
        match self.status.health {
            Health::Unhealthy => {
                self.against = 0;
                self.status.why = why;
                None
            }
            Health::Healthy => self.speak_against(self.failures, Health::Unhealthy, why, now),
        }
    }

    /// What is known.
    pub fn status(&self) -> &HealthStatus {
        &self.status
    }

    fn speak_against(
        &mut self,
        threshold: u32,
        health: Health,
        why: Option<String>,
        now: Instant,
    ) -> Option<&HealthStatus> {
        self.against += 1;
        let has_changed = self.against >= threshold;
        if has_changed {
            self.against = 0;
            self.status = HealthStatus { health, since: now, why };
        } else if why.is_some() {
            self.status.why = why;
        }
        has_changed.then_some(&self.status)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn three_bad_checks_make_it_unhealthy_and_two_good_ones_healthy() {
        let start = Instant::now();
        let at = |second| start + Duration::from_secs(second);
        let mut monitor = HealthMonitor::new(start);
        assert_eq!(monitor.failed("no answer", at(1)), None);
        assert_eq!(monitor.failed("no answer", at(2)), None);
        let status = monitor.failed("connection refused", at(3)).unwrap().clone();
        let why = Some("connection refused".to_owned());
        assert_eq!(status, HealthStatus { health: Health::Unhealthy, since: at(3), why });
        assert_eq!(monitor.succeeded(at(4)), None);
        assert_eq!(monitor.status().health, Health::Unhealthy);
        let status = monitor.succeeded(at(5)).unwrap().clone();
        assert_eq!(status, HealthStatus { health: Health::Healthy, since: at(5), why: None });
    }

    #[test]
    fn accidents_in_between_change_nothing() {
        let now = Instant::now();
        let mut monitor = HealthMonitor::new(now);
        for _ in 0..10 {
            assert_eq!(monitor.failed("lost", now), None);
            assert_eq!(monitor.failed("lost", now), None);
            assert_eq!(monitor.succeeded(now), None);
        }
        (0..3).for_each(|_| {
            monitor.failed("lost", now);
        });
        for _ in 0..10 {
            assert_eq!(monitor.succeeded(now), None);
            assert_eq!(monitor.failed("lost again", now), None);
        }
        assert_eq!(monitor.status().why.as_deref(), Some("lost again"));
    }
}
