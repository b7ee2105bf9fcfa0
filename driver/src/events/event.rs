use std::net::SocketAddr;
use std::panic::Location;
use std::time::Duration;

use crate::{CloseReason, ConnectError};

/// Something that happened to a session.
///
/// Requests share connections, so that none is ever checked out or in; what would be told of it are counts, which
/// [`Metrics`](crate::Metrics) has: requests acquired and released. A request that found no place is told of as
/// [`Saturated`](Self::Saturated).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum SessionEvent {
    /// A new connection takes requests.
    Connected {
        /// The node.
        node: SocketAddr,
    },
    /// A connection could not be made. It is tried again.
    ConnectFailed {
        /// The node.
        node: SocketAddr,
        /// Why.
        error: ConnectError,
    },
    /// A connection ended.
    Closed {
        /// The node.
        node: SocketAddr,
        /// Why.
        reason: CloseReason,
    },
    /// A pool should have more or fewer connections than before, since its load has changed.
    Scaled {
        /// The pool's node.
        node: SocketAddr,
        /// Connections that it had to have before.
        from: usize,
        /// Connections that it has to have now.
        to: usize,
    },
    /// A node has its first connection, or its first one since it was down.
    NodeUp {
        /// The node.
        node: SocketAddr,
    },
    /// A node has lost its last connection.
    NodeDown {
        /// The node.
        node: SocketAddr,
    },
    /// The cluster has a node that it did not have before, or one with another address.
    NodeAdded {
        /// The node.
        node: SocketAddr,
    },
    /// The cluster has a node no more.
    NodeRemoved {
        /// The node.
        node: SocketAddr,
    },
    /// A node has been silent for far longer than it usually is, while others answer: new requests pass it over, and
    /// idempotent ones that wait for it are started elsewhere.
    Suspected {
        /// The node.
        node: SocketAddr,
        /// For how long it has been silent.
        silence: Duration,
    },
    /// A node that was suspected has answered.
    Cleared {
        /// The node.
        node: SocketAddr,
    },
    /// A node failed too many checks in a row: requests go there only when all others are of no use.
    Unhealthy {
        /// The node.
        node: SocketAddr,
        /// What was wrong at the last check.
        why: String,
    },
    /// A node that was unhealthy has passed enough checks; its share of the requests rises again.
    Recovered {
        /// The node.
        node: SocketAddr,
    },
    /// A request found all of a node's connections full and went elsewhere. It is told once until there is room again.
    Saturated {
        /// The node.
        node: SocketAddr,
    },
    /// A request found no node that takes it, which is told once a second at most.
    Exhausted,
    /// The control connection was lost, and another node has it now.
    ControlMoved {
        /// The other node.
        node: SocketAddr,
    },
    /// A pager has been held for longer than the session's leak threshold without being used: most likely somebody has
    /// forgotten it. It is told once until it is used again.
    HeldUnused {
        /// Where it was begun.
        begun_at: &'static Location<'static>,
        /// For how long it has not been used.
        unused: Duration,
    },
    /// In a stream only: so many events were not read in time.
    Missed {
        /// How many.
        events: u64,
    },
}
