use std::time::Duration;

use super::Speculation;

/// Asks another node each time after the same delay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConstantDelay {
    delay: Duration,
    max: u32,
}

impl ConstantDelay {
    /// Asks up to `max` more nodes, each `delay` after the one before. A delay of zero asks all at once.
    pub fn new(delay: Duration, max: u32) -> Self {
        Self { delay, max }
    }
}

impl Speculation for ConstantDelay {
    fn delay(&self, speculations: u32) -> Option<Duration> {
        (speculations < self.max).then_some(self.delay)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Running;
    use super::*;

    fn next(policy: &dyn Speculation, is_idempotent: bool, speculations: u32) -> Option<Duration> {
        policy.next(&Running { is_idempotent, speculations })
    }

    #[test]
    fn so_many_more_nodes_are_asked_after_the_same_delay() {
        let delay = Duration::from_millis(20);
        let policy = ConstantDelay::new(delay, 2);
        let delays: Vec<_> = (0..4).map(|n| next(&policy, true, n)).collect();
        assert_eq!(delays, [Some(delay), Some(delay), None, None]);
    }

    #[test]
    fn what_is_not_idempotent_is_never_asked_twice() {
        assert_eq!(next(&ConstantDelay::new(Duration::ZERO, 9), false, 0), None);
    }
}
