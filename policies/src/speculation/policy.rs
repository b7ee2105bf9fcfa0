use std::fmt;
use std::time::{Duration, Instant};

/// What is known of a request that has no answer yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Running {
    /// Whether running the statement twice is the same as running it once.
    pub is_idempotent: bool,
    /// Nodes that were asked because others took too long; 0 at the start.
    pub speculations: u32,
}

/// Decides when another node is asked because those before take too long.
///
/// Ask a policy by [`Speculation::next`](trait.Speculation.html#method.next), which never asks another node for what is
/// not idempotent, whatever the policy.
pub trait Speculation: fmt::Debug + Send + Sync {
    /// How long to wait after the last node was asked until another one is; `None`: no more. `speculations` is how
    /// many there were already. It is asked for idempotent requests only.
    fn delay(&self, speculations: u32) -> Option<Duration>;

    /// Takes in that an answer took `latency`. By default it is of no use.
    fn on_answer(&self, _latency: Duration, _now: Instant) {}
}

impl dyn Speculation + '_ {
    /// How long to wait until another node is asked; `None`: no more, or never since it is not idempotent.
    pub fn next(&self, running: &Running) -> Option<Duration> {
        if running.is_idempotent { self.delay(running.speculations) } else { None }
    }
}
