use std::sync::Arc;

use super::Session;
use crate::ExecutionProfile;

impl Session {
    /// The same session, whose requests follow the profile of this name unless their statements choose another one.
    ///
    /// ```
    /// # use helenus::{ExecutionProfile, RequestError, Session};
    /// # async fn report(session: &Session) -> Result<(), RequestError> {
    /// session.set_profile(ExecutionProfile::new("reports").with_page_size(1000)).await;
    /// session.with_profile("reports").query("SELECT * FROM app.users", ()).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_profile(&self, name: impl Into<Arc<str>>) -> Self {
        Self { inner: Arc::clone(&self.inner), profile: Some(name.into()) }
    }

    /// The profile of this name, as it was last set.
    pub fn profile(&self, name: &str) -> Option<ExecutionProfile> {
        self.inner.cluster.snapshot().profiles().said(name).cloned()
    }

    /// Gives the session another profile, in the place of the one that had its name. When it returns requests follow
    /// it; those under way go on as they began. Pools follow in the background where nodes are nearer or farther now.
    ///
    /// Requests that choose none follow the one called [`ExecutionProfile::DEFAULT`]. A session that is shut down stays
    /// as it is.
    pub async fn set_profile(&self, profile: ExecutionProfile) {
        self.inner.cluster.set_profile(profile).await;
    }
}
