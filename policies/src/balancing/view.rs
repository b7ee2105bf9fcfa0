use std::fmt;
use std::time::Instant;

use super::{ClusterState, Distance, LoadBalancing};
use crate::{Latency, NodeIndex, Topology};

/// A cluster with the distances of another policy than the session's, for whoever follows several policies.
#[derive(Clone, Copy)]
pub struct View<'a> {
    cluster: &'a dyn ClusterState,
    policy: &'a dyn LoadBalancing,
}

impl<'a> View<'a> {
    /// `cluster` as `policy` sees it.
    pub fn new(cluster: &'a dyn ClusterState, policy: &'a dyn LoadBalancing) -> Self {
        Self { cluster, policy }
    }
}

impl fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View").field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl ClusterState for View<'_> {
    fn topology(&self) -> &Topology {
        self.cluster.topology()
    }

    fn is_up(&self, node: NodeIndex) -> bool {
        self.cluster.is_up(node)
    }

    fn distance(&self, node: NodeIndex) -> Distance {
        let node = self.cluster.topology().node(node);
        node.map_or(Distance::Ignored, |node| self.policy.distance(node))
    }

    fn in_flight(&self, node: NodeIndex) -> usize {
        self.cluster.in_flight(node)
    }

    fn load(&self, node: NodeIndex) -> Option<u64> {
        self.cluster.load(node)
    }

    fn now(&self) -> Option<Instant> {
        self.cluster.now()
    }

    fn latency(&self, node: NodeIndex) -> Option<Latency> {
        self.cluster.latency(node)
    }

    fn up_since(&self, node: NodeIndex) -> Option<Instant> {
        self.cluster.up_since(node)
    }

    fn has_newcomers(&self) -> bool {
        self.cluster.has_newcomers()
    }

    fn has_set_back(&self) -> bool {
        self.cluster.has_set_back()
    }

    fn is_set_back(&self, node: NodeIndex) -> bool {
        self.cluster.is_set_back(node)
    }

    fn release_version(&self, node: NodeIndex) -> Option<&str> {
        self.cluster.release_version(node)
    }

    fn tag(&self, node: NodeIndex, name: &str) -> Option<&str> {
        self.cluster.tag(node, name)
    }
}
