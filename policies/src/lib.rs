//! The decisions of a CQL driver: which node, retry or not, whether to ask a second one, how many connections, who is
//! unwell, who waits.
//!
//! Plain values go in and a decision comes out. Nothing here has a socket, a task or a clock; time and randomness are
//! arguments, so that every decision can be tested and simulated.
//!
//! Policies for load balancing go around each other, and one of your own takes few lines. It has the load, distance, tags
//! and versions of all nodes at hand:
//!
//! ```
//! use std::ops::ControlFlow;
//!
//! use helenus_policies::{
//!     ClusterState, Distance, LoadBalancing, Node, NodeIndex, ReplicaOrder, Routing, SetBack, TokenAware, Visit,
//! };
//!
//! /// Asks idle nodes with fast disks first, then all others.
//! #[derive(Debug)]
//! struct FastDisks;
//!
//! impl LoadBalancing for FastDisks {
//!     fn distance(&self, node: &Node) -> Distance {
//!         if &*node.datacenter == "dc1" { Distance::Local } else { Distance::Ignored }
//!     }
//!
//!     fn visit(&self, _: &Routing<'_>, cluster: &dyn ClusterState, visit: Visit<'_>) -> ControlFlow<()> {
//!         let nodes = || cluster.topology().datacenter("dc1").iter().copied().filter(|node| cluster.is_up(*node));
//!         let is_fast = |node: &NodeIndex| cluster.tag(*node, "disk") == Some("nvme") && cluster.in_flight(*node) < 64;
//!         nodes().filter(is_fast).try_for_each(&mut *visit)?;
//!         nodes().try_for_each(visit)
//!     }
//! }
//!
//! let policy = SetBack::new(TokenAware::new(FastDisks).with_order(ReplicaOrder::LeastBusy));
//! ```

mod admission;
mod balancing;
mod breaker;
mod health;
mod histogram;
mod latencies;
mod latency;
mod random;
mod reconnection;
mod retry;
mod scaling;
mod silence;
mod speculation;
mod statement;
mod timestamp;
mod topology;
mod translation;

pub use admission::{
    Admission, AdmissionQueue, ConcurrencyLimit, Entry, Next, Priority, QueueFull, RateLimiter,
    Ticket,
};
pub use balancing::{
    Allow, ClusterState, DatacenterDistance, DcAware, Deny, Distance, DistanceEvaluator, Evaluated,
    ExplainedNode, Explanation, Filtered, HostFilter, HostList, LatencyAware, LeastInFlight,
    LoadBalancing, Plan, RackAware, ReadWriteSplit, Reasons, ReplicaOrder, RoundRobin, Routing,
    SetBack, SlowStart, Tags, TokenAware, View, Visit, WeightedRandom,
};
pub use breaker::{BreakerState, CircuitBreaker};
pub use health::{Health, HealthMonitor, HealthStatus};
pub use histogram::LatencyHistogram;
pub use latencies::Latencies;
pub use latency::{DecayedLatency, Latency};
pub use reconnection::{ConstantReconnection, ExponentialReconnection, Reconnection};
pub use retry::{
    Attempt, Backoff, DefaultRetry, DowngradingConsistency, Fallthrough, ReadTimeout,
    RequestFailure, Retry, RetryBudget, RetryDecision, Unavailable, WriteTimeout,
};
pub use scaling::{PoolLoad, Scaler, Scaling};
pub use silence::{Silence, SilenceDetector, Traffic};
pub use speculation::{ConstantDelay, PercentileDelay, Running, Speculation};
pub use statement::{StatementFacts, StatementKind};
pub use timestamp::{MonotonicTimestamps, ServerTimestamps, ThreadTimestamps, TimestampGenerator};
pub use topology::{
    Node, NodeIndex, ReplicaTable, ReplicationError, ReplicationStrategy, Topology,
};
pub use translation::{AddressMap, AddressTranslator, IdentityTranslator};
