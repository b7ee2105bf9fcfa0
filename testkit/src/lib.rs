//! An embedded CQL cluster for tests, and a launcher for real Apache Cassandra.

#[cfg(unix)]
pub mod cassandra;
mod cluster;
mod cql;
mod engine;
mod query_error;
mod schema;
mod server;
mod storage;
mod system;
mod value;

pub use cluster::{
    ClusterError, CoordinatedStatement, EmbeddedCluster, EmbeddedClusterBuilder, Node,
    StatementKind,
};
