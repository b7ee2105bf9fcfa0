use std::ops::ControlFlow;

use super::visit::in_turn;
use super::{ClusterState, Distance, LoadBalancing, Routing, Visit};
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
        in_turn(nodes, |node| node.index, routing.seed, cluster, visit)
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
        assert_eq!(cluster.plan(&RoundRobin, &routing(2)), [2, 0]);
    }

    #[test]
    fn the_load_of_a_node_that_is_down_goes_to_all_others_evenly() {
        let mut cluster = Simulated::new(&["dc1"; 5]);
        cluster.down = vec![1];
        let firsts = cluster.firsts(&RoundRobin, &routing(0));
        let is_even = |node: usize| firsts[node].abs_diff(250) < 40;
        assert!([0, 2, 3, 4].into_iter().all(is_even), "{firsts:?}");
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
