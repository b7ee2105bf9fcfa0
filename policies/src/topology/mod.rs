//! The nodes of a cluster, who owns which part of the ring, and who holds copies.

mod node;
mod replicas;
mod replication;
mod ring;
mod token_index;

pub use node::{Node, NodeIndex};
pub use replicas::ReplicaTable;
pub use replication::{ReplicationError, ReplicationStrategy};
pub use ring::Topology;
