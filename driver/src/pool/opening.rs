use std::sync::Arc;

use futures::future::BoxFuture;
use helenus_protocol::ProtocolVersion;
use tokio::sync::Notify;

use super::{Pool, PoolSettings};
use crate::connection::{CloseReason, ConnectError, Connection, Destination, Owner};

/// A connection in the making.
pub(super) type Opening = BoxFuture<'static, Opened>;

/// What became of an attempt to connect.
pub(super) struct Opened {
    pub(super) outcome: Result<(Arc<Connection>, BoxFuture<'static, CloseReason>), ConnectError>,
    /// The connection whose place it takes, where it is not one that is missing.
    pub(super) replaces: Option<Arc<Connection>>,
}

/// Opens a connection to the pool's node, once the session may have another in the making.
pub(super) fn open(
    pool: Arc<Pool>,
    settings: Arc<PoolSettings>,
    retired: Arc<Notify>,
    version: Option<ProtocolVersion>,
    replaces: Option<Arc<Connection>>,
) -> Opening {
    Box::pin(async move {
        // The semaphore is never closed.
        let _permit = settings.attempts.acquire().await;
        let config = Arc::clone(&settings.connection);
        let version = version.unwrap_or(config.max_version);
        let to = Destination::new(pool.node().address, Some(pool.node().host_id));
        let keyspace = settings.keyspace.as_deref();
        let waits = Arc::clone(&settings.waits);
        let owner = Owner { retired, vitals: Arc::clone(&pool.vitals), waits };
        let opened = Connection::open_to(to, config, version, keyspace, owner, None).await;
        let outcome = opened.map(|(connection, life)| -> (_, BoxFuture<'static, _>) {
            connection.set_limit(settings.sizes.borrow().max_requests_per_connection);
            (connection, Box::pin(life))
        });
        Opened { outcome, replaces }
    })
}
