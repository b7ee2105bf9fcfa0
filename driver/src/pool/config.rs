use std::time::Duration;

use super::size::cores;
use super::{PoolSize, PoolSizes, ScalingConfig};

/// How many connections a session keeps to each node, and how long.
///
/// One connection carries thousands of requests at once, so that most sessions need no more than the default. The
/// presets are for those that know what they lack.
///
/// ```
/// use helenus::{PoolConfig, PoolSize, Session};
///
/// let mut pool = PoolConfig::default();
/// pool.sizes.local = PoolSize::adaptive(2, 8);
/// let builder = Session::builder().contact_point("10.0.0.1").pool(pool);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PoolConfig {
    /// The sizes of the pools, by their nodes' distance.
    pub sizes: PoolSizes,
    /// How pools whose maximum is above their core follow the load.
    pub scaling: ScalingConfig,
    /// How old a connection may become before another takes its place, less up to a tenth at random so that those made
    /// together do not go together; `None` for any age. A pool replaces one at a time, opens the new one first, and
    /// lets the old one finish what it has. Default `None`.
    pub max_age: Option<Duration>,
    /// How long a connection above the core may go unused before it is closed; `None` for ever. Default 10 min.
    pub max_idle: Option<Duration>,
    /// How long a request waits for room when every connection of every node of its plan has as many requests as it
    /// takes; zero does not wait. Then it fails with [`PoolExhausted`](crate::PoolExhausted). Default 10 s.
    pub acquire_timeout: Duration,
    /// Requests that may wait for one node. Default 4,096.
    pub max_waiting: usize,
    /// Connections that may be in the making at once, across all nodes, at least 1. Default 16.
    pub connection_attempts: usize,
}

impl Default for PoolConfig {
    fn default() -> Self {
        Self {
            sizes: PoolSizes::default(),
            scaling: ScalingConfig::default(),
            max_age: None,
            max_idle: Some(Duration::from_secs(600)),
            acquire_timeout: Duration::from_secs(10),
            max_waiting: 4096,
            connection_attempts: 16,
        }
    }
}

impl PoolConfig {
    /// Always so many connections to each local node; all else as by default.
    pub fn fixed(connections: usize) -> Self {
        let sizes = PoolSizes::default().with_local(PoolSize::fixed(connections));
        Self { sizes, ..Self::default() }
    }

    /// For many requests from many cores, when throughput counts more than sockets.
    ///
    /// | field | value | why |
    /// |---|---|---|
    /// | `sizes.local` | from the default up to one for each core, 4 to 16 | a connection keeps one core busy at most |
    /// | `sizes.remote` | 1 to 2 | remote nodes matter when the local ones are in trouble |
    /// | `sizes.max_requests_per_connection` | 32,768 | nothing is turned away before the protocol does |
    /// | `scaling.interval`, `scaling.cool_down` | 5 s, 60 s | grows soon, gives up late |
    /// | `connection_attempts` | 32 | large clusters are connected to sooner |
    ///
    /// All else is as by default.
    pub fn high_traffic() -> Self {
        let core = PoolSizes::default().local.core;
        let sizes = PoolSizes::default()
            .with_local(PoolSize::adaptive(core, cores().clamp(4, 16)))
            .with_remote(PoolSize::adaptive(1, 2));
        let scaling = ScalingConfig {
            interval: Duration::from_secs(5),
            cool_down: Duration::from_secs(60),
            ..ScalingConfig::default()
        };
        Self { sizes, scaling, connection_attempts: 32, ..Self::default() }
    }

    /// For few requests that must be quick: nothing waits for a connection to open, and nothing long stands in front.
    ///
    /// | field | value | why |
    /// |---|---|---|
    /// | `sizes.local` | always one for each two cores, 4 to 8 | a large answer holds up those of its own connection only |
    /// | `sizes.max_requests_per_connection` | 1,024 | a node that falls behind is passed over before a queue grows |
    /// | `max_idle` | `None` | nothing is opened again that was there already |
    /// | `acquire_timeout` | 100 ms | who would be late anyway is told soon |
    ///
    /// All else is as by default.
    pub fn low_latency() -> Self {
        let sizes = PoolSizes::default()
            .with_local(PoolSize::fixed(cores().div_ceil(2).clamp(4, 8)))
            .with_max_requests_per_connection(1024);
        let acquire_timeout = Duration::from_millis(100);
        Self { sizes, max_idle: None, acquire_timeout, ..Self::default() }
    }

    /// For small machines, many processes on one machine, or servers that are short of connections.
    ///
    /// | field | value | why |
    /// |---|---|---|
    /// | `sizes.local`, `sizes.remote` | always 1 | the fewest sockets and tasks; a lost one is replaced at once |
    /// | `sizes.max_requests_per_connection` | 2,048 | bounds what the process holds in memory |
    /// | `max_waiting` | 1,024 | as above |
    /// | `connection_attempts` | 2 | a start or a restart costs both sides little at a time |
    ///
    /// All else is as by default.
    pub fn resource_constrained() -> Self {
        let sizes = PoolSizes::default()
            .with_local(PoolSize::fixed(1))
            .with_max_requests_per_connection(2048);
        Self { sizes, max_waiting: 1024, connection_attempts: 2, ..Self::default() }
    }

    pub(crate) fn check(&self) -> Result<(), (&'static str, String, &'static str)> {
        self.sizes
            .check()
            .map_err(|error| (error.setting, error.value.to_string(), error.reason))?;
        self.scaling.check()?;
        if self.connection_attempts == 0 {
            return Err(("connection_attempts", "0".to_owned(), "there must be at least one"));
        }
        let is_zero = |time: Option<Duration>| time.is_some_and(|time| time.is_zero());
        for (setting, time) in [("max_age", self.max_age), ("max_idle", self.max_idle)] {
            if is_zero(time) {
                let reason = "no connection could be kept; None sets no limit";
                return Err((setting, "zero".to_owned(), reason));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_presets_are_what_may_be_set() {
        for preset in [
            PoolConfig::default(),
            PoolConfig::fixed(3),
            PoolConfig::high_traffic(),
            PoolConfig::low_latency(),
            PoolConfig::resource_constrained(),
        ] {
            assert_eq!(preset.check(), Ok(()), "{preset:?}");
        }
        assert!(PoolConfig::fixed(0).check().is_err());
    }

    #[test]
    fn settings_that_make_no_sense_are_named() {
        let setting = |change: fn(&mut PoolConfig)| {
            let mut config = PoolConfig::default();
            change(&mut config);
            config.check().map_err(|(setting, ..)| setting).err()
        };
        assert_eq!(setting(|config| config.connection_attempts = 0), Some("connection_attempts"));
        assert_eq!(setting(|config| config.max_age = Some(Duration::ZERO)), Some("max_age"));
        assert_eq!(setting(|config| config.scaling.up_threshold = 0.2), Some("down_threshold"));
        assert_eq!(
            setting(|config| config.scaling.down_threshold = f64::NAN),
            Some("down_threshold")
        );
        assert_eq!(setting(|config| config.scaling.step_up = 0), Some("step_up"));
        assert_eq!(setting(|config| config.scaling.interval = Duration::ZERO), Some("interval"));
    }
}
