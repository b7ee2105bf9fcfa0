use std::ops::ControlFlow;

use super::{ClusterState, Distance, LoadBalancing, Routing, Visit, visit_rotated};
use crate::Node;

/// Every node in turn, wherever it stands.
#[derive(Debug, Clone, Copy, Default)]
pub struct RoundRobin;

impl LoadBalancing for RoundRobin {
    fn distance(&self, _: &Node) -> Distance {
        Distance::Local
    }

    fn visit(
        &self,
        routing: &Routing<'_>,
        cluster: &dyn ClusterState,
        visit: Visit<'_>,
    ) -> ControlFlow<()> {
        let nodes = cluster.topology().nodes();
        visit_rotated(nodes, |node| node.index, routing.seed, cluster, visit)
    }
}

#[cfg(test)]
mod tests {
    use super::super::simulated::{Simulated, routing};
    use super::*;

    #[test]
    fn each_request_starts_at_the_next_node() {
        let cluster = Simulated::new(&["dc1", "dc1", "dc2"]);
        assert_eq!(cluster.plan(&RoundRobin, &routing(0)), [0, 1, 2]);
        assert_eq!(cluster.plan(&RoundRobin, &routing(1)), [1, 2, 0]);
        assert_eq!(cluster.plan(&RoundRobin, &routing(5)), [2, 0, 1]);
    }

    #[test]
    fn a_node_that_is_down_is_passed_over() {
        let mut cluster = Simulated::new(&["dc1", "dc1", "dc2"]);
        cluster.down = vec![1];
        assert_eq!(cluster.plan(&RoundRobin, &routing(1)), [2, 0]);
    }

    #[test]
    fn a_cluster_without_nodes_has_an_empty_plan() {
        assert_eq!(Simulated::new(&[]).plan(&RoundRobin, &routing(7)), [0_u32; 0]);
    }

    #[test]
    fn a_plan_longer_than_its_inline_memory_still_gives_each_node_once() {
        let cluster = Simulated::new(&["dc1"; 20]);
        let mut plan = cluster.plan(&RoundRobin, &routing(13));
        plan.sort_unstable();
        assert_eq!(plan, (0..20).collect::<Vec<_>>());
    }
}
