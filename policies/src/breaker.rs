use std::time::{Duration, Instant};

/// Whether a circuit lets requests through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BreakerState {
    /// It does.
    Closed,
    /// It does not, until its time is over.
    Open,
    /// A few may try whether it works again.
    HalfOpen,
}

/// Keeps requests from what fails all the time, and lets a few try now and then.
#[derive(Debug, Clone)]
pub struct CircuitBreaker {
    failures: u32,
    open_for: Duration,
    trials: u32,
    state: State,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// Failures in a row.
    Closed(u32),
    /// Until then.
    Open(Instant),
    /// Trials that may still start, and those that must still succeed; and when trials that never ended are given up.
    HalfOpen { left: u32, missing: u32, until: Instant },
}

impl Default for CircuitBreaker {
    /// Opens after 5 failures in a row, for 10 s; then one trial decides.
    fn default() -> Self {
        Self { failures: 5, open_for: Duration::from_secs(10), trials: 1, state: State::Closed(0) }
    }
}

impl CircuitBreaker {
    /// Opens after so many failures in a row, for so long. At least one failure.
    pub fn new(failures: u32, open_for: Duration) -> Self {
        Self { failures: failures.max(1), open_for, ..Self::default() }
    }

    /// How many trials must all succeed before it closes again. Default 1; at least 1.
    #[must_use]
    pub fn with_trials(mut self, trials: u32) -> Self {
        self.trials = trials.max(1);
        self
    }

    /// Whether a request may go. While half open this starts a trial: report how it ended.
    pub fn allows(&mut self, now: Instant) -> bool {
        match &mut self.state {
            State::Closed(_) => true,
            State::HalfOpen { left, until, .. } if now < *until => {
                let may = *left > 0;
                *left = left.saturating_sub(1);
                may
            }
            State::Open(until) if now < *until => false,
            State::Open(_) | State::HalfOpen { .. } => {
                let (left, until) = (self.trials - 1, now + self.open_for);
                self.state = State::HalfOpen { left, missing: self.trials, until };
                true
            }
        }
    }

    /// A request that was allowed has succeeded.
    pub fn succeeded(&mut self) {
        match &mut self.state {
            State::HalfOpen { missing, .. } if *missing > 1 => *missing -= 1,
            // It was sent before the circuit opened, and says nothing of now.
            State::Open(_) => {}
            _ => self.state = State::Closed(0),
        }
    }

    /// A request that was allowed has failed.
    pub fn failed(&mut self, now: Instant) {
        match &mut self.state {
            State::Closed(failures) => {
                *failures += 1;
                if *failures >= self.failures {
                    self.state = State::Open(now + self.open_for);
                }
            }
            State::HalfOpen { .. } => self.state = State::Open(now + self.open_for),
            State::Open(_) => {}
        }
    }

    /// Whether it lets requests through at `now`.
    pub fn state(&self, now: Instant) -> BreakerState {
        match self.state {
            State::Closed(_) => BreakerState::Closed,
            State::Open(until) if now < until => BreakerState::Open,
            _ => BreakerState::HalfOpen,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN_FOR: Duration = Duration::from_secs(10);

    fn opened(trials: u32, now: Instant) -> CircuitBreaker {
        let mut breaker = CircuitBreaker::new(3, OPEN_FOR).with_trials(trials);
        (0..3).for_each(|_| breaker.failed(now));
        breaker
    }

    #[test]
    fn failures_in_a_row_open_it() {
        let now = Instant::now();
        let mut breaker = CircuitBreaker::new(3, OPEN_FOR);
        for _ in 0..5 {
            breaker.failed(now);
            breaker.failed(now);
            breaker.succeeded();
        }
        assert!(breaker.allows(now));
        (0..3).for_each(|_| breaker.failed(now));
        assert_eq!(breaker.state(now), BreakerState::Open);
        assert!(!breaker.allows(now + OPEN_FOR - Duration::from_nanos(1)));
    }

    #[test]
    fn one_trial_decides() {
        let start = Instant::now();
        let later = start + OPEN_FOR;
        let mut breaker = opened(1, start);
        assert!(breaker.allows(later) && !breaker.allows(later));
        breaker.failed(later);
        assert_eq!(breaker.state(later), BreakerState::Open);
        assert!(!breaker.allows(later));
        assert!(breaker.allows(later + OPEN_FOR));
        breaker.succeeded();
        assert_eq!(breaker.state(later + OPEN_FOR), BreakerState::Closed);
    }

    #[test]
    fn all_of_several_trials_must_succeed() {
        let start = Instant::now();
        let later = start + OPEN_FOR;
        let mut breaker = opened(2, start);
        assert!(breaker.allows(later) && breaker.allows(later) && !breaker.allows(later));
        breaker.succeeded();
        assert_eq!(breaker.state(later), BreakerState::HalfOpen);
        breaker.succeeded();
        assert_eq!(breaker.state(later), BreakerState::Closed);
    }

    #[test]
    fn a_trial_whose_end_is_never_told_does_not_keep_it_half_open_for_ever() {
        let start = Instant::now();
        let later = start + OPEN_FOR;
        let mut breaker = opened(1, start);
        assert!(breaker.allows(later) && !breaker.allows(later));
        assert!(breaker.allows(later + OPEN_FOR));
    }

    #[test]
    fn what_ends_while_it_is_open_changes_nothing() {
        let now = Instant::now();
        let mut breaker = opened(1, now);
        breaker.succeeded();
        breaker.failed(now + OPEN_FOR / 2);
        assert_eq!(breaker.state(now), BreakerState::Open);
        assert!(breaker.allows(now + OPEN_FOR));
    }
}
