use helenus_policies::Latencies;

use super::{NodeMetrics, PoolMetrics};

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
    /// How long requests waited until a node had room for them, those that had to wait and found it.
    pub acquire_times: Latencies,
    /// Of all pools.
    pub pools: PoolMetrics,
    /// Prepared statements that the session keeps.
    pub cached_statements: usize,
    /// The nodes, each with its own figures.
    pub nodes: Vec<NodeMetrics>,
}
