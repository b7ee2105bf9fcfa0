use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::visit::late_last;
use super::{ClusterState, Distance, LoadBalancing, Reasons, Routing, Visit};
use crate::{Node, NodeIndex};

/// Says how near a node is, whatever the policy thinks. Any `Fn(&Node) -> Option<Distance>` does.
pub trait DistanceEvaluator: Send + Sync {
    /// How near a node is; `None` leaves it to the policy. It should say the same of a node each time.
    fn evaluate(&self, node: &Node) -> Option<Distance>;
}

impl<F: Fn(&Node) -> Option<Distance> + Send + Sync> DistanceEvaluator for F {
    fn evaluate(&self, node: &Node) -> Option<Distance> {
        self(node)
    }
}

/// Distances by data center; of others it says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DatacenterDistance(Vec<(Arc<str>, Distance)>);

impl DatacenterDistance {
    /// Says that all nodes of a data center are so near.
    #[must_use]
    pub fn with(mut self, datacenter: impl Into<Arc<str>>, distance: Distance) -> Self {
        self.0.push((datacenter.into(), distance));
        self
    }
}

impl DistanceEvaluator for DatacenterDistance {
    fn evaluate(&self, node: &Node) -> Option<Distance> {
        let said = self.0.iter().find(|(datacenter, _)| *datacenter == node.datacenter);
        said.map(|(_, distance)| *distance)
    }
}

/// Follows another policy, with the distances of an evaluator.
///
/// Nodes that the evaluator calls remote come after the others, and those that the other policy would not ask at all
/// come last.
#[derive(Clone)]
pub struct Evaluated<P, E> {
    child: P,
    evaluator: E,
}

impl<P: LoadBalancing, E: DistanceEvaluator> Evaluated<P, E> {
    /// The nodes of `child` as near as `evaluator` says.
    pub fn new(child: P, evaluator: E) -> Self {
        Self { child, evaluator }
    }

    fn said(&self, index: NodeIndex, cluster: &dyn ClusterState) -> Option<Distance> {
        cluster.topology().node(index).and_then(|node| self.evaluator.evaluate(node))
    }
}

impl<P: fmt::Debug, E> fmt::Debug for Evaluated<P, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evaluated").field("child", &self.child).finish_non_exhaustive()
    }
}

impl<P: LoadBalancing, E: DistanceEvaluator> LoadBalancing for Evaluated<P, E> {
    fn distance(&self, node: &Node) -> Distance {
        self.evaluator.evaluate(node).unwrap_or_else(|| self.child.distance(node))
    }

    fn visit(
        &self,
        routing: &Routing<'_>,
        cluster: &dyn ClusterState,
        visit: Visit<'_>,
    ) -> ControlFlow<()> {
        let is_remote = |index| self.said(index, cluster) == Some(Distance::Remote);
        late_last(&self.child, routing, cluster, is_remote, &mut |index| match self
            .said(index, cluster)
        {
            Some(Distance::Ignored) => ControlFlow::Continue(()),
            _ => visit(index),
        })?;
        for distance in [Distance::Local, Distance::Remote] {
            for node in cluster.topology().nodes() {
                let is_added = self.evaluator.evaluate(node) == Some(distance)
                    && self.child.distance(node) == Distance::Ignored;
                if is_added && cluster.is_up(node.index) {
                    visit(node.index)?;
                }
            }
        }
        ControlFlow::Continue(())
    }

    fn rank(&self, node: &Node, routing: &Routing<'_>) -> Option<u8> {
        self.child.rank(node, routing).filter(|_| self.distance(node) == Distance::Local)
    }

    fn explain(
        &self,
        node: &Node,
        routing: &Routing<'_>,
        cluster: &dyn ClusterState,
        reasons: &mut Reasons,
    ) {
        self.child.explain(node, routing, cluster, reasons);
        if let Some(distance) = self.evaluator.evaluate(node) {
            reasons.add(format_args!("said to be {distance}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::simulated::{Simulated, routing};
    use super::super::{DcAware, RoundRobin};
    use super::*;

    #[test]
    fn the_evaluator_has_the_last_word() {
        let cluster = Simulated::new(&["dc1", "dc2", "dc3"]);
        let said = DatacenterDistance::default()
            .with("dc1", Distance::Remote)
            .with("dc2", Distance::Ignored);
        let policy = Evaluated::new(RoundRobin, said);
        assert_eq!(cluster.plan(&policy, &routing(0)), [2, 0]);
        let distances = cluster.topology.nodes().iter().map(|node| policy.distance(node));
        let expected = [Distance::Remote, Distance::Ignored, Distance::Local];
        assert_eq!(distances.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_node_that_the_policy_ignores_can_be_added() {
        let cluster = Simulated::new(&["dc1", "dc2", "dc3"]);
        let said = |node: &Node| (&*node.datacenter == "dc2").then_some(Distance::Remote);
        let policy = Evaluated::new(DcAware::new("dc1"), said);
        assert_eq!(cluster.plan(&policy, &routing(0)), [0, 1]);
    }
}
