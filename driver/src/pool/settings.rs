use std::sync::Arc;

use helenus_policies::Reconnection;
use tokio::sync::Semaphore;

use crate::connection::ConnectionConfig;

/// What all pools of a session share.
#[derive(Debug)]
pub(crate) struct PoolSettings {
    pub(crate) connection: Arc<ConnectionConfig>,
    pub(crate) keyspace: Option<String>,
    pub(crate) local_connections: usize,
    pub(crate) remote_connections: usize,
    pub(crate) reconnection: Arc<dyn Reconnection>,
    /// Connections that may be in the making at once, across the session.
    pub(crate) attempts: Semaphore,
}
