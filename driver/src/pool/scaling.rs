use std::time::Duration;

use helenus_policies::Scaler;
use tokio::time::Instant;

use super::PoolSizes;
use super::size::PoolSize;

/// How pools whose maximum is above their core follow the load.
///
/// A pool's utilisation is what its requests, in flight and waiting, take of `requests_per_connection` times its
/// connections, smoothed over half of an interval.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct ScalingConfig {
    /// Requests at once that a connection takes well, at least 1; never more than it takes at all. Default 1,024.
    pub requests_per_connection: u32,
    /// The utilisation from which the pool grows. Default 0.8.
    pub up_threshold: f64,
    /// The utilisation down to which the pool shrinks. Default 0.3.
    pub down_threshold: f64,
    /// Connections by which it grows at a time. Default 2.
    pub step_up: usize,
    /// Connections by which it shrinks at a time. Default 1.
    pub step_down: usize,
    /// How often it decides, at least 10 ms; it looks four times as often. Default 10 s.
    pub interval: Duration,
    /// How long the load must have been low, and nothing changed, before it shrinks. Default 30 s.
    pub cool_down: Duration,
}

impl Default for ScalingConfig {
    fn default() -> Self {
        Self {
            requests_per_connection: 1024,
            up_threshold: 0.8,
            down_threshold: 0.3,
            step_up: 2,
            step_down: 1,
            interval: Duration::from_secs(10),
            cool_down: Duration::from_secs(30),
        }
    }
}

/// How often the load is looked at in an interval.
const LOOKS: u32 = 4;

impl ScalingConfig {
    pub(super) fn scaler(&self, size: PoolSize, sizes: &PoolSizes) -> Scaler {
        Scaler::new(size.core, size.max, self.per_connection(sizes), Instant::now().into_std())
            .with_thresholds(self.down_threshold, self.up_threshold)
            .with_steps(self.step_down, self.step_up)
            .with_interval(self.interval)
            .with_cool_down(self.cool_down)
    }

    pub(super) fn per_connection(&self, sizes: &PoolSizes) -> u32 {
        let most = u32::try_from(sizes.max_requests_per_connection).unwrap_or(u32::MAX);
        self.requests_per_connection.min(most)
    }

    pub(super) fn look_every(&self) -> Duration {
        self.interval / LOOKS
    }

    pub(crate) fn check(&self) -> Result<(), (&'static str, String, &'static str)> {
        if self.requests_per_connection == 0 {
            return Err(("requests_per_connection", "0".to_owned(), "there must be at least one"));
        }
        let (down, up) = (self.down_threshold, self.up_threshold);
        if !(0.0 <= down && down < up && up <= 1.0) {
            let reason = "it must be from 0 to 1, and below the up_threshold";
            return Err(("down_threshold", format!("{down} (with {up} to grow)"), reason));
        }
        for (setting, step) in [("step_up", self.step_up), ("step_down", self.step_down)] {
            if step == 0 {
                return Err((setting, "0".to_owned(), "it would change nothing"));
            }
        }
        if self.interval < Duration::from_millis(10) {
            let reason = "it must be at least 10 ms";
            return Err(("interval", format!("{:?}", self.interval), reason));
        }
        Ok(())
    }
}
