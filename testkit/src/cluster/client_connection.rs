//! A connection as a test sees it.

use std::net::SocketAddr;

use super::ConnectionId;

/// A client's open connection to a node.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientConnection {
    /// What it is called, to inject faults into it and to find its requests.
    pub id: ConnectionId,
    /// The node's end.
    pub node: SocketAddr,
    /// The client's end.
    pub client: SocketAddr,
    /// Whether it has registered for events, as a driver's control connection does.
    pub hears_events: bool,
    /// The shard that it has reached, on a node of ScyllaDB.
    pub shard: Option<u16>,
}
