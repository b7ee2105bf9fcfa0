use std::ops::ControlFlow;

use smallvec::SmallVec;

use super::{ClusterState, Distance, LoadBalancing, Routing, Visit, rotation};
use crate::{Node, NodeIndex};

/// Local replicas that are taken down without an allocation.
const INLINE_REPLICAS: usize = 8;

/// Asks the replicas of a request's token first, then follows another policy.
///
/// Only replicas that the session's policy calls local come first. They take turns, except for conditional statements,
/// which all go to the same one.
#[derive(Debug, Clone)]
pub struct TokenAware<P> {
    child: P,
}

impl<P: LoadBalancing> TokenAware<P> {
    /// Replicas first, then `child`.
    pub fn new(child: P) -> Self {
        Self { child }
    }
}

impl<P: LoadBalancing> LoadBalancing for TokenAware<P> {
    fn distance(&self, node: &Node) -> Distance {
        self.child.distance(node)
    }

    fn visit(
        &self,
        routing: &Routing<'_>,
        cluster: &dyn ClusterState,
        visit: Visit<'_>,
    ) -> ControlFlow<()> {
        if let (Some(token), Some(table)) = (routing.token, routing.replicas) {
            let is_local = |index: &NodeIndex| {
                cluster.is_up(*index) && cluster.distance(*index) == Distance::Local
            };
            let mut local = SmallVec::<[NodeIndex; INLINE_REPLICAS]>::new();
            for replica in table.replicas(token) {
                if is_local(replica) {
                    local.push(*replica);
                }
            }
            let turn = if routing.is_conditional { 0 } else { rotation(routing.seed, local.len()) };
            let (before, from) = local.split_at(turn);
            from.iter().chain(before).try_for_each(|node| visit(*node))?;
        }
        self.child.visit(routing, cluster, visit)
    }
}

#[cfg(test)]
mod tests {
    use helenus_protocol::Token;

    use super::super::simulated::{Simulated, routing};
    use super::super::{DcAware, RoundRobin};
    use super::*;
    use crate::ReplicationStrategy;

    #[test]
    fn replicas_come_first_and_take_turns() {
        let cluster = Simulated::new(&["dc1", "dc1", "dc1", "dc1"]);
        let table = cluster.topology.replicas(&ReplicationStrategy::Simple { factor: 2 });
        let policy = TokenAware::new(RoundRobin);
        let to =
            |seed| Routing { token: Some(Token(150)), replicas: Some(&table), ..routing(seed) };
        assert_eq!(cluster.plan(&policy, &to(0)), [2, 3, 0, 1]);
        assert_eq!(cluster.plan(&policy, &to(1)), [3, 2, 1, 0]);
        let conditional = Routing { is_conditional: true, ..to(1) };
        assert_eq!(cluster.plan(&policy, &conditional), [2, 3, 1, 0]);
    }

    #[test]
    fn a_remote_replica_does_not_come_before_local_nodes() {
        let cluster = Simulated::new(&["dc1", "dc2", "dc1"]);
        let table = cluster.topology.replicas(&ReplicationStrategy::Simple { factor: 2 });
        let policy = TokenAware::new(DcAware::new("dc1").with_remote_hosts(1));
        let routing = Routing { token: Some(Token(50)), replicas: Some(&table), ..routing(0) };
        assert_eq!(cluster.plan(&policy, &routing), [2, 0, 1]);
    }

    #[test]
    fn a_replica_that_is_down_is_passed_over() {
        let mut cluster = Simulated::new(&["dc1", "dc1", "dc1"]);
        cluster.down = vec![1];
        let table = cluster.topology.replicas(&ReplicationStrategy::Simple { factor: 2 });
        let routing = Routing { token: Some(Token(50)), replicas: Some(&table), ..routing(0) };
        assert_eq!(cluster.plan(&TokenAware::new(RoundRobin), &routing), [2, 0]);
    }

    #[test]
    fn without_a_token_the_child_decides_alone() {
        let cluster = Simulated::new(&["dc1", "dc1"]);
        assert_eq!(cluster.plan(&TokenAware::new(RoundRobin), &routing(1)), [1, 0]);
    }
}
