use std::ops::ControlFlow;

use super::{ClusterState, Distance, LoadBalancing, Reasons, Routing, View, Visit};
use crate::{Node, StatementKind};

/// Sends reads where one policy says, and everything else where another one does.
#[derive(Debug, Clone)]
pub struct ReadWriteSplit<R, W> {
    reads: R,
    writes: W,
}

impl<R: LoadBalancing, W: LoadBalancing> ReadWriteSplit<R, W> {
    /// `reads` for what is known to read, `writes` for all else.
    pub fn new(reads: R, writes: W) -> Self {
        Self { reads, writes }
    }

    fn side(&self, routing: &Routing<'_>) -> &dyn LoadBalancing {
        match routing.kind {
            StatementKind::Read => &self.reads,
            _ => &self.writes,
        }
    }
}

impl<R: LoadBalancing, W: LoadBalancing> LoadBalancing for ReadWriteSplit<R, W> {
    fn distance(&self, node: &Node) -> Distance {
        self.reads.distance(node).min(self.writes.distance(node))
    }

    fn visit(
        &self,
        routing: &Routing<'_>,
        cluster: &dyn ClusterState,
        visit: Visit<'_>,
    ) -> ControlFlow<()> {
        let side = self.side(routing);
        // A node that is near for writes may be far for reads.
        side.visit(routing, &View::new(cluster, side), visit)
    }

    fn rank(&self, node: &Node, routing: &Routing<'_>) -> Option<u8> {
        let side = self.side(routing);
        side.rank(node, routing).filter(|_| side.distance(node) == Distance::Local)
    }

    fn explain(
        &self,
        node: &Node,
        routing: &Routing<'_>,
        cluster: &dyn ClusterState,
        reasons: &mut Reasons,
    ) {
        let side = self.side(routing);
        let (kind, distance) = (routing.kind, side.distance(node));
        reasons.add(format_args!("{distance} for {kind}"));
        side.explain(node, routing, &View::new(cluster, side), reasons);
    }
}

#[cfg(test)]
mod tests {
    use super::super::simulated::{Simulated, routing};
    use super::super::{DcAware, TokenAware};
    use super::*;
    use crate::ReplicationStrategy;
    use helenus_protocol::Token;

    #[test]
    fn reads_and_writes_go_to_their_own_nodes_only() {
        let cluster = Simulated::new(&["dc1", "dc2", "dc1", "dc2"]);
        let table = cluster.topology.replicas(&ReplicationStrategy::Simple { factor: 3 });
        let child = |dc: &str| TokenAware::new(DcAware::new(dc));
        let inside = ReadWriteSplit::new(child("dc1"), child("dc2"));
        let around = TokenAware::new(ReadWriteSplit::new(DcAware::new("dc1"), DcAware::new("dc2")));
        let to =
            |kind| Routing { token: Some(Token(50)), replicas: Some(&table), kind, ..routing(0) };
        for policy in [&inside as &dyn LoadBalancing, &around] {
            assert_eq!(cluster.plan(policy, &to(StatementKind::Read)), [2, 0]);
            for kind in [StatementKind::Write, StatementKind::Other] {
                let mut plan = cluster.plan(policy, &to(kind));
                plan.sort_unstable();
                assert_eq!(plan, [1, 3]);
            }
            let nodes = cluster.topology.nodes();
            assert!(nodes.iter().all(|node| policy.distance(node) == Distance::Local));
        }
    }
}
