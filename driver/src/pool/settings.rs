use std::sync::{Arc, OnceLock};

use helenus_policies::Reconnection;
use tokio::sync::{Notify, Semaphore, watch};

use super::{Keyspace, PoolConfig, PoolSizes};
use crate::connection::ConnectionConfig;
use crate::events::Events;
use crate::health::{Exceptions, HealthConfig};
use crate::leak_watch::LeakWatch;
use crate::warm_up::Warmer;

/// What all pools of a session share.
#[derive(Debug)]
pub(crate) struct PoolSettings {
    pub(crate) connection: Arc<ConnectionConfig>,
    /// The keyspace of table names that name none, as it is now.
    pub(crate) keyspace: watch::Sender<Keyspace>,
    /// What the cluster is called, once a node has said it.
    pub(crate) cluster_name: OnceLock<String>,
    pub(crate) config: PoolConfig,
    /// Warms up connections to local nodes, where that is wanted.
    pub(crate) warmer: Option<Warmer>,
    /// The sizes as they are now.
    pub(crate) sizes: watch::Sender<PoolSizes>,
    pub(crate) reconnection: Arc<dyn Reconnection>,
    pub(crate) events: Events,
    /// Who reports pagers that are held and not used, where that is wanted.
    pub(crate) leaks: Option<Arc<LeakWatch>>,
    pub(crate) exceptions: Arc<Exceptions>,
    pub(crate) health: HealthConfig,
    /// Told when requests begin to wait on a connection after a rest.
    pub(crate) waits: Arc<Notify>,
    /// Connections that may be in the making at once, across the session.
    pub(crate) attempts: Semaphore,
}

impl PoolSettings {
    pub(crate) fn new(
        connection: ConnectionConfig,
        keyspace: Option<String>,
        config: PoolConfig,
        reconnection: Arc<dyn Reconnection>,
    ) -> Self {
        Self {
            connection: Arc::new(connection),
            keyspace: Keyspace::watched(keyspace),
            cluster_name: OnceLock::new(),
            sizes: watch::Sender::new(config.sizes),
            attempts: Semaphore::new(config.connection_attempts),
            config,
            warmer: None,
            reconnection,
            events: Events::new(None, 1),
            leaks: None,
            waits: Arc::default(),
            exceptions: Arc::default(),
            health: HealthConfig::default(),
        }
    }

    /// Has all connections follow to another keyspace; returns how often that has been so.
    pub(crate) fn use_keyspace(&self, name: &str) -> u64 {
        let mut switches = 0;
        self.keyspace.send_modify(|keyspace| {
            switches = keyspace.switches + 1;
            *keyspace = Keyspace { name: Some(name.into()), switches };
        });
        switches
    }
}
