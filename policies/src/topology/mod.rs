//! The nodes of a cluster, who owns which part of the ring, and who holds copies.

mod difference;
mod node;
mod replicas;
mod replication;
mod ring;
mod rules;
mod token_index;
mod walk;

pub use node::{Node, NodeIndex};
pub use replicas::ReplicaTable;
pub use replication::{ReplicationError, ReplicationStrategy};
pub use ring::Topology;
