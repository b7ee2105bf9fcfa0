use std::fmt;
use std::ops::ControlFlow;

use super::visit::{first, late_last};
use super::{ClusterState, Distance, LoadBalancing, Reasons, Routing, Visit};
use crate::random::{draw, unit};
use crate::{Node, NodeIndex};

/// How often a node is drawn before the draw is given up. At a mean weight of a half one in 65,536 is.
const DRAWS: u64 = 16;

/// Asks nodes at random, each as often as its weight says.
#[derive(Clone)]
pub struct WeightedRandom<P, W> {
    child: P,
    weight: W,
}

impl<P: LoadBalancing, W: Fn(&Node) -> f64 + Send + Sync> WeightedRandom<P, W> {
    /// The nodes that `child` might ask first, weighted from 0.0 to 1.0; 1.0 for a node that gets all it can. Nodes
    /// of weight 0.0 are asked after all others.
    pub fn new(child: P, weight: W) -> Self {
        Self { child, weight }
    }

    fn weight(&self, index: NodeIndex, cluster: &dyn ClusterState) -> f64 {
        cluster.topology().node(index).map_or(0.0, &self.weight)
    }
}

impl<P: fmt::Debug, W> fmt::Debug for WeightedRandom<P, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeightedRandom").field("child", &self.child).finish_non_exhaustive()
    }
}

impl<P, W> LoadBalancing for WeightedRandom<P, W>
where
    P: LoadBalancing,
    W: Fn(&Node) -> f64 + Send + Sync,
{
    fn distance(&self, node: &Node) -> Distance {
        self.child.distance(node)
    }

    fn visit(
        &self,
        routing: &Routing<'_>,
        cluster: &dyn ClusterState,
        visit: Visit<'_>,
    ) -> ControlFlow<()> {
        for nth in 0..DRAWS {
            let Some(node) = first(&self.child, &routing.reseeded(nth), cluster) else { break };
            if unit(draw(routing.seed, DRAWS + nth)) < self.weight(node, cluster) {
                visit(node)?;
                break;
            }
        }
        let has_none = |node| self.weight(node, cluster) <= 0.0;
        late_last(&self.child, routing, cluster, has_none, visit)
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
        reasons.add(format_args!("weight {}", (self.weight)(node)));
    }
}

#[cfg(test)]
mod tests {
    use super::super::RoundRobin;
    use super::super::simulated::{Simulated, routing};
    use super::*;

    #[test]
    fn nodes_come_first_as_often_as_their_weight_says() {
        let cluster = Simulated::new(&["a", "b", "c", "d"]);
        let policy = WeightedRandom::new(RoundRobin, |node: &Node| match &*node.datacenter {
            "a" => 1.0,
            "b" => 0.5,
            "c" => 0.1,
            _ => 0.0,
        });
        let firsts = cluster.firsts(&policy, &routing(0));
        for (first, expected) in firsts.iter().zip([625_u32, 312, 62, 0]) {
            assert!(first.abs_diff(expected) < 45, "{firsts:?}");
        }
        assert!((0..50).all(|seed| cluster.plan(&policy, &routing(seed))[3] == 3));
    }

    #[test]
    fn without_any_weight_every_node_is_still_asked() {
        let cluster = Simulated::new(&["a", "b"]);
        let policy = WeightedRandom::new(RoundRobin, |_: &Node| f64::NAN);
        assert_eq!(cluster.plan(&policy, &routing(0)).len(), 2);
    }
}
