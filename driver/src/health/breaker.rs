use std::time::Instant;

use helenus_policies::{BreakerState, CircuitBreaker};

use super::SetBack;
use crate::pool::Pool;

/// Keeps requests from a node from which only failures come. It goes by what came between two looks, so that requests
/// that succeed pay nothing for it.
#[derive(Debug)]
pub(super) struct Breaker {
    circuit: CircuitBreaker,
    /// Requests answered and failures at the last look.
    seen: (u64, u64),
}

impl Breaker {
    pub(super) fn new(circuit: CircuitBreaker) -> Self {
        Self { circuit, seen: (0, 0) }
    }

    pub(super) fn look(&mut self, pool: &Pool, now: Instant) {
        let figures = pool.metrics();
        // A statement that is not known there is sent again.
        let answered = figures.released.saturating_sub(figures.failed.unprepared);
        let seen = (answered, figures.failed.of_node());
        let failed = seen.1.saturating_sub(self.seen.1);
        let answered = seen.0.saturating_sub(self.seen.0);
        self.seen = seen;
        // A failure is counted a little later than its answer.
        if failed * 10 >= answered * 9 {
            (0..failed).for_each(|_| self.circuit.failed(now));
        } else {
            self.circuit.succeeded();
        }
        // Half open it lets through what comes until the next look.
        let is_open = self.circuit.state(now) == BreakerState::Open;
        let was_open = pool.vitals().set_back(SetBack::Failing, is_open);
        if was_open && !is_open {
            self.circuit.allows(now);
        }
    }
}
