use std::time::Duration;

use helenus_policies::Reconnection;
use tokio::time::Instant;

use super::random;

/// A connection lost sooner than this counts as a failed attempt, or a node that accepts and hangs up would be tried
/// without pause.
const SETTLED: Duration = Duration::from_secs(1);

/// The least time between two attempts, however often the node is reported up.
const PAUSE: Duration = Duration::from_millis(100);

/// When a node is connected to next: one schedule for all connections of its pool.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    /// Rounds of attempts that failed, one after another.
    failures: u32,
    /// How many they had been when a round succeeded: a node that hangs up at once has not come back.
    overcome: u32,
    succeeded: Option<Instant>,
    begun: Option<Instant>,
    due: Option<Instant>,
    is_reported_up: bool,
}

impl Schedule {
    /// When connections are to be opened.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Whether the node was reached when it was last tried, so that all that is missing may be opened together.
    pub(super) fn is_hopeful(&self) -> bool {
        self.failures == 0
    }

    /// Connections are missing: there is to be a round, at once unless the last one failed.
    pub(super) fn want(&mut self, policy: &dyn Reconnection, now: Instant) {
        let delay = || match self.failures {
            0 => Duration::ZERO,
            failures => policy.delay(failures - 1, random()),
        };
        if self.due.is_none() {
            self.due = Some(now + delay());
        }
    }

    /// No connection is missing.
    pub(super) fn rest(&mut self) {
        self.due = None;
    }

    pub(super) fn begin(&mut self, now: Instant) {
        (self.begun, self.due, self.is_reported_up) = (Some(now), None, false);
    }

    pub(super) fn succeed(&mut self, now: Instant) {
        if self.failures > 0 {
            self.overcome = self.failures;
        }
        (self.failures, self.succeeded) = (0, Some(now));
    }

    pub(super) fn fail(&mut self, now: Instant) {
        self.failures = self.failures.saturating_add(1);
        // Whoever reported it up while it was tried may have known better.
        if std::mem::take(&mut self.is_reported_up) {
            self.hasten(now);
        }
    }

    /// A connection was lost.
    pub(super) fn lose(&mut self, now: Instant) {
        match self.succeeded {
            Some(succeeded) if now < succeeded + SETTLED => {
                self.failures = self.failures.max(self.overcome + 1);
            }
            _ => self.overcome = 0,
        }
    }

    /// The node is reported up, which ends the wait.
    pub(super) fn take_report(&mut self, now: Instant) {
        match self.due {
            Some(_) => self.hasten(now),
            None => self.is_reported_up = true,
        }
    }

    fn hasten(&mut self, now: Instant) {
        self.failures = 0;
        let earliest = self.begun.map_or(now, |begun| now.max(begun + PAUSE));
        self.due = Some(self.due.map_or(earliest, |due| due.min(earliest)));
    }
}

#[cfg(test)]
mod tests {
    use helenus_policies::{ConstantReconnection, ExponentialReconnection};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Wants a round, and says how long it is off.
    fn wait(schedule: &mut Schedule, policy: &dyn Reconnection, now: Instant) -> Duration {
        schedule.want(policy, now);
        schedule.due().unwrap() - now
    }

    #[test]
    fn the_first_attempt_does_not_wait_and_the_others_wait_longer_and_longer() {
        let policy = ExponentialReconnection::new(SECOND, SECOND * 60);
        let (mut schedule, now) = (Schedule::default(), Instant::now());
        assert_eq!(wait(&mut schedule, &policy, now), Duration::ZERO);
        for seconds in [1, 2, 4, 8] {
            schedule.begin(now);
            schedule.fail(now);
            let waits = wait(&mut schedule, &policy, now).as_secs_f64() / f64::from(seconds);
            assert!((0.84..1.16).contains(&waits), "{waits}");
            assert!(!schedule.is_hopeful());
        }
        schedule.begin(now);
        schedule.succeed(now);
        assert!(schedule.is_hopeful());
        assert_eq!(wait(&mut schedule, &policy, now), Duration::ZERO);
    }

    #[test]
    fn a_node_that_hangs_up_at_once_has_not_come_back() {
        let policy = ExponentialReconnection::new(SECOND, SECOND * 60);
        let (mut schedule, mut now) = (Schedule::default(), Instant::now());
        let mut waits = Vec::new();
        for _ in 0..5 {
            schedule.begin(now);
            schedule.succeed(now);
            schedule.lose(now);
            let wait = wait(&mut schedule, &policy, now);
            waits.push(wait.as_secs_f64().round());
            now += wait;
        }
        assert!(waits[4] > 10.0, "{waits:?}");
        now += SETTLED;
        schedule.succeed(now);
        schedule.lose(now + SETTLED);
        assert!(schedule.is_hopeful());
    }

    #[test]
    fn a_report_ends_the_wait_though_not_more_often_than_the_pause_allows() {
        let policy = ConstantReconnection(SECOND * 60);
        let (mut schedule, mut now) = (Schedule::default(), Instant::now());
        schedule.begin(now);
        schedule.fail(now);
        assert_eq!(wait(&mut schedule, &policy, now), SECOND * 60);
        now += SECOND;
        schedule.take_report(now);
        assert_eq!(schedule.due(), Some(now));
        schedule.begin(now);
        schedule.take_report(now);
        assert_eq!(schedule.due(), None, "the attempt under way may still succeed");
        schedule.fail(now);
        assert_eq!(schedule.due(), Some(now + PAUSE));
        schedule.take_report(now);
        assert_eq!(schedule.due(), Some(now + PAUSE));
    }
}
