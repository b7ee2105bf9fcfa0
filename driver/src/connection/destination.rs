use std::net::SocketAddr;

use uuid::Uuid;

/// Where a connection is made to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Destination {
    /// Where the node takes connections.
    pub address: SocketAddr,
    /// What the node is called for as long as it lives. `None` while it is not known who is there: where a contact
    /// point is asked.
    pub host_id: Option<Uuid>,
}

impl Destination {
    pub(crate) fn new(address: SocketAddr, host_id: Option<Uuid>) -> Self {
        Self { address, host_id }
    }
}
