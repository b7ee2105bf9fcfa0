use std::ops::ControlFlow;

use super::visit::late_last;
use super::{ClusterState, Distance, LoadBalancing, Reasons, Routing, Visit};
use crate::Node;

/// Asks the nodes that are suspected or unhealthy after all others: they are set back, not removed.
#[derive(Debug, Clone)]
pub struct SetBack<P> {
    child: P,
}

impl<P: LoadBalancing> SetBack<P> {
    /// The order of `child`, but nodes that are set back last.
    pub fn new(child: P) -> Self {
        Self { child }
    }
}

impl<P: LoadBalancing> LoadBalancing for SetBack<P> {
    fn distance(&self, node: &Node) -> Distance {
        self.child.distance(node)
    }

    fn visit(
        &self,
        routing: &Routing<'_>,
        cluster: &dyn ClusterState,
        visit: Visit<'_>,
    ) -> ControlFlow<()> {
        if !cluster.has_set_back() {
            return self.child.visit(routing, cluster, visit);
        }
        late_last(&self.child, routing, cluster, |node| cluster.is_set_back(node), visit)
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
        if cluster.is_set_back(node.index) {
            reasons.add("set back");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::simulated::{Simulated, routing};
    use super::super::{DcAware, RoundRobin};
    use super::*;

    #[test]
    fn a_node_set_back_stays_in_the_plan_at_its_end() {
        let mut cluster = Simulated::new(&["dc1", "dc1", "dc2"]);
        cluster.set_back = vec![0];
        assert_eq!(cluster.plan(&SetBack::new(RoundRobin), &routing(0)), [1, 2, 0]);
        assert_eq!(cluster.plan(&SetBack::new(DcAware::new("dc1")), &routing(0)), [1, 0]);
        let explanation = cluster.explain(&SetBack::new(RoundRobin), &routing(0));
        assert!(explanation.contains("3. 127.0.0.1:9042: dc1/r1, local, 0 in flight, set back"));
    }

    #[test]
    fn with_all_set_back_the_order_is_as_ever() {
        let mut cluster = Simulated::new(&["dc1"; 3]);
        cluster.set_back = vec![0, 1, 2];
        assert_eq!(cluster.plan(&SetBack::new(RoundRobin), &routing(1)), [1, 2, 0]);
    }
}
