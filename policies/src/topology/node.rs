use std::net::SocketAddr;
use std::sync::Arc;

use helenus_protocol::Token;
use uuid::Uuid;

/// A node's place in its [`Topology`](crate::Topology).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeIndex(pub u32);

impl NodeIndex {
    /// The place as an index into a slice.
    pub fn get(self) -> usize {
        self.0 as usize
    }
}

/// A node, as the cluster's system tables describe it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its place in the topology.
    pub index: NodeIndex,
    /// What it is called for as long as it lives, whatever its address.
    pub host_id: Uuid,
    /// Where it takes connections.
    pub address: SocketAddr,
    /// The data center that it stands in.
    pub datacenter: Arc<str>,
    /// The rack that it stands in.
    pub rack: Arc<str>,
    /// The version of the server that it runs, as it says itself.
    pub release_version: Option<Arc<str>>,
    /// Where its parts of the ring end.
    pub tokens: Vec<Token>,
}
