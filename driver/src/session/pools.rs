use super::Session;
use crate::{PoolSizeError, PoolSizes};

impl Session {
    /// The sizes of the pools as they were last set.
    pub fn pool_sizes(&self) -> PoolSizes {
        *self.inner.cluster.pools().sizes.borrow()
    }

    /// Gives all pools other sizes, from now on. Connections that are missing are opened in the background; those that
    /// are too many take no more requests, finish what they have, and are closed.
    ///
    /// ```
    /// # use helenus::{PoolSize, Session};
    /// # fn busy_hours(session: &Session) -> Result<(), helenus::PoolSizeError> {
    /// let sizes = session.pool_sizes();
    /// session.resize_pools(sizes.with_local(PoolSize::fixed(sizes.local.core * 2)))?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Sizes that pools cannot have; then they stay as they were.
    pub fn resize_pools(&self, sizes: PoolSizes) -> Result<(), PoolSizeError> {
        sizes.check()?;
        self.inner.cluster.pools().sizes.send_replace(sizes);
        Ok(())
    }
}
