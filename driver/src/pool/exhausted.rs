use std::net::SocketAddr;
use std::time::Duration;

use thiserror::Error;

use super::Pool;

/// Every node that could have taken the request has as many as it may have. The request was not sent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{node} and the {others} other nodes that could take the request are full: {node} has {connections} connections \
     with {max_requests} requests each, {waiting} requests wait for it, and in {} ms none was let in. Send fewer \
     requests at once, add nodes, or allow for more with PoolConfig::sizes",
    waited.as_millis()
)]
#[non_exhaustive]
pub struct PoolExhausted {
    /// The first node of the request's plan that was full.
    pub node: SocketAddr,
    /// How many others of its plan were full, too.
    pub others: usize,
    /// The node's open connections.
    pub connections: usize,
    /// Requests that each of them takes at once.
    pub max_requests: usize,
    /// Requests that wait for the node, without this one.
    pub waiting: usize,
    /// How long the request waited. No time where it may not wait, or where all queues were full.
    pub waited: Duration,
}

impl PoolExhausted {
    /// `pool` was full, and so were `others`, for as long as a request `waited`.
    pub(crate) fn new(pool: &Pool, others: usize, waited: Duration) -> Self {
        Self {
            node: pool.node().address,
            others,
            connections: pool.open_connections(),
            max_requests: pool.max_requests_per_connection(),
            waiting: pool.room().awaited(),
            waited,
        }
    }
}
