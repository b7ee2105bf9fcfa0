use std::ops::ControlFlow;
use std::sync::Arc;

use super::visit::in_turn;
use super::{ClusterState, DcAware, Distance, LoadBalancing, Reasons, Routing, Visit};
use crate::Node;

/// The nodes of the local rack in turn, then those of the local data center, then what [`DcAware`] has beyond.
#[derive(Debug, Clone)]
pub struct RackAware {
    child: DcAware,
    rack: Arc<str>,
}

impl RackAware {
    /// The nodes of `rack` in the local data center of `child` first.
    pub fn new(child: DcAware, rack: impl Into<Arc<str>>) -> Self {
        Self { child, rack: rack.into() }
    }

    fn has(&self, node: &Node) -> bool {
        node.rack == self.rack && *node.datacenter == *self.child.local()
    }
}

impl LoadBalancing for RackAware {
    fn distance(&self, node: &Node) -> Distance {
        self.child.distance(node)
    }

    fn visit(
        &self,
        routing: &Routing<'_>,
        cluster: &dyn ClusterState,
        visit: Visit<'_>,
    ) -> ControlFlow<()> {
        let rack = cluster.topology().rack(self.child.local(), &self.rack);
        in_turn(rack, |node| *node, routing.seed, cluster, visit)?;
        self.child.visit(routing, cluster, visit)
    }

    fn rank(&self, node: &Node, _: &Routing<'_>) -> Option<u8> {
        Some(u8::from(!self.has(node)))
    }

    fn explain(&self, node: &Node, _: &Routing<'_>, _: &dyn ClusterState, reasons: &mut Reasons) {
        if self.has(node) {
            reasons.add("local rack");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::TokenAware;
    use super::super::simulated::{Simulated, routing};
    use super::*;
    use crate::ReplicationStrategy;
    use helenus_protocol::Token;

    const PLACES: [(&str, &str); 6] =
        [("dc1", "r1"), ("dc1", "r2"), ("dc2", "r1"), ("dc1", "r1"), ("dc1", "r2"), ("dc2", "r2")];

    #[test]
    fn the_rack_comes_first_then_the_data_center_then_the_others() {
        let cluster = Simulated::with_racks(&PLACES);
        let policy = RackAware::new(DcAware::new("dc1").with_remote_hosts(1), "r1");
        assert_eq!(cluster.plan(&policy, &routing(0)), [0, 3, 1, 4, 2]);
        assert_eq!(cluster.plan(&policy, &routing(1)), [3, 0, 1, 4, 5]);
    }

    #[test]
    fn the_load_of_a_lost_rack_goes_to_the_others_evenly() {
        let mut cluster = Simulated::with_racks(&PLACES);
        cluster.down = vec![0, 3];
        let policy = RackAware::new(DcAware::new("dc1"), "r1");
        let firsts = cluster.firsts(&policy, &routing(0));
        assert!(firsts[1].abs_diff(firsts[4]) < 100, "{firsts:?}");
        assert_eq!(firsts[1] + firsts[4], 1000);
    }

    #[test]
    fn a_replica_in_the_rack_comes_before_other_replicas() {
        let cluster = Simulated::with_racks(&PLACES);
        let table = cluster.topology.replicas(&ReplicationStrategy::Simple { factor: 3 });
        let policy = TokenAware::new(RackAware::new(DcAware::new("dc1"), "r1"));
        let to = |seed| super::Routing {
            token: Some(Token(50)),
            replicas: Some(&table),
            ..routing(seed)
        };
        for seed in 0..8 {
            assert_eq!(cluster.plan(&policy, &to(seed))[..2], [3, 1], "seed {seed}");
        }
        assert!(cluster.explain(&policy, &to(0)).contains("local rack, replica 3 of 3"));
    }
}
