use std::fmt;
use std::net::SocketAddr;

use super::{ClusterState, Distance, LoadBalancing, Plan, Routing};
use crate::{Node, NodeIndex};

/// What policies say of a node's place in a plan, the innermost first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reasons(Vec<String>);

impl Reasons {
    /// Adds a reason: a few words, such as `replica 1 of 3`.
    pub fn add(&mut self, reason: impl fmt::Display) {
        self.0.push(reason.to_string());
    }

    /// Every reason.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// A node of an [`Explanation`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExplainedNode {
    /// Its place in the topology.
    pub index: NodeIndex,
    /// Where it takes connections.
    pub address: SocketAddr,
    /// Why it stands where it stands.
    pub reasons: Reasons,
}

/// The whole plan of a request, with a reason for each node; displayed, one line per node.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explanation {
    /// The nodes that the request may go to, in order.
    pub nodes: Vec<ExplainedNode>,
    /// The nodes that it does not go to.
    pub left_out: Vec<ExplainedNode>,
}

impl Explanation {
    pub(super) fn new(
        policy: &dyn LoadBalancing,
        routing: &Routing<'_>,
        cluster: &dyn ClusterState,
    ) -> Self {
        let mut plan = Plan::default();
        let planned: Vec<_> = std::iter::from_fn(|| plan.next(policy, routing, cluster)).collect();
        let topology = cluster.topology();
        let explained = |node: &Node| {
            let mut reasons = facts(node, policy, cluster);
            policy.explain(node, routing, cluster, &mut reasons);
            ExplainedNode { index: node.index, address: node.address, reasons }
        };
        let nodes = planned.iter().filter_map(|index| topology.node(*index)).map(explained);
        let others = topology.nodes().iter().filter(|node| !planned.contains(&node.index));
        Self { nodes: nodes.collect(), left_out: others.map(explained).collect() }
    }
}

/// What of a node matters to every policy.
fn facts(node: &Node, policy: &dyn LoadBalancing, cluster: &dyn ClusterState) -> Reasons {
    let mut reasons = Reasons::default();
    reasons.add(format_args!("{}/{}", node.datacenter, node.rack));
    let distance = policy.distance(node);
    reasons.add(distance);
    if distance == Distance::Ignored {
        return reasons;
    }
    if !cluster.is_up(node.index) {
        reasons.add("down");
        return reasons;
    }
    reasons.add(format_args!("{} in flight", cluster.in_flight(node.index)));
    if let Some(latency) = cluster.latency(node.index) {
        reasons.add(format_args!("{:.1} ms", latency.mean.as_secs_f64() * 1e3));
    }
    reasons
}

impl fmt::Display for ExplainedNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.address, self.reasons.0.join(", "))
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, node) in (1..).zip(&self.nodes) {
            writeln!(f, "{place}. {node}")?;
        }
        self.left_out.iter().try_for_each(|node| writeln!(f, "-  {node}"))
    }
}
