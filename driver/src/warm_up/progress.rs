use std::net::SocketAddr;
use std::time::Duration;

/// A node's connections have been warmed up.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WarmUpProgress {
    /// The node.
    pub node: SocketAddr,
    /// Local nodes that have been warmed up since the session was begun, each counted once, this one included.
    pub warmed_nodes: usize,
    /// Local nodes that there are.
    pub nodes: usize,
    /// Requests that were made of this node.
    pub requests: usize,
    /// Those of them that failed, or had no answer in time.
    pub failures: usize,
    /// How long it took, the making of the connections included where they are new.
    pub took: Duration,
}
