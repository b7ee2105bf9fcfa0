//! The embedded cluster, spoken to over its sockets.
#![allow(
    clippy::unwrap_used,
    clippy::type_complexity,
    reason = "these are tests, their helpers included"
)]

mod addresses;
mod altered_tables;
mod batches;
mod client;
mod collections;
mod conditions;
mod connections;
mod data;
mod ddl;
mod delays;
mod described;
mod directory;
mod faults;
mod feeds;
mod handshake;
mod large;
mod lifecycle;
mod paging;
mod payloads;
mod persistence;
mod prepared;
mod proxies;
mod replays;
mod replicas;
mod roles;
mod scripts;
mod scylla_nodes;
mod segments;
mod selections;
mod system_tables;
mod timeouts;
mod topology;
mod tracing;
mod user_types;
mod views;
mod watching;

use helenus_testkit::EmbeddedCluster;

use client::Client;

/// A cluster of one node, and a client in its keyspace `ks`.
async fn one_node() -> (EmbeddedCluster, Client) {
    let cluster = EmbeddedCluster::start(1).await.unwrap();
    let mut client = Client::connect(cluster.addresses()[0]).await;
    client.use_keyspace().await;
    (cluster, client)
}
