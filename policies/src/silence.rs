use std::time::{Duration, Instant};

/// The most that one look counts. Whoever slept longer was asleep itself.
const LONGEST_STEP: Duration = Duration::from_millis(100);

/// What was exchanged with a node until now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traffic {
    /// Requests that wait for its answer, heartbeats too.
    pub in_flight: usize,
    /// Answers that came from it, ever.
    pub received: u64,
    /// Answers that came from all other nodes, ever.
    pub received_from_others: u64,
    /// How long its answers usually take, where that is known.
    pub usual: Option<Duration>,
}

/// Suspects a node that answers nothing any more, though requests wait for it and other nodes answer.
///
/// Only time in which others answered counts, so that a client that was asleep, or that lost its network, suspects nobody.
/// A suspicion ends with the next thing that comes from the node; a heartbeat must go there now and then.
#[derive(Debug, Clone)]
pub struct SilenceDetector {
    floor: Duration,
    factor: u32,
    last: Traffic,
    looked: Instant,
    silence: Duration,
    is_suspected: bool,
}

impl SilenceDetector {
    /// Suspects after 400 ms of silence, or 8 times what answers usually take, whichever is longer.
    pub fn new(now: Instant) -> Self {
        Self {
            floor: Duration::from_millis(400),
            factor: 8,
            last: Traffic::default(),
            looked: now,
            silence: Duration::ZERO,
            is_suspected: false,
        }
    }

    /// The shortest silence that is suspect; it should be longer than the pauses of a garbage collector. Default 400 ms.
    #[must_use]
    pub fn with_floor(mut self, floor: Duration) -> Self {
        self.floor = floor;
        self
    }

    /// How many times the usual latency a silence must last. Default 8.
    #[must_use]
    pub fn with_factor(mut self, factor: u32) -> Self {
        self.factor = factor;
        self
    }

    /// Looks at the traffic, every 50 ms or so, and tells whether the node is suspected.
    pub fn observe(&mut self, traffic: Traffic, now: Instant) -> bool {
        let step = now.saturating_duration_since(self.looked).min(LONGEST_STEP);
        self.looked = now;
        let others_answer = traffic.received_from_others != self.last.received_from_others;
        let waited = traffic.in_flight > 0 && self.last.in_flight > 0;
        if traffic.received != self.last.received {
            self.silence = Duration::ZERO;
            self.is_suspected = false;
        } else if !waited {
            self.silence = Duration::ZERO;
        } else if others_answer {
            self.silence += step;
        }
        let usual = traffic.usual.unwrap_or(Duration::ZERO).saturating_mul(self.factor);
        self.is_suspected |= self.silence >= self.floor.max(usual);
        self.last = traffic;
        self.is_suspected
    }

    /// Whether the node is suspected, as of the last look.
    pub fn is_suspected(&self) -> bool {
        self.is_suspected
    }
}

#[cfg(test)]
mod tests;
