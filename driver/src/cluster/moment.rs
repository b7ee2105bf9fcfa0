use std::time::Instant;

use helenus_policies::{ClusterState, Distance, Latency, NodeIndex, Topology};

use super::ClusterSnapshot;

/// The cluster as policies see it. The time is that of the request, which has read the clock anyway.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment<'a> {
    pub(super) cluster: &'a ClusterSnapshot,
    pub(super) now: Instant,
}

impl ClusterState for Moment<'_> {
    fn topology(&self) -> &Topology {
        self.cluster.topology()
    }

    fn is_up(&self, node: NodeIndex) -> bool {
        self.cluster.pool(node).is_some_and(|pool| pool.is_up())
    }

    fn distance(&self, node: NodeIndex) -> Distance {
        self.cluster.pool(node).map_or(Distance::Ignored, |pool| pool.distance())
    }

    fn in_flight(&self, node: NodeIndex) -> usize {
        self.cluster.pool(node).map_or(0, |pool| pool.in_flight())
    }

    #[inline]
    fn load(&self, node: NodeIndex) -> Option<u64> {
        Some(self.cluster.pool(node)?.vitals().load())
    }

    fn now(&self) -> Option<Instant> {
        Some(self.now)
    }

    fn latency(&self, node: NodeIndex) -> Option<Latency> {
        self.cluster.pool(node)?.vitals().latency.get()
    }

    #[inline]
    fn has_newcomers(&self) -> bool {
        self.cluster.exceptions().has_newcomers()
    }

    #[inline]
    fn has_set_back(&self) -> bool {
        self.cluster.exceptions().has_set_back()
    }

    #[inline]
    fn is_set_back(&self, node: NodeIndex) -> bool {
        self.cluster.pool(node).is_some_and(|pool| pool.vitals().is_set_back())
    }

    fn tag(&self, node: NodeIndex, name: &str) -> Option<&str> {
        self.cluster.profiles().tags().get(self.topology().node(node)?, name)
    }

    fn up_since(&self, node: NodeIndex) -> Option<Instant> {
        // Of a node that was up when it was met nobody knows since when it is.
        self.cluster.pool(node)?.vitals().returned()
    }
}
