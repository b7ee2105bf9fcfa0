//! Why a cluster does not start, or does not do what it is asked.

use std::io;
use std::net::SocketAddr;

use super::ConditionNotMet;
use super::open_files::reached_limit;
use crate::persistence::DataError;

/// An embedded cluster could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// The builder describes no cluster: no nodes, or no tokens.
    #[error("a cluster cannot have {what}")]
    Impossible {
        /// What it would have.
        what: String,
    },
    /// No block of loopback addresses was free on this port.
    #[error("none of {attempts} blocks of loopback addresses is free on port {port}")]
    NoFreeAddresses {
        /// Blocks that were tried.
        attempts: usize,
        /// The port.
        port: u16,
    },
    /// An address cannot be listened on.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// The process may not open as many files as the cluster has nodes and clients.
    #[error(
        "cannot listen on {address}: the process has as many files open as it may ({limit}); a node takes one, and \
         each connection two: raise the limit (`ulimit -n`)"
    )]
    TooManyOpenFiles {
        /// The address that could not be listened on.
        address: SocketAddr,
        /// Files that the process may have open.
        limit: u64,
    },
    /// The cluster has no such node.
    #[error("there is no node {index}: the cluster has {count}")]
    NoSuchNode {
        /// The node that was asked for.
        index: usize,
        /// Nodes in the cluster.
        count: usize,
    },
    /// The cluster has no such data center.
    #[error("there is no data center {name}")]
    NoSuchDatacenter {
        /// The data center that was asked for.
        name: String,
    },
    /// The cluster was started without TLS.
    #[cfg(feature = "tls")]
    #[error("the cluster speaks no TLS: ask its builder for it")]
    NoTls,
    /// Keys or certificates could not be made.
    #[cfg(feature = "tls")]
    #[error("no certificates for TLS: {problem}")]
    Tls {
        /// What is wrong with them.
        problem: String,
    },
    /// A rolling restart did not go on, as the cluster did not settle after a node.
    #[error(transparent)]
    NotSettled(#[from] ConditionNotMet),
    /// The data that the cluster is to go on with cannot be.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The system tables could not be made.
    #[error("the system tables cannot be made: {problem}")]
    SystemTables {
        /// What is wrong with them.
        problem: String,
    },
}

impl ClusterError {
    /// What keeps a node from listening.
    pub(super) fn bind(address: SocketAddr, source: io::Error) -> Self {
        if let Some(limit) = reached_limit(&source) {
            return Self::TooManyOpenFiles { address, limit };
        }
        Self::Bind { address, source }
    }
}
