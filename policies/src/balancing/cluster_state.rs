use std::time::Instant;

use super::Distance;
use crate::{Latency, NodeIndex, Topology};

/// The cluster as policies see it.
///
/// What has a default is what a policy must be able to do without.
pub trait ClusterState {
    /// Its nodes and their tokens.
    fn topology(&self) -> &Topology;

    /// Whether a node has a connection that takes requests.
    fn is_up(&self, node: NodeIndex) -> bool;

    /// How near the session's policy says that a node is; it is asked once, not by every request.
    fn distance(&self, node: NodeIndex) -> Distance;

    /// Requests that wait for a node's answer.
    fn in_flight(&self, node: NodeIndex) -> usize;

    /// How much is to be done before a node can answer one more request: requests in flight and this one, times how
    /// slow it is. Where the driver works that out ahead it saves policies to look at latencies.
    fn load(&self, _: NodeIndex) -> Option<u64> {
        None
    }

    /// The time, for policies that go by it; a coarse clock will do. Without it they change nothing.
    fn now(&self) -> Option<Instant> {
        None
    }

    /// How long a node's answers took of late, where that is measured.
    fn latency(&self, _: NodeIndex) -> Option<Latency> {
        None
    }

    /// Since when a node has been up without a break, where that is known.
    fn up_since(&self, _: NodeIndex) -> Option<Instant> {
        None
    }

    /// Whether any node may have come up lately, where that is known at less cost than that of asking for each.
    fn has_newcomers(&self) -> bool {
        true
    }

    /// Whether any node may be set back, where that is known at less cost than that of asking for each.
    fn has_set_back(&self) -> bool {
        true
    }

    /// Whether a node is suspected or unhealthy, and is to be asked after all others.
    fn is_set_back(&self, _: NodeIndex) -> bool {
        false
    }

    /// The version of the server that a node runs, as it says itself.
    fn release_version(&self, node: NodeIndex) -> Option<&str> {
        self.topology().node(node)?.release_version.as_deref()
    }

    /// The value of a tag that the application gave a node.
    fn tag(&self, _: NodeIndex, _: &str) -> Option<&str> {
        None
    }
}
