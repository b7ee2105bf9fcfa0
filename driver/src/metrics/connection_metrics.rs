use std::time::Instant;

use helenus_policies::HealthStatus;
use helenus_protocol::ProtocolVersion;

use crate::connection::Connection;

/// A connection's figures at one moment.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ConnectionMetrics {
    /// What tells it from all other connections of the program.
    pub number: u64,
    /// The protocol version that it speaks.
    pub version: ProtocolVersion,
    /// When it was opened.
    pub opened: Instant,
    /// Whether it works, since when it is so, and why it does not: requests, or a heartbeat, wait for an answer that is
    /// overdue, or its node is silent. It is healthy again with the first byte that comes, and closed when a heartbeat
    /// stays without an answer.
    pub health: HealthStatus,
    /// Requests that wait for answers.
    pub in_flight: usize,
    /// The most requests that ever waited for answers at once.
    pub peak_in_flight: usize,
    /// Requests that were given up and not answered yet.
    pub orphans: usize,
    /// Requests that were sent over it.
    pub requests: u64,
}

impl ConnectionMetrics {
    pub(crate) fn of(connection: &Connection) -> Self {
        Self {
            number: connection.number(),
            version: connection.version(),
            opened: connection.opened(),
            health: connection.health(),
            in_flight: connection.in_flight(),
            peak_in_flight: connection.peak(),
            orphans: connection.orphans(),
            requests: connection.requests(),
        }
    }
}
