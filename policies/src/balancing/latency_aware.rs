use std::ops::ControlFlow;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use super::visit::late_last;
use super::{ClusterState, Distance, LoadBalancing, Reasons, Routing, Visit};
use crate::{Latency, Node, NodeIndex};

/// How often the fastest node is looked for anew.
const UPDATE: Duration = Duration::from_millis(100);

/// Asks nodes whose latency lies far above the fastest one's after all others.
///
/// Needs [`ClusterState::now`] and [`ClusterState::latency`], and belongs to one session: it remembers which latency
/// is the best.
#[derive(Debug)]
pub struct LatencyAware<P> {
    child: P,
    threshold: f64,
    retry_period: Duration,
    minimum: u64,
    best: Best,
}

/// The best mean latency of a cluster, looked for once in a while by whoever comes first.
#[derive(Debug, Default)]
struct Best {
    started: OnceLock<Instant>,
    nanos: AtomicU64,
    /// When it is looked for again, in nanoseconds after the start.
    due: AtomicU64,
}

impl<P: LoadBalancing> LatencyAware<P> {
    /// The order of `child`, but slow nodes last.
    pub fn new(child: P) -> Self {
        Self {
            child,
            threshold: 2.0,
            retry_period: Duration::from_secs(10),
            minimum: 50,
            best: Best::default(),
        }
    }

    /// A node whose mean is more than so many times the fastest one's is slow. Default 2.0; at least 1.0.
    #[must_use]
    pub fn with_exclusion_threshold(mut self, threshold: f64) -> Self {
        self.threshold = threshold.max(1.0);
        self
    }

    /// When a slow node has not been measured for so long it is tried again. Default 10 s.
    #[must_use]
    pub fn with_retry_period(mut self, period: Duration) -> Self {
        self.retry_period = period;
        self
    }

    /// A node is judged by so many measurements at least. Default 50.
    #[must_use]
    pub fn with_minimum_measurements(mut self, minimum: u64) -> Self {
        self.minimum = minimum;
        self
    }

    /// The latency that a node is judged by.
    fn judged(&self, node: NodeIndex, cluster: &dyn ClusterState, now: Instant) -> Option<Latency> {
        cluster.latency(node).filter(|latency| {
            let age = now.saturating_duration_since(latency.last);
            latency.measurements >= self.minimum && age < self.retry_period
        })
    }

    fn limit(&self, cluster: &dyn ClusterState, now: Instant) -> Duration {
        let best = self.best.get(now, || {
            let nodes = cluster.topology().nodes().iter().map(|node| node.index);
            let local = nodes.filter(|node| cluster.distance(*node) == Distance::Local);
            let means = local.filter_map(|node| Some(self.judged(node, cluster, now)?.mean));
            means.min().unwrap_or(Duration::MAX)
        });
        let limit = best.as_secs_f64() * self.threshold;
        Duration::try_from_secs_f64(limit).unwrap_or(Duration::MAX)
    }

    fn is_slow(
        &self,
        node: NodeIndex,
        cluster: &dyn ClusterState,
        now: Instant,
        limit: Duration,
    ) -> bool {
        self.judged(node, cluster, now).is_some_and(|latency| latency.mean > limit)
    }
}

impl Best {
    fn get(&self, now: Instant, find: impl FnOnce() -> Duration) -> Duration {
        let elapsed = nanos(now.saturating_duration_since(*self.started.get_or_init(|| now)));
        let due = self.due.load(Relaxed);
        let next = elapsed.saturating_add(nanos(UPDATE));
        if elapsed >= due && self.due.compare_exchange(due, next, Relaxed, Relaxed).is_ok() {
            self.nanos.store(nanos(find()), Relaxed);
        }
        match self.nanos.load(Relaxed) {
            // Another thread is looking for the first time.
            0 | u64::MAX => Duration::MAX,
            best => Duration::from_nanos(best),
        }
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

impl<P: LoadBalancing> LoadBalancing for LatencyAware<P> {
    fn distance(&self, node: &Node) -> Distance {
        self.child.distance(node)
    }

    fn visit(
        &self,
        routing: &Routing<'_>,
        cluster: &dyn ClusterState,
        visit: Visit<'_>,
    ) -> ControlFlow<()> {
        let Some(now) = cluster.now() else {
            return self.child.visit(routing, cluster, visit);
        };
        let limit = self.limit(cluster, now);
        let is_slow = |node| self.is_slow(node, cluster, now, limit);
        late_last(&self.child, routing, cluster, is_slow, visit)
    }

    fn rank(&self, node: &Node, routing: &Routing<'_>) -> Option<u8> {
        self.child.rank(node, routing)
    }

    fn explain(
        &self,
        node: &Node,
        routing: &Routing<'_>,
        cluster: &dyn ClusterState,
        reasons: &mut Reasons,
    ) {
        self.child.explain(node, routing, cluster, reasons);
        let is_slow = |now| self.is_slow(node.index, cluster, now, self.limit(cluster, now));
        if cluster.now().is_some_and(is_slow) {
            reasons.add("slow");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::RoundRobin;
    use super::super::simulated::{Simulated, routing};
    use super::*;

    const MS: Duration = Duration::from_millis(1);
    const SECOND: Duration = Duration::from_secs(1);

    fn cluster(latencies: [(Duration, Duration); 3]) -> Simulated {
        let latencies = latencies.map(Some).to_vec();
        Simulated { latencies, ..Simulated::new(&["dc1"; 3]) }
    }

    #[test]
    fn a_node_far_slower_than_the_fastest_comes_last() {
        let cluster = cluster([(5 * MS, SECOND), (2 * MS, SECOND), (3 * MS, SECOND)]);
        let policy = LatencyAware::new(RoundRobin);
        assert_eq!(cluster.plan(&policy, &routing(0)), [1, 2, 0]);
        assert!(cluster.explain(&policy, &routing(0)).contains("5.0 ms, slow"));
        let patient = LatencyAware::new(RoundRobin).with_exclusion_threshold(3.0);
        assert_eq!(cluster.plan(&patient, &routing(0)), [0, 1, 2]);
    }

    #[test]
    fn a_slow_node_is_tried_again_after_the_retry_period() {
        let cluster = cluster([(50 * MS, 11 * SECOND), (2 * MS, SECOND), (3 * MS, SECOND)]);
        assert_eq!(cluster.plan(&LatencyAware::new(RoundRobin), &routing(0)), [0, 1, 2]);
        let later = LatencyAware::new(RoundRobin).with_retry_period(20 * SECOND);
        assert_eq!(cluster.plan(&later, &routing(0)), [1, 2, 0]);
    }

    #[test]
    fn a_node_is_not_judged_by_too_few_measurements() {
        let cluster = cluster([(50 * MS, SECOND), (2 * MS, SECOND), (3 * MS, SECOND)]);
        let policy = LatencyAware::new(RoundRobin).with_minimum_measurements(101);
        assert_eq!(cluster.plan(&policy, &routing(0)), [0, 1, 2]);
    }

    #[test]
    fn the_fastest_node_is_looked_for_again_after_a_while() {
        let mut cluster = cluster([(3 * MS, SECOND), (2 * MS, SECOND), (2 * MS, SECOND)]);
        let policy = LatencyAware::new(RoundRobin);
        assert_eq!(cluster.plan(&policy, &routing(0)), [0, 1, 2]);
        cluster.latencies[1] = Some((MS, SECOND));
        assert_eq!(cluster.plan(&policy, &routing(0)), [0, 1, 2]);
        cluster.now += UPDATE;
        assert_eq!(cluster.plan(&policy, &routing(0)), [1, 2, 0]);
    }
}
