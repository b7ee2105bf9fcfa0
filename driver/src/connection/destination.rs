use std::net::SocketAddr;

use uuid::Uuid;

use super::ShardGate;

/// Where a connection is made to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Destination {
    /// Where the node takes connections.
    pub address: SocketAddr,
    /// What the node is called for as long as it lives. `None` while it is not known who is there: where a contact
    /// point is asked.
    pub host_id: Option<Uuid>,
    /// Behind which of its ports the connection chooses a core of the node; `None`: it takes what it is given.
    pub(crate) gate: Option<ShardGate>,
}

impl Destination {
    /// The same node, at one of its cores.
    pub(crate) fn at(self, gate: ShardGate) -> Self {
        Self { gate: Some(gate), ..self }
    }

    pub(crate) fn new(address: SocketAddr, host_id: Option<Uuid>) -> Self {
        Self { address, host_id, gate: None }
    }
}
