use std::net::SocketAddr;
use std::time::{Duration, Instant};

use helenus_policies::{HealthStatus, Latencies};
use uuid::Uuid;

use super::{ConnectionMetrics, PoolMetrics};
use crate::health::SetBack;
use crate::pool::Pool;

/// A node's figures at one moment.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NodeMetrics {
    /// What the node is called for as long as it lives.
    pub host_id: Uuid,
    /// Where it takes connections.
    pub address: SocketAddr,
    /// Its data center.
    pub datacenter: String,
    /// Its rack.
    pub rack: String,
    /// Whether a connection takes requests.
    pub is_up: bool,
    /// Whether it has been silent for far longer than it usually is, while others answer: requests go elsewhere.
    pub is_suspected: bool,
    /// Whether requests go there only when all others are of no use, since it is suspected, unhealthy or failing.
    pub is_passed_over: bool,
    /// Whether it passes its checks, since when it is so, and why it does not.
    pub health: HealthStatus,
    /// Open connections.
    pub connections: usize,
    /// Requests that wait for its answers.
    pub in_flight: usize,
    /// Requests that wait until the node, or another, has room for them.
    pub waiting: usize,
    /// Requests that were given up and that it has not answered yet.
    pub orphans: usize,
    /// Requests sent to it.
    pub requests: u64,
    /// How long its answers took since the session has known it. What nobody waited for any more counts too.
    pub response_times: Latencies,
    /// How long its answers took of late, a mean in which each counts less the older it is; by this load balancing
    /// goes. `None` before the first answer.
    pub latency: Option<Duration>,
    /// How long requests waited until it had room for them, those that had to wait and found it.
    pub acquire_times: Latencies,
    /// Of its connections and requests.
    pub pool: PoolMetrics,
    /// Of each connection that takes requests.
    pub each_connection: Vec<ConnectionMetrics>,
    /// Since when it has been up without a break.
    pub up_since: Option<Instant>,
}

impl NodeMetrics {
    pub(crate) fn of(pool: &Pool) -> Self {
        let vitals = pool.vitals();
        let figures = pool.metrics();
        let connections = pool.connections();
        let each_connection = connections.iter().map(|each| ConnectionMetrics::of(each)).collect();
        Self {
            host_id: pool.node().host_id,
            address: pool.node().address,
            datacenter: pool.node().datacenter.to_string(),
            rack: pool.node().rack.to_string(),
            is_up: pool.is_up(),
            is_suspected: vitals.is_set_back_for(SetBack::Suspected),
            is_passed_over: vitals.is_set_back(),
            health: vitals.health(),
            connections: figures.open,
            in_flight: figures.in_flight,
            waiting: figures.waiting,
            orphans: figures.orphaned,
            requests: figures.acquired,
            response_times: vitals.response_times(),
            latency: vitals.latency.get().map(|latency| latency.mean),
            acquire_times: vitals.tally.acquire_times.latencies(),
            pool: figures,
            each_connection,
            up_since: vitals.up_since(),
        }
    }
}
