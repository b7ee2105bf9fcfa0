use std::ops::ControlFlow;

use super::load::less_busy;
use super::visit::first;
use super::{ClusterState, Distance, LoadBalancing, Reasons, Routing, Visit};
use crate::Node;

/// How often another node is looked for to compare the first one with.
const TRIES: u64 = 3;

/// Asks the less busy one of two nodes that another policy would ask first, picked at random.
///
/// Around a policy that spreads requests over all local nodes, those are two of all local nodes. Busy is who has more
/// requests in flight, times its latency where that is known.
#[derive(Debug, Clone)]
pub struct LeastInFlight<P> {
    child: P,
}

impl<P: LoadBalancing> LeastInFlight<P> {
    /// The less busy one of two that `child` might ask first, then the order of `child`.
    pub fn new(child: P) -> Self {
        Self { child }
    }
}

impl<P: LoadBalancing> LoadBalancing for LeastInFlight<P> {
    fn distance(&self, node: &Node) -> Distance {
        self.child.distance(node)
    }

    fn visit(
        &self,
        routing: &Routing<'_>,
        cluster: &dyn ClusterState,
        visit: Visit<'_>,
    ) -> ControlFlow<()> {
        if let Some(one) = first(&self.child, &routing.reseeded(0), cluster) {
            let others =
                (1..=TRIES).filter_map(|nth| first(&self.child, &routing.reseeded(nth), cluster));
            let two = others.into_iter().find(|two| *two != one).unwrap_or(one);
            visit(less_busy(cluster, one, two))?;
        }
        self.child.visit(routing, cluster, visit)
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
    }
}

#[cfg(test)]
mod tests {
    use super::super::simulated::{Simulated, routing};
    use super::super::{DcAware, RoundRobin};
    use super::*;

    #[test]
    fn the_busiest_node_is_hardly_ever_asked_first() {
        let mut cluster = Simulated::new(&["dc1"; 4]);
        cluster.in_flight = vec![1, 9, 1, 1];
        let firsts = cluster.firsts(&LeastInFlight::new(RoundRobin), &routing(0));
        // It would have 250, and has those where no other was drawn.
        assert!(firsts[1] < 30, "{firsts:?}");
    }

    #[test]
    fn load_never_sends_a_request_farther_away() {
        let mut cluster = Simulated::new(&["dc1", "dc2"]);
        cluster.in_flight = vec![99, 0];
        let policy = LeastInFlight::new(DcAware::new("dc1").with_remote_hosts(1));
        assert_eq!(cluster.plan(&policy, &routing(0)), [0, 1]);
    }
}
