use std::sync::Arc;
use std::time::Duration;

use helenus_policies::LoadBalancing;

use super::{Bounds, Translator};
use crate::ExecutionProfile;
use crate::pool::PoolSettings;
use crate::profile::{NodeTags, Profile};
use crate::statement::StatementCache;

/// What the session's builder was told about the cluster.
#[derive(Debug)]
pub(crate) struct ClusterConfig {
    pub(crate) contact_points: Vec<String>,
    pub(crate) default_port: u16,
    pub(crate) local_datacenter: Option<String>,
    pub(crate) load_balancing: Option<Arc<dyn LoadBalancing>>,
    /// What requests follow that choose no profile, but for its load balancing.
    pub(crate) profile: Profile,
    pub(crate) profiles: Vec<ExecutionProfile>,
    pub(crate) pools: Arc<PoolSettings>,
    pub(crate) statements: Arc<StatementCache>,
    pub(crate) bounds: Bounds,
    pub(crate) tags: NodeTags,
    pub(crate) translator: Option<Translator>,
    /// How long a contact point is waited for.
    pub(crate) contact_wait: Duration,
    /// How long a query of the system tables may take.
    pub(crate) metadata_timeout: Duration,
    /// How long events are collected before the metadata is read again.
    pub(crate) debounce: Duration,
}
