//! A node as a test sees it.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use uuid::Uuid;

use super::{ClientConnection, CoordinatedStatement, Member};
use crate::fault::{Fault, InjectedFault};

/// A node of an [`EmbeddedCluster`](super::EmbeddedCluster), to ask what it is and what it was asked.
#[derive(Clone)]
pub struct Node {
    pub(super) member: Arc<Member>,
}

impl Node {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.member.address
    }

    /// The data center that it is in.
    pub fn datacenter(&self) -> &str {
        &self.member.datacenter
    }

    /// The rack that it is in.
    pub fn rack(&self) -> &str {
        &self.member.rack
    }

    /// Its id, which stays the same however often it restarts.
    pub fn host_id(&self) -> Uuid {
        self.member.host_id
    }

    /// The tokens that it owns, in order.
    pub fn tokens(&self) -> impl Iterator<Item = i64> + use<> {
        self.member.tokens().to_vec().into_iter().map(|token| token.0)
    }

    /// Whether it is running.
    pub fn is_up(&self) -> bool {
        self.member.is_up()
    }

    /// How many QUERY, PREPARE, EXECUTE and BATCH requests it was sent since the cluster started.
    pub fn requests(&self) -> u64 {
        self.member.requests()
    }

    /// How many clients are connected.
    pub fn connections(&self) -> usize {
        self.member.connection_count()
    }

    /// The clients' connections that are open.
    pub fn clients(&self) -> Vec<ClientConnection> {
        self.member.connections()
    }

    /// The latest statements that it was asked to run, oldest first: at most 10,000.
    pub fn statements(&self) -> Vec<CoordinatedStatement> {
        self.member.log.snapshot().iter().flat_map(CoordinatedStatement::of).collect()
    }

    /// Makes something go wrong on this node.
    pub fn inject(&self, fault: Fault) -> InjectedFault {
        InjectedFault::inject(fault, vec![self.member.clone()])
    }

    /// Forgets the requests so far.
    pub fn forget_statements(&self) {
        self.member.log.clear();
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node")
            .field("address", &self.address())
            .field("datacenter", &self.datacenter())
            .field("rack", &self.rack())
            .field("host_id", &self.host_id())
            .field("is_up", &self.is_up())
            .finish_non_exhaustive()
    }
}
