use std::fmt;
use std::net::SocketAddr;

use thiserror::Error;

use crate::ConnectError;
use crate::cluster::metadata::MetadataError;

/// Why a session could not be built.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BuildError {
    /// No contact point was given.
    #[error(
        "no contact point was given: name at least one node of the cluster, such as \"10.0.0.1:9042\""
    )]
    NoContactPoints,
    /// A setting that makes no sense.
    #[error("{setting} cannot be {value}: {reason}")]
    Setting {
        /// The setting.
        setting: &'static str,
        /// What it was set to.
        value: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// No contact point could be connected to.
    #[error(
        "none of the contact points could be connected to: {}. Check that the addresses and the port are right and \
         that the cluster is up",
        Failures(failures)
    )]
    Unreachable {
        /// What happened to each contact point.
        failures: Vec<(String, ConnectError)>,
    },
    /// The contact points refused the login.
    #[error(
        "{node} refused the login: {}. Check the user name and the password, and that the role has LOGIN",
        Login(error)
    )]
    Authentication {
        /// The contact point.
        node: String,
        /// What it said.
        error: ConnectError,
    },
    /// The local data center is none of the cluster's.
    #[error(
        "there is no data center {wanted:?} in the cluster; it has {}. Data centers' names are case-sensitive: set \
         the local one to one of these",
        known.join(", ")
    )]
    UnknownDatacenter {
        /// The name that was given.
        wanted: String,
        /// The data centers of the cluster.
        known: Vec<String>,
    },
    /// The cluster's metadata could not be read.
    #[error("{node} was connected to, but the cluster's metadata cannot be read from it: {error}")]
    Metadata {
        /// The node that was asked.
        node: SocketAddr,
        /// What went wrong.
        #[source]
        error: Box<MetadataError>,
    },
    /// Nodes are known, but none could be connected to.
    #[error(
        "the cluster's metadata was read, but no node took a connection: {}. Check that the nodes' rpc_address (or \
         broadcast_rpc_address) can be reached from here, and that the default keyspace exists",
        Failures(failures)
    )]
    NoNode {
        /// What happened to each node.
        failures: Vec<(String, ConnectError)>,
    },
}

struct Failures<'a>(&'a [(String, ConnectError)]);

impl fmt::Display for Failures<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (node, error)) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{node}: {error}")?;
        }
        Ok(())
    }
}

/// What the server said, without the words that the message around it says already.
struct Login<'a>(&'a ConnectError);

impl fmt::Display for Login<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            ConnectError::Authentication(error) => f.write_str(&error.message),
            other => other.fmt(f),
        }
    }
}
