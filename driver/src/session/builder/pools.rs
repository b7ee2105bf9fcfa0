use super::SessionBuilder;
use crate::{BuildError, PoolConfig, RequestLimits, WarmUp};

/// What the session keeps to each node, and lets through to it.
impl SessionBuilder {
    /// How many connections are kept to each node, and how long. Default [`PoolConfig::default`].
    pub fn pool(mut self, config: PoolConfig) -> Self {
        self.pool = config;
        self
    }

    /// How many requests the session runs at the same time and per second. Default: as many as the nodes take.
    pub fn limits(mut self, limits: RequestLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Warms up each new connection to a local node before requests are sent over it. Default: it is used at once.
    pub fn warm_up(mut self, warm_up: WarmUp) -> Self {
        self.warm_up = Some(warm_up);
        self
    }

    pub(super) fn check_pools(&self) -> Result<(), BuildError> {
        let pool = self.pool.check();
        pool.map_err(|(setting, value, reason)| BuildError::Setting { setting, value, reason })?;
        match self.limits.zero() {
            None => Ok(()),
            Some(setting) => Err(BuildError::Setting {
                setting,
                value: "0".to_owned(),
                reason: "nothing would be let through",
            }),
        }
    }
}
