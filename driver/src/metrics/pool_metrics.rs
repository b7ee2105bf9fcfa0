use super::{ClosedConnections, FailedAttempts};

/// The figures of a node's pool at one moment, or of all pools of a session; counts are since the session was built.
///
/// Connections are shared, so that there is no check-out to count: a request acquires a stream of a connection when it is
/// sent, and releases it when its answer is there.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct PoolMetrics {
    /// Connections that take requests.
    pub open: usize,
    /// Those of them on which nothing waits.
    pub idle: usize,
    /// Those of them on which requests wait.
    pub active: usize,
    /// Requests that may be in flight at once.
    pub capacity: usize,
    /// Requests that wait for answers.
    pub in_flight: usize,
    /// The most requests that ever waited for answers at once on one connection.
    pub peak_in_flight: usize,
    /// Requests that wait until there is room for them.
    pub waiting: usize,
    /// Requests that were given up and not answered yet.
    pub orphaned: usize,
    /// Connections that were made.
    pub created: u64,
    /// Attempts to connect that failed.
    pub connect_failures: u64,
    /// Connections that were closed.
    pub closed: ClosedConnections,
    /// Requests that were sent, each attempt counted.
    pub acquired: u64,
    /// Requests that were answered, or given up and answered later, or lost with their connection.
    pub released: u64,
    /// Requests that found no room: they went to another node, or waited.
    pub misses: u64,
    /// Attempts that failed after they were sent.
    pub failed: FailedAttempts,
}

impl PoolMetrics {
    /// Requests that found room at once.
    pub fn hits(&self) -> u64 {
        self.acquired
    }

    /// The part of its capacity that is in use, from 0.0 to 1.0. Orphans use it, too.
    pub fn utilization(&self) -> f64 {
        match self.capacity {
            0 => 0.0,
            capacity => (self.in_flight + self.orphaned) as f64 / capacity as f64,
        }
    }

    /// Adds those of another pool.
    pub(crate) fn add(&mut self, other: &Self) {
        self.open += other.open;
        self.idle += other.idle;
        self.active += other.active;
        self.capacity += other.capacity;
        self.in_flight += other.in_flight;
        self.peak_in_flight = self.peak_in_flight.max(other.peak_in_flight);
        self.waiting += other.waiting;
        self.orphaned += other.orphaned;
        self.created += other.created;
        self.connect_failures += other.connect_failures;
        self.closed += other.closed;
        self.acquired += other.acquired;
        self.released += other.released;
        self.misses += other.misses;
        self.failed += other.failed;
    }
}
