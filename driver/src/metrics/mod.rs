use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use helenus_policies::{Latencies, RetryBudget};
use uuid::Uuid;

use crate::cluster::ClusterSnapshot;
use crate::health::SetBack;

/// What a session counts as it goes, beside requests: what happens to few of them.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) errors: Counter,
    pub(crate) retries: Counter,
    pub(crate) retries_refused: Counter,
    pub(crate) speculations: Counter,
    pub(crate) timeouts: Counter,
    pub(crate) reprepared: Counter,
}

#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add_one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A session's figures at one moment; counts are since it was built.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Metrics {
    /// Requests that were made, each counted once however often it was tried.
    pub requests: u64,
    /// Requests that failed in the end.
    pub errors: u64,
    /// Attempts that were made because another one had failed.
    pub retries: u64,
    /// Attempts that were wanted and that the retry budget did not allow.
    pub retries_refused: u64,
    /// Retries that the budget would allow now; those that are owed are negative.
    pub retry_budget: i64,
    /// Attempts that were made because others had not been answered yet.
    pub speculations: u64,
    /// Requests that had no answer in time; also counted under `errors`.
    pub timeouts: u64,
    /// Statements that a node had forgotten and that were prepared there again.
    pub reprepared: u64,
    /// How long the answers of all nodes took, from request to answer, retries apart.
    pub response_times: Latencies,
    /// Prepared statements that the session keeps.
    pub cached_statements: usize,
    /// The nodes, each with its own figures.
    pub nodes: Vec<NodeMetrics>,
}

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
    /// Since when it has been up without a break.
    pub up_since: Option<Instant>,
}

impl Counters {
    pub(crate) fn metrics(
        &self,
        requests: u64,
        budget: &RetryBudget,
        cluster: &ClusterSnapshot,
        cached_statements: usize,
    ) -> Metrics {
        let node = |pool: &std::sync::Arc<crate::pool::Pool>| NodeMetrics {
            host_id: pool.node().host_id,
            address: pool.node().address,
            datacenter: pool.node().datacenter.to_string(),
            rack: pool.node().rack.to_string(),
            is_up: pool.is_up(),
            is_suspected: pool.vitals().is_set_back_for(SetBack::Suspected),
            connections: pool.open_connections(),
            in_flight: pool.in_flight(),
            waiting: pool.room().awaited(),
            orphans: pool.orphans(),
            requests: pool.requests(),
            response_times: pool.vitals().response_times(),
            latency: pool.vitals().latency.get().map(|latency| latency.mean),
            up_since: pool.vitals().up_since(),
        };
        let nodes: Vec<_> = cluster.pools().iter().map(node).collect();
        let mut response_times = Latencies::default();
        nodes.iter().for_each(|node| response_times.merge(&node.response_times));
        debug_assert_eq!(cluster.topology().nodes().len(), cluster.pools().len());
        Metrics {
            requests,
            errors: self.errors.get(),
            retries: self.retries.get(),
            retries_refused: self.retries_refused.get(),
            retry_budget: budget.left().cast_signed() - budget.owed().cast_signed(),
            speculations: self.speculations.get(),
            timeouts: self.timeouts.get(),
            reprepared: self.reprepared.get(),
            cached_statements,
            response_times,
            nodes,
        }
    }
}
