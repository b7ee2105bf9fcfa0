use std::time::{Duration, Instant};

use helenus_policies::{Health, HealthMonitor};

use super::{HealthConfig, SetBack};
use crate::SessionEvent;
use crate::events::Events;
use crate::pool::Pool;

/// Fewer failures are accidents.
const FEWEST_FAILURES: u64 = 3;

/// How many times longer than the fastest node a node may take.
const TOO_SLOW: u32 = 10;

/// What takes no longer than this is not too slow, whatever others take.
const QUICK: Duration = Duration::from_millis(100);

/// What is known of a node's health.
#[derive(Debug)]
pub(super) struct Checkup {
    monitor: HealthMonitor,
    /// As they were at the last check: requests sent, failures that say that the node is unwell, signs of life.
    seen: (u64, u64, u64),
}

/// What a check finds.
enum Finding {
    Well,
    Unwell(String),
    /// Nothing was asked of the node.
    Nothing,
}

impl Checkup {
    pub(super) fn new(config: &HealthConfig, now: Instant) -> Self {
        let monitor = HealthMonitor::new(now).with_thresholds(config.failures, config.successes);
        Self { monitor, seen: (0, 0, 0) }
    }

    /// Checks the node, of which there were so many signs of life until now.
    pub(super) fn check(&mut self, pool: &Pool, signs: u64, events: &Events, now: Instant) {
        let finding = self.find(pool, signs);
        self.take(finding, pool, events, now);
    }

    /// The node answers again after it was silent, which is a check that it passes: those that it failed meanwhile had a
    /// cause that is gone.
    pub(super) fn heard_again(&mut self, pool: &Pool, events: &Events, now: Instant) {
        self.take(Finding::Well, pool, events, now);
    }

    fn take(&mut self, finding: Finding, pool: &Pool, events: &Events, now: Instant) {
        let changed = match finding {
            Finding::Nothing => None,
            Finding::Well => self.monitor.succeeded(now).cloned(),
            Finding::Unwell(why) => self.monitor.failed(why, now).cloned(),
        };
        let status = self.monitor.status();
        pool.vitals().set_health(status);
        if status.health == Health::Unhealthy {
            // A sign of life is all that is to be had of a node to which no requests go.
            pool.connections().iter().for_each(|connection| connection.probe());
        }
        let Some(status) = changed else { return };
        let node = pool.node().address;
        pool.vitals().set_back(SetBack::Unhealthy, status.health == Health::Unhealthy);
        match status.health {
            Health::Unhealthy => {
                let why = status.why.unwrap_or_default();
                tracing::warn!(%node, why, "the node is unhealthy");
                events.emit(|| SessionEvent::Unhealthy { node, why });
            }
            Health::Healthy => {
                pool.vitals().begin_anew();
                tracing::info!(%node, "the node is healthy again");
                events.emit(|| SessionEvent::Recovered { node });
            }
        }
    }

    fn find(&mut self, pool: &Pool, signs: u64) -> Finding {
        let figures = pool.metrics();
        // A statement that is not known there is sent again.
        let sent = figures.acquired.saturating_sub(figures.failed.unprepared);
        let seen = (sent, figures.failed.of_node(), signs);
        let before = std::mem::replace(&mut self.seen, seen);
        if !pool.is_up() {
            return Finding::Unwell(match pool.failure() {
                Some(error) => format!("it has no connection: {error}"),
                None => "it has no connection".to_owned(),
            });
        }
        if pool.vitals().is_set_back_for(SetBack::Suspected) {
            return Finding::Unwell("it is silent while others answer".to_owned());
        }
        let sent = sent.saturating_sub(before.0);
        let failed = seen.1.saturating_sub(before.1);
        if failed >= FEWEST_FAILURES && failed * 2 >= sent {
            return Finding::Unwell(format!("{failed} of {sent} requests failed"));
        }
        let (latency, slowness) = (pool.vitals().latency.get(), pool.vitals().slowness());
        let mean = latency.map_or(Duration::ZERO, |latency| latency.mean);
        if slowness >= TOO_SLOW && mean > QUICK && sent > 0 {
            let millis = mean.as_millis();
            return Finding::Unwell(format!(
                "answers take {millis} ms, {slowness} or more times as long as those of the fastest node"
            ));
        }
        if signs == before.2 { Finding::Nothing } else { Finding::Well }
    }
}
