use std::sync::atomic::{AtomicU64, Ordering};

use helenus_policies::{Latencies, RetryBudget};

use super::{Metrics, NodeMetrics, PoolMetrics};
use crate::cluster::ClusterSnapshot;

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

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Counters {
    pub(crate) fn metrics(
        &self,
        requests: u64,
        budget: &RetryBudget,
        cluster: &ClusterSnapshot,
        cached_statements: usize,
    ) -> Metrics {
        let nodes: Vec<_> = cluster.pools().iter().map(|pool| NodeMetrics::of(pool)).collect();
        let mut response_times = Latencies::default();
        let mut acquire_times = Latencies::default();
        let mut pools = PoolMetrics::default();
        for node in &nodes {
            response_times.merge(&node.response_times);
            acquire_times.merge(&node.acquire_times);
            pools.add(&node.pool);
        }
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
            acquire_times,
            pools,
            nodes,
        }
    }
}
