//! The decisions of a CQL driver: which node, retry or not, when to connect again.
//!
//! Plain values go in and a decision comes out. Nothing here has a socket, a task or a clock; time and randomness are
//! arguments, so that every decision can be tested and simulated.
//!
//! ```
//! use std::ops::ControlFlow;
//!
//! use helenus_policies::{
//!     ClusterState, Distance, LoadBalancing, Node, NodeIndex, Routing, Visit,
//! };
//!
//! /// Asks the nodes of one rack first, then all others.
//! #[derive(Debug)]
//! struct RackFirst(String);
//!
//! impl LoadBalancing for RackFirst {
//!     fn distance(&self, _: &Node) -> Distance {
//!         Distance::Local
//!     }
//!
//!     fn visit(&self, _: &Routing<'_>, cluster: &dyn ClusterState, visit: Visit<'_>) -> ControlFlow<()> {
//!         let nodes = || cluster.topology().nodes().iter().filter(|node| cluster.is_up(node.index));
//!         nodes().filter(|node| *node.rack == *self.0).try_for_each(|node| visit(node.index))?;
//!         nodes().try_for_each(|node| visit(node.index))
//!     }
//! }
//! ```

mod balancing;
mod reconnection;
mod retry;
mod topology;

pub use balancing::{
    ClusterState, DcAware, Distance, LoadBalancing, Plan, RoundRobin, Routing, TokenAware, Visit,
};
pub use reconnection::{ConstantReconnection, ExponentialReconnection, Reconnection};
pub use retry::{
    Attempt, DefaultRetry, Fallthrough, ReadTimeout, RequestFailure, Retry, RetryDecision,
    Unavailable, WriteTimeout,
};
pub use topology::{
    Node, NodeIndex, ReplicaTable, ReplicationError, ReplicationStrategy, Topology,
};
