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
    /// Requests that wait for the answers of all other nodes.
    pub in_flight_to_others: usize,
    /// Answers that came from all other nodes, ever.
    pub received_from_others: u64,
    /// How long its answers usually take, where that is known.
    pub usual: Option<Duration>,
}

/// What a node's silence means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// Nothing.
    Usual,
    /// It lasts. A heartbeat tells whether the node is slow or silent, and heartbeats to others whether it is the node
    /// or the network.
    Doubtful,
    /// The node is suspected.
    Suspect,
}

/// Suspects a node that answers nothing any more, though requests wait for it and other nodes answer.
///
/// Only time counts in which others answered all that was asked of them, or went on answering, so that a client that was
/// asleep, or that lost its network, suspects nobody. A suspicion ends with the next thing that comes from the node; a
/// heartbeat must go there now and then.
#[derive(Debug, Clone)]
pub struct SilenceDetector {
    floor: Duration,
    factor: u32,
    last: Traffic,
    looked: Instant,
    /// How long something has been waited for.
    waited: Duration,
    /// How much of it others were well.
    others_well: Duration,
    /// Whether others have answered since it began.
    others_answered: bool,
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
            waited: Duration::ZERO,
            others_well: Duration::ZERO,
            others_answered: false,
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

    /// Looks at the traffic, every 50 ms or so, and tells what the node's silence means.
    ///
    /// It is doubtful from half of what is suspect on, whatever others do: where all requests wait for this node only
    /// heartbeats tell whether others answer.
    pub fn observe(&mut self, traffic: Traffic, now: Instant) -> Silence {
        let step = now.saturating_duration_since(self.looked).min(LONGEST_STEP);
        self.looked = now;
        let has_answered = traffic.received != self.last.received;
        let is_waiting = traffic.in_flight > 0 && self.last.in_flight > 0;
        let others_answer = traffic.received_from_others != self.last.received_from_others;
        self.last = traffic;
        if has_answered || !is_waiting {
            self.waited = Duration::ZERO;
            self.others_well = Duration::ZERO;
            self.others_answered = false;
            self.is_suspected &= !has_answered;
        } else {
            self.waited += step;
            self.others_answered |= others_answer;
            let owe_nothing = self.others_answered && traffic.in_flight_to_others == 0;
            if others_answer || owe_nothing {
                self.others_well += step;
            }
        }
        let usual = traffic.usual.unwrap_or(Duration::ZERO).saturating_mul(self.factor);
        let limit = self.floor.max(usual);
        self.is_suspected |= self.waited >= limit && self.others_well >= limit / 2;
        match self.is_suspected {
            true => Silence::Suspect,
            false if self.waited >= limit / 2 => Silence::Doubtful,
            false => Silence::Usual,
        }
    }

    /// Whether the node is suspected, as of the last look.
    pub fn is_suspected(&self) -> bool {
        self.is_suspected
    }

    /// How long the node has been silent, as of the last look.
    pub fn silence(&self) -> Duration {
        self.waited
    }
}

#[cfg(test)]
mod tests;
