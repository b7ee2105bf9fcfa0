use std::ops::ControlFlow;
use std::sync::Arc;

use super::visit::in_turn;
use super::{ClusterState, Distance, LoadBalancing, Reasons, Routing, Visit};
use crate::{Node, NodeIndex};

/// The nodes of the local data center in turn; those of others only if that is allowed.
#[derive(Debug, Clone)]
pub struct DcAware {
    local: Arc<str>,
    remote_hosts: usize,
    remote_for_local: bool,
    /// Remote data centers that come before all others.
    preferred: Vec<Arc<str>>,
}

impl DcAware {
    /// The local data center only.
    pub fn new(local: impl Into<Arc<str>>) -> Self {
        Self { local: local.into(), remote_hosts: 0, remote_for_local: false, preferred: vec![] }
    }

    /// Uses up to `hosts` nodes of each remote data center once no local one is left. Default 0.
    #[must_use]
    pub fn with_remote_hosts(mut self, hosts: usize) -> Self {
        self.remote_hosts = hosts;
        self
    }

    /// Uses remote nodes for the `LOCAL_` consistency levels too, where "local" then means the coordinator's
    /// data center. Default off.
    #[must_use]
    pub fn with_remote_for_local_consistency(mut self, allowed: bool) -> Self {
        self.remote_for_local = allowed;
        self
    }

    /// Asks remote data centers in this order; those that are not named come after them, by name. Default: none named.
    #[must_use]
    pub fn with_remote_order<D: Into<Arc<str>>>(
        mut self,
        datacenters: impl IntoIterator<Item = D>,
    ) -> Self {
        self.preferred = datacenters.into_iter().map(Into::into).collect();
        self
    }

    /// The local data center.
    pub fn local(&self) -> &str {
        &self.local
    }
}

impl DcAware {
    fn visit_remote(
        &self,
        nodes: &[NodeIndex],
        seed: u64,
        cluster: &dyn ClusterState,
        visit: Visit<'_>,
    ) -> ControlFlow<()> {
        let mut left = self.remote_hosts;
        in_turn(nodes, |node| *node, seed, cluster, &mut |node| {
            if left == 0 {
                return ControlFlow::Continue(());
            }
            left -= 1;
            visit(node)
        })
    }
}

impl LoadBalancing for DcAware {
    fn distance(&self, node: &Node) -> Distance {
        if node.datacenter == self.local {
            Distance::Local
        } else if self.remote_hosts > 0 {
            Distance::Remote
        } else {
            Distance::Ignored
        }
    }

    fn visit(
        &self,
        routing: &Routing<'_>,
        cluster: &dyn ClusterState,
        visit: Visit<'_>,
    ) -> ControlFlow<()> {
        let topology = cluster.topology();
        in_turn(topology.datacenter(&self.local), |node| *node, routing.seed, cluster, visit)?;
        if self.remote_hosts == 0 || (routing.consistency.is_local() && !self.remote_for_local) {
            return ControlFlow::Continue(());
        }
        for datacenter in &self.preferred {
            if *datacenter != self.local {
                let nodes = topology.datacenter(datacenter);
                self.visit_remote(nodes, routing.seed, cluster, visit)?;
            }
        }
        for (datacenter, nodes) in topology.datacenters() {
            if *datacenter != self.local && !self.preferred.contains(datacenter) {
                self.visit_remote(nodes, routing.seed, cluster, visit)?;
            }
        }
        ControlFlow::Continue(())
    }

    fn explain(
        &self,
        node: &Node,
        routing: &Routing<'_>,
        _: &dyn ClusterState,
        reasons: &mut Reasons,
    ) {
        if node.datacenter == self.local {
            return;
        }
        if self.remote_hosts == 0 {
            reasons.add("remote data centers are not used");
        } else if routing.consistency.is_local() && !self.remote_for_local {
            reasons.add(format_args!("{} stays in {}", routing.consistency, self.local));
        } else {
            reasons.add(format_args!("one of up to {} of its data center", self.remote_hosts));
        }
    }
}

#[cfg(test)]
mod tests {
    use helenus_protocol::Consistency;

    use super::super::simulated::{Simulated, routing};
    use super::*;

    #[test]
    fn only_local_nodes_are_asked_unless_remote_ones_are_allowed() {
        let cluster = Simulated::new(&["dc1", "dc2", "dc1", "dc2", "dc3"]);
        let policy = DcAware::new("dc1");
        assert_eq!(cluster.plan(&policy, &routing(0)), [0, 2]);
        assert_eq!(cluster.plan(&policy, &routing(1)), [2, 0]);
        let policy = policy.with_remote_hosts(1);
        assert_eq!(cluster.plan(&policy, &routing(0)), [0, 2, 1, 4]);
    }

    #[test]
    fn remote_data_centers_come_in_the_preferred_order() {
        let cluster = Simulated::new(&["dc1", "dc2", "dc3", "dc4", "dc3"]);
        let policy = DcAware::new("dc1").with_remote_hosts(1);
        let policy = policy.with_remote_order(["dc4", "dc1", "gone", "dc3"]);
        assert_eq!(cluster.plan(&policy, &routing(0)), [0, 3, 2, 1]);
        assert_eq!(cluster.plan(&policy, &routing(1)), [0, 3, 4, 1]);
    }

    #[test]
    fn local_consistency_never_leaves_the_data_center_by_accident() {
        let mut cluster = Simulated::new(&["dc1", "dc2"]);
        cluster.down = vec![0];
        let routing = Routing { consistency: Consistency::LocalQuorum, ..routing(0) };
        let policy = DcAware::new("dc1").with_remote_hosts(1);
        assert_eq!(cluster.plan(&policy, &routing), [0_u32; 0]);
        assert!(
            cluster
                .explain(&policy, &routing)
                .contains("remote, 0 in flight, LOCAL_QUORUM stays in dc1")
        );
        let policy = policy.with_remote_for_local_consistency(true);
        assert_eq!(cluster.plan(&policy, &routing), [1]);
    }

    #[test]
    fn distance_follows_the_data_center() {
        let cluster = Simulated::new(&["dc1", "dc2"]);
        let [near, far] = cluster.topology.nodes() else { panic!("two nodes") };
        let policy = DcAware::new("dc1");
        assert_eq!(policy.distance(near), Distance::Local);
        assert_eq!(policy.distance(far), Distance::Ignored);
        assert_eq!(policy.with_remote_hosts(2).distance(far), Distance::Remote);
    }
}
