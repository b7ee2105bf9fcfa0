use std::ops::ControlFlow;
use std::sync::Arc;

use super::{ClusterState, Distance, LoadBalancing, Routing, Visit, visit_rotated};
use crate::Node;

/// The nodes of the local data center in turn; those of others only if that is allowed.
#[derive(Debug, Clone)]
pub struct DcAware {
    local: Arc<str>,
    remote_hosts: usize,
    remote_for_local: bool,
}

impl DcAware {
    /// The local data center only.
    pub fn new(local: impl Into<Arc<str>>) -> Self {
        Self { local: local.into(), remote_hosts: 0, remote_for_local: false }
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

    /// The local data center.
    pub fn local(&self) -> &str {
        &self.local
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
        visit_rotated(
            topology.datacenter(&self.local),
            |node| *node,
            routing.seed,
            cluster,
            visit,
        )?;
        if self.remote_hosts == 0 || (routing.consistency.is_local() && !self.remote_for_local) {
            return ControlFlow::Continue(());
        }
        for (datacenter, nodes) in topology.datacenters() {
            if *datacenter != self.local {
                let mut left = self.remote_hosts;
                visit_rotated(nodes, |node| *node, routing.seed, cluster, &mut |node| {
                    if left == 0 {
                        return ControlFlow::Continue(());
                    }
                    left -= 1;
                    visit(node)
                })?;
            }
        }
        ControlFlow::Continue(())
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
    fn local_consistency_never_leaves_the_data_center_by_accident() {
        let mut cluster = Simulated::new(&["dc1", "dc2"]);
        cluster.down = vec![0];
        let routing = Routing { consistency: Consistency::LocalQuorum, ..routing(0) };
        let policy = DcAware::new("dc1").with_remote_hosts(1);
        assert_eq!(cluster.plan(&policy, &routing), [0_u32; 0]);
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
