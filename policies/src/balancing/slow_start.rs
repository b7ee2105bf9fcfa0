use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::visit::late_last;
use super::{ClusterState, Distance, LoadBalancing, Reasons, Routing, Visit};
use crate::random::{draw, unit};
use crate::{Node, NodeIndex};

/// The share that a node has from the start, so that it warms up at all.
const LEAST_SHARE: f64 = 0.05;

/// Gives a node that has just come up a rising share of its requests, until its caches are warm.
///
/// Needs [`ClusterState::now`] and [`ClusterState::up_since`].
#[derive(Debug, Clone)]
pub struct SlowStart<P> {
    child: P,
    window: Duration,
}

impl<P: LoadBalancing> SlowStart<P> {
    /// The order of `child`; a node's share rises for 30 s from 5 % to all of it.
    pub fn new(child: P) -> Self {
        Self { child, window: Duration::from_secs(30) }
    }

    /// How long a node's share rises. Default 30 s.
    #[must_use]
    pub fn with_window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    /// The part of its usual requests that a node gets.
    fn share(&self, node: NodeIndex, cluster: &dyn ClusterState, now: Instant) -> f64 {
        let up = cluster.up_since(node).map(|since| now.saturating_duration_since(since));
        match up {
            Some(up) if up < self.window => {
                (up.as_secs_f64() / self.window.as_secs_f64()).max(LEAST_SHARE)
            }
            _ => 1.0,
        }
    }
}

impl<P: LoadBalancing> LoadBalancing for SlowStart<P> {
    fn distance(&self, node: &Node) -> Distance {
        self.child.distance(node)
    }

    fn visit(
        &self,
        routing: &Routing<'_>,
        cluster: &dyn ClusterState,
        visit: Visit<'_>,
    ) -> ControlFlow<()> {
        if !cluster.has_newcomers() {
            return self.child.visit(routing, cluster, visit);
        }
        let Some(now) = cluster.now() else {
            return self.child.visit(routing, cluster, visit);
        };
        let is_late = |node: NodeIndex| {
            unit(draw(routing.seed, node.0.into())) >= self.share(node, cluster, now)
        };
        late_last(&self.child, routing, cluster, is_late, visit)
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
        let share = cluster.now().map_or(1.0, |now| self.share(node.index, cluster, now));
        if share < 1.0 {
            reasons.add(format_args!("warming up, {:.0} % of its requests", share * 100.0));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::RoundRobin;
    use super::super::simulated::{Simulated, routing};
    use super::*;

    #[test]
    fn the_share_of_a_node_rises_until_it_is_warm() {
        let mut cluster = Simulated::new(&["dc1"; 2]);
        let policy = SlowStart::new(RoundRobin).with_window(Duration::from_secs(20));
        let mut share = |seconds| {
            cluster.up_for = vec![Duration::from_secs(seconds), Duration::from_secs(3000)];
            cluster.firsts(&policy, &routing(0))[0]
        };
        let shares = [share(0), share(5), share(10), share(15), share(20)];
        let expected = [25_u32, 125, 250, 375, 500];
        for (share, expected) in shares.iter().zip(expected) {
            assert!(share.abs_diff(expected) < 50, "{shares:?}");
        }
    }

    #[test]
    fn a_warming_node_is_still_asked_when_no_other_is_left() {
        let mut cluster = Simulated::new(&["dc1"; 2]);
        cluster.up_for = vec![Duration::ZERO, Duration::from_secs(3000)];
        for seed in 0..50 {
            assert_eq!(cluster.plan(&SlowStart::new(RoundRobin), &routing(seed)).len(), 2);
        }
    }
}
