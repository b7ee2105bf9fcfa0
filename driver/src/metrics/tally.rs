use helenus_policies::LatencyHistogram;

use super::{ClosedCounters, Counter, FailedCounters};

/// What is counted of a node's connections as it happens, which is seldom: requests are counted elsewhere.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) created: Counter,
    pub(crate) connect_failures: Counter,
    pub(crate) closed: ClosedCounters,
    pub(crate) failed: FailedCounters,
    /// Requests that found no room.
    pub(crate) misses: Counter,
    /// How long requests waited for room that found it.
    pub(crate) acquire_times: LatencyHistogram,
}
