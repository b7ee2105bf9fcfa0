//! An embedded CQL cluster for tests, and a launcher for real Apache Cassandra.
//!
//! The cluster speaks the native protocol on loopback addresses, to any driver. Its topology changes and its nodes
//! misbehave when they are told to, and it remembers what it was asked.
//!
//! ```
//! use std::time::Duration;
//!
//! use helenus_testkit::{EmbeddedCluster, Fault};
//!
//! #[helenus_testkit::test(datacenters = "east:2, west:1")]
//! async fn a_slow_replica_is_not_waited_for(cluster: EmbeddedCluster) {
//!     let slow = Fault::delay(Duration::from_millis(200)).as_replica();
//!     let _slow = cluster.nodes()[1].inject(slow);
//!     // Here a driver connects to `cluster.contact_points()` and is put to work.
//!     cluster.requests().on(&cluster.nodes()[2]).executing("INSERT").assert_none();
//! }
//! ```
//!
//! # The command
//!
//! The package `helenus-testkit-cli` is the command `helenus-testkit`, for programs in any language:
//!
//! ```text
//! helenus-testkit serve --dcs dc1:2,dc2:1 --load schema.cql --control 127.0.0.1:9900
//! helenus-testkit fault add delay 50ms --node 1 --matching 'FROM shop.orders' --control 127.0.0.1:9900
//! helenus-testkit node down 2 --control 127.0.0.1:9900
//! helenus-testkit watch --control 127.0.0.1:9900
//! ```
//!
//! `serve` prints where to connect, one `address:port` a line, then `ready`, and runs until SIGINT or SIGTERM, or until
//! its standard input ends where `--until-stdin-ends` says so. With `--data` it keeps schema and rows in a directory, as
//! [`persist`](EmbeddedClusterBuilder::persist) does, and with `--shards` its nodes are [ScyllaDB's](Scylla). Its
//! options may stand in a TOML file too (`--config`), under their long names, `users` and `faults` in the plural.
//!
//! With `--control` it listens on a loopback port or a Unix socket, for the other commands and for any program: a line
//! of JSON is a request, such as `{"do":"inject","fault":"delay 50ms","node":1}`, `{"do":"down","node":2}` or
//! `{"do":"nodes"}`, and is answered by a line, `{"ok":…}` or `{"error":{"kind":"no-such-node","message":…}}`. After
//! `{"do":"watch"}` a line comes for each request that the cluster is sent; a reader that is slow misses some, and is
//! told how many: `{"missed":12}`. Faults are written as [`Fault`] reads them.
//!
//! `helenus-testkit proxy --to 127.0.0.1:9042 --listen 127.0.0.2:9042 --record monday.rec` stands in front of a node,
//! as [`Proxy`] does, and `helenus-testkit replay monday.rec` answers out of what it recorded, as [`Replay`] does.

#[cfg(unix)]
pub mod cassandra;
mod cluster;
mod cql;
mod describe;
mod engine;
mod fault;
mod persistence;
mod proxy;
mod query_error;
mod record_file;
mod recording;
mod replay;
mod replica;
mod roles;
mod run_test;
mod schema;
mod scylla;
mod server;
mod split_mix;
mod storage;
mod system;
#[cfg(feature = "tls")]
mod tls;
mod value;

pub use cluster::{
    BoundValue, ClientConnection, ClusterError, ClusterReport, ConditionNotMet, ConnectionId,
    CoordinatedStatement, Datacenter, EmbeddedCluster, EmbeddedClusterBuilder, Node, RequestFeed,
    Requests, ScriptError, SeenRequest, SeenStatement, StatementKind, Watched,
};
pub use fault::{Fault, FaultError, InjectedFault};
pub use helenus_testkit_macros::test;
pub use persistence::{DataError, RestoredData};
pub use proxy::{Proxy, ProxyBuilder, ProxyError};
pub use record_file::RecordFileError;
pub use recording::{RecordedDirection, RecordedFrame, Recording};
pub use replay::{Replay, ReplayBuilder};
pub use run_test::run_test;
pub use scylla::Scylla;
#[cfg(feature = "tls")]
pub use tls::{ClientCertificate, NodeCertificate, Tls};

/// Answers what a client may send, without a socket, until the connection ends: for fuzz targets. The first byte says
/// what went before and how the others come: 0 on a new connection, 1 as frames of v4 and 2 as segments of v5 on one
/// that is ready, 3 as frames of v5, which are put into segments.
#[cfg(feature = "fuzzing")]
pub fn feed(data: &[u8]) {
    server::feed(data);
}

/// Plans and runs statements, a line each, on tables of every kind, without a server: for fuzz targets.
#[cfg(feature = "fuzzing")]
pub fn feed_cql(text: &str) {
    engine::feed_cql(text);
}
