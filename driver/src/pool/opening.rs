use std::sync::Arc;

use futures::future::BoxFuture;
use helenus_policies::Distance;
use helenus_protocol::ProtocolVersion;
use tokio::sync::Notify;

use super::keyspace::follow;
use super::{Pool, PoolSettings, identity};
use crate::connection::{CloseReason, ConnectError, Connection, Destination, Owner, ShardGate};
use crate::warm_up::Warmed;

/// A connection in the making.
pub(super) type Opening = BoxFuture<'static, Opened>;

/// What a connection is opened for.
#[derive(Debug)]
pub(super) enum Purpose {
    /// The pool has none.
    First,
    /// The pool has too few.
    Missing,
    /// This one is too old.
    Successor(Arc<Connection>),
}

/// What became of an attempt to connect.
pub(super) struct Opened {
    pub(super) outcome: Result<Made, ConnectError>,
    pub(super) purpose: Purpose,
    /// The shard that it was meant for.
    pub(super) shard: Option<u16>,
}

/// A connection that was made, and that ends if its life is not polled.
pub(super) struct Made {
    pub(super) connection: Arc<Connection>,
    pub(super) life: BoxFuture<'static, CloseReason>,
    pub(super) warmed: Warmed,
    /// How often the session had switched its keyspace when this was the connection's.
    pub(super) switches: u64,
}

/// Opens a connection to the pool's node, once the session may have another in the making, and warms it up.
pub(super) fn open(
    pool: Arc<Pool>,
    settings: Arc<PoolSettings>,
    retired: Arc<Notify>,
    version: Option<ProtocolVersion>,
    purpose: Purpose,
    gate: Option<ShardGate>,
) -> Opening {
    Box::pin(async move {
        let is_first = matches!(purpose, Purpose::First);
        let outcome = make(&pool, &settings, retired, version, gate, is_first).await;
        Opened { outcome, purpose, shard: gate.map(|gate| gate.shard) }
    })
}

async fn make(
    pool: &Pool,
    settings: &PoolSettings,
    retired: Arc<Notify>,
    version: Option<ProtocolVersion>,
    gate: Option<ShardGate>,
    is_first: bool,
) -> Result<Made, ConnectError> {
    // The semaphore is never closed.
    let permit = settings.attempts.acquire().await;
    let config = Arc::clone(&settings.connection);
    let limit = config.connect_timeout;
    let version = version.unwrap_or(config.max_version);
    let to = Destination::new(pool.node().address, Some(pool.node().host_id));
    let mut keyspace = settings.keyspace.borrow().clone();
    let owner = Owner {
        retired,
        vitals: Arc::clone(&pool.vitals),
        waits: Arc::clone(&settings.waits),
        room: Arc::clone(&pool.room),
    };
    let open = |to| {
        let (config, owner) = (Arc::clone(&config), owner.clone());
        Connection::open_to(to, config, version, keyspace.name.as_deref(), owner, None)
    };
    let (connection, life) = match gate {
        None => open(to).await?,
        Some(gate) => match open(to.at(gate)).await {
            Ok(opened) => opened,
            Err(error) => {
                let opened = open(to).await?;
                pool.give_up_choosing_shards(&error);
                opened
            }
        },
    };
    drop(permit);
    let mut life: BoxFuture<'static, CloseReason> = Box::pin(life);
    if let Some(expected) = settings.cluster_name.get().filter(|_| is_first) {
        tokio::select! {
            checked = identity::check(&connection, expected, limit) => checked?,
            reason = &mut life => return Err(reason.into()),
        }
    }
    let warmed = match &settings.warmer {
        Some(warmer) if pool.distance() == Distance::Local => tokio::select! {
            warmed = warmer.warm(&connection, is_first) => warmed,
            reason = &mut life => return Err(reason.into()),
        },
        _ => Warmed::default(),
    };
    // The session may have switched meanwhile, and again until this one has followed.
    loop {
        let current = settings.keyspace.borrow().clone();
        if current.switches == keyspace.switches {
            break;
        }
        tokio::select! {
            followed = follow(&connection, &current, limit) => {
                followed.map_err(|error| ConnectError::Keyspace(Box::new(error)))?;
            }
            reason = &mut life => return Err(reason.into()),
        }
        keyspace = current;
    }
    Ok(Made { connection, life, warmed, switches: keyspace.switches })
}
