use super::Pool;
use crate::metrics::PoolMetrics;

impl Pool {
    /// The pool's figures now.
    pub(crate) fn metrics(&self) -> PoolMetrics {
        let connections = self.connections.load();
        let open = connections.len();
        let idle = connections.iter().filter(|connection| connection.in_flight() == 0).count();
        let (in_flight, orphaned) = (self.in_flight(), self.orphans());
        let (acquired, tally) = (self.requests(), &self.vitals.tally);
        PoolMetrics {
            open,
            idle,
            active: open - idle,
            capacity: open * self.max_requests_per_connection(),
            in_flight,
            peak_in_flight: self
                .vitals
                .peak(connections.iter().map(|connection| connection.peak())),
            waiting: self.room.awaited(),
            orphaned,
            created: tally.created.get(),
            connect_failures: tally.connect_failures.get(),
            closed: tally.closed.get(),
            acquired,
            released: acquired.saturating_sub((in_flight + orphaned) as u64),
            misses: tally.misses.get(),
            failed: tally.failed.get(),
        }
    }
}
