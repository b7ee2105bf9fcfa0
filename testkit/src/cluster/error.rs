//! Why a cluster does not start, or does not do what it is asked.

use std::io;
use std::net::SocketAddr;

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
    /// The system tables could not be made.
    #[error("the system tables cannot be made: {problem}")]
    SystemTables {
        /// What is wrong with them.
        problem: String,
    },
}
