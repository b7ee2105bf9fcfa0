//! A launcher for real Apache Cassandra clusters on the loopback addresses of one machine, without Docker.
//!
//! [`Cluster::up`] fetches Cassandra's jars once through Maven, starts one JVM a node and returns when every node sees
//! every other one. The nodes outlive the process that started them: a later one finds them with [`Cluster::attach`],
//! hurts them ([`Node::kill`], [`Node::pause`]), heals them ([`Node::start`], [`Node::resume`]) and ends them
//! ([`Cluster::down`]). Nodes join, leave and move to other addresses ([`Cluster::add_node`], [`Cluster::decommission`],
//! [`Cluster::readdress`]). Only processes that this launcher started are ever signalled, and never one that merely got the
//! same process id later.
//!
//! Everything of a cluster named `main` is below `target/cassandra/main`: `cluster.json`, certificates, and for every
//! node its configuration, data and `system.log`. Each `up` begins with empty nodes; `down` leaves the logs.
//!
//! Every call blocks; from async code use `spawn_blocking`. Needs Linux (`/proc`), a Java 17 runtime and, for the first
//! start of a version, Maven.
//!
//! ```no_run
//! use helenus_testkit::cassandra::{Cluster, ClusterOptions, NodeStatus};
//!
//! # fn main() -> Result<(), helenus_testkit::cassandra::Error> {
//! let options = ClusterOptions::new("main").nodes(3);
//! let cluster = Cluster::up(&options, &mut |progress| println!("{progress}"))?;
//! let node = &cluster.nodes()[2];
//! node.kill()?;
//! assert_eq!(node.status(), NodeStatus::Down);
//! node.start()?;
//! cluster.await_agreement()?;
//! cluster.down(&mut |_| {})?;
//! # Ok(())
//! # }
//! ```

mod client;
mod cluster;
mod config;
mod datacenter;
mod error;
mod jars;
mod java;
mod jvm;
mod log;
mod membership;
mod node;
mod options;
mod process;
mod progress;
mod ring;
mod state;
mod tls;
mod version;

pub use cluster::Cluster;
pub use datacenter::Datacenter;
pub use error::Error;
pub use node::{Node, NodeStatus};
pub use options::ClusterOptions;
pub use progress::Progress;
pub use ring::RingPart;
pub use state::Credentials;
pub use tls::{TlsFiles, TlsMode};
pub use version::Version;
