//! An embedded CQL cluster for tests, and a launcher for real Apache Cassandra.

#[cfg(unix)]
pub mod cassandra;
mod cluster;
mod cql;
mod engine;
mod fault;
mod query_error;
mod replica;
mod schema;
mod server;
mod split_mix;
mod storage;
mod system;
mod value;

pub use cluster::{
    ClusterError, ClusterReport, ConditionNotMet, CoordinatedStatement, Datacenter,
    EmbeddedCluster, EmbeddedClusterBuilder, Node, StatementKind,
};
pub use fault::{Fault, InjectedFault};
