use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use super::Version;

/// One step of [`Cluster::up`](super::Cluster::up) or [`Cluster::down`](super::Cluster::down), for people to read: it
/// displays as one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// The jars of this version are not in the cache yet: Maven downloads about 70 MB.
    Downloading(Version),
    /// A node's process was started.
    Started {
        /// The node's CQL address.
        address: SocketAddr,
        /// Its process id.
        pid: u32,
    },
    /// A node answers on its CQL address.
    Ready {
        /// The node's CQL address.
        address: SocketAddr,
        /// Time since the cluster began to start.
        after: Duration,
    },
    /// Every node sees every other one, and all have the same schema.
    Agreed {
        /// Time since the cluster began to start.
        after: Duration,
    },
    /// A node's process is gone.
    Stopped {
        /// The node's CQL address.
        address: SocketAddr,
        /// Whether it did not end by itself in time after `SIGTERM` and was ended with `SIGKILL`.
        killed: bool,
    },
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Downloading(version) => {
                write!(f, "downloading Apache Cassandra {version} (once)")
            }
            Self::Started { address, pid } => write!(f, "{address} started, process {pid}"),
            Self::Ready { address, after } => {
                write!(f, "{address} ready after {:.1} s", after.as_secs_f32())
            }
            Self::Agreed { after } => {
                write!(f, "all nodes agree after {:.1} s", after.as_secs_f32())
            }
            Self::Stopped { address, killed: false } => write!(f, "{address} stopped"),
            Self::Stopped { address, killed: true } => {
                write!(f, "{address} stopped (killed: it took too long)")
            }
        }
    }
}
