use helenus_policies::Distance;
use thiserror::Error;

/// The stream ids that the protocol has.
const STREAMS: usize = 1 << 15;

/// How many connections a pool has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolSize {
    /// Connections that are opened at once, and kept.
    pub core: usize,
    /// Connections that there may be under load. Where it is more than `core`, the pool adapts its size to the load, as
    /// [`ScalingConfig`](crate::ScalingConfig) has it.
    pub max: usize,
}

impl PoolSize {
    /// Always so many.
    pub const fn fixed(connections: usize) -> Self {
        Self { core: connections, max: connections }
    }

    /// From `core` connections to `max`, as the load has it.
    pub const fn adaptive(core: usize, max: usize) -> Self {
        Self { core, max }
    }

    pub(super) fn is_adaptive(self) -> bool {
        self.core < self.max
    }
}

/// The sizes of a session's pools, which can be changed while it runs:
/// [`Session::resize_pools`](crate::Session::resize_pools).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolSizes {
    /// Connections to each local node, at least 1.
    ///
    /// By default always a fourth of the process's cores, from 2 to 8: one connection keeps at most one core busy, the
    /// application needs the others, and of two connections one is left when one is lost.
    pub local: PoolSize,
    /// Connections to each remote node that the load balancing uses; with none it is not connected to. Default 1.
    pub remote: PoolSize,
    /// Requests that a connection takes at once, from 1 to 32,768. Default 32,768, as many as the protocol has stream
    /// ids.
    pub max_requests_per_connection: usize,
}

impl Default for PoolSizes {
    fn default() -> Self {
        Self {
            local: PoolSize::fixed(cores().div_ceil(4).clamp(2, 8)),
            remote: PoolSize::fixed(1),
            max_requests_per_connection: STREAMS,
        }
    }
}

impl PoolSizes {
    /// Another size of the pools of local nodes.
    #[must_use]
    pub fn with_local(mut self, size: PoolSize) -> Self {
        self.local = size;
        self
    }

    /// Another size of the pools of remote nodes.
    #[must_use]
    pub fn with_remote(mut self, size: PoolSize) -> Self {
        self.remote = size;
        self
    }

    /// Another number of requests that a connection takes at once.
    #[must_use]
    pub fn with_max_requests_per_connection(mut self, requests: usize) -> Self {
        self.max_requests_per_connection = requests;
        self
    }

    /// The size of the pool of a node so near.
    pub(super) fn of(&self, distance: Distance) -> PoolSize {
        match distance {
            Distance::Local => self.local,
            Distance::Remote => self.remote,
            Distance::Ignored => PoolSize::fixed(0),
        }
    }

    pub(crate) fn check(&self) -> Result<(), PoolSizeError> {
        let fail = |setting, value, reason| Err(PoolSizeError { setting, value, reason });
        if self.local.core == 0 {
            return fail("local.core", 0, "requests need at least one connection");
        }
        for (setting, size) in [("local.max", self.local), ("remote.max", self.remote)] {
            if size.max < size.core {
                return fail(setting, size.max, "there cannot be fewer connections than the core");
            }
        }
        let requests = self.max_requests_per_connection;
        if !(1..=STREAMS).contains(&requests) {
            let reason = "a connection takes from 1 to 32,768 requests at once";
            return fail("max_requests_per_connection", requests, reason);
        }
        Ok(())
    }
}

/// A size that pools cannot have.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{setting} cannot be {value}: {reason}")]
#[non_exhaustive]
pub struct PoolSizeError {
    /// The setting.
    pub setting: &'static str,
    /// What it was set to.
    pub value: usize,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// The cores that the process may use.
pub(super) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_that_make_no_sense_are_told() {
        let sizes = PoolSizes::default();
        let setting = |sizes: PoolSizes| sizes.check().map_err(|error| error.setting);
        assert_eq!(setting(sizes), Ok(()));
        assert_eq!(setting(sizes.with_local(PoolSize::fixed(0))), Err("local.core"));
        assert_eq!(setting(sizes.with_local(PoolSize::adaptive(3, 2))), Err("local.max"));
        assert_eq!(setting(sizes.with_remote(PoolSize::adaptive(1, 0))), Err("remote.max"));
        assert_eq!(setting(sizes.with_remote(PoolSize::fixed(0))), Ok(()));
        for (requests, is_fine) in [(0, false), (1, true), (32_768, true), (32_769, false)] {
            let sizes = sizes.with_max_requests_per_connection(requests);
            assert_eq!(sizes.check().is_ok(), is_fine, "{requests}");
        }
    }
}
