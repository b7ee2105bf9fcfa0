use std::time::Duration;

use helenus_policies::CircuitBreaker;

/// How a session tells which nodes are unwell, and what follows from it.
///
/// A node fails a check if it has no connection, is silent while others answer, fails half of the requests that it is
/// asked since the last check, or takes many times as long as the fastest node. One that is unhealthy gets requests only
/// when all others are of no use; heartbeats tell when it is well again.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct HealthConfig {
    /// How often nodes are checked that requests go to or that are unwell. Default 5 s, at least 50 ms.
    pub check_interval: Duration,
    /// Checks failed in a row that make a node unhealthy. Default 3, at least 1.
    pub failures: u32,
    /// Checks passed in a row that make it healthy again. Default 2, at least 1.
    pub successes: u32,
    /// How long the share of the requests rises of a node that was down or unhealthy. It counts where the load balancing
    /// compares how busy nodes are, as the default does. Default 30 s; zero gives it its whole share at once.
    pub warm_up: Duration,
    /// Keeps requests from a node from which only failures come for some time, without waiting for checks. Default none.
    pub circuit_breaker: Option<CircuitBreaker>,
}

impl Default for HealthConfig {
    fn default() -> Self {
        Self {
            check_interval: Duration::from_secs(5),
            failures: 3,
            successes: 2,
            warm_up: Duration::from_secs(30),
            circuit_breaker: None,
        }
    }
}
