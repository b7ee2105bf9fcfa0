use std::net::SocketAddr;
use std::sync::Arc;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use helenus_protocol::Event;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use super::contact_point::resolve;
use super::metadata::SystemTables;
use super::{BuildError, ClusterConfig};
use crate::connection::{
    CloseReason, ConnectError, Connection, ConnectionConfig, Destination, Owner,
};
use crate::health::Vitals;
use crate::pool::{WaitingRoom, random};

/// Events that wait to be looked at. Where there are more, everything is read again.
pub(super) const EVENTS: usize = 256;

/// The connection over which the cluster is watched.
#[derive(Debug)]
pub(super) struct Control {
    pub(super) tables: SystemTables,
    pub(super) events: mpsc::Receiver<Event>,
    /// The connection's life; aborted with the control connection.
    pub(super) life: Life,
}

/// A task that ends with its owner.
#[derive(Debug)]
pub(super) struct Life(pub(super) JoinHandle<CloseReason>);

impl Drop for Life {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Control {
    /// Connects to a contact point, waiting for one to come up as long as that is asked for.
    pub(super) async fn contact(config: &ClusterConfig) -> Result<Self, BuildError> {
        let give_up_at = Instant::now() + config.contact_wait;
        let mut attempt = 0;
        loop {
            let addresses = contact_addresses(config).await;
            let error = match Self::connect_to_any(addresses, config).await {
                Ok(control) => return Ok(control),
                Err(failures) => unreachable(failures),
            };
            let next_at = Instant::now() + config.pools.reconnection.delay(attempt, random());
            // A login that is refused is refused again.
            if next_at > give_up_at || !matches!(error, BuildError::Unreachable { .. }) {
                return Err(error);
            }
            tracing::debug!(%error, "the cluster is waited for");
            sleep_until(next_at).await;
            attempt = attempt.saturating_add(1);
        }
    }

    /// Connects to the first of `addresses` that answers; all are tried at once.
    pub(super) async fn connect_to_any(
        addresses: Vec<(String, Result<SocketAddr, ConnectError>)>,
        config: &ClusterConfig,
    ) -> Result<Self, Vec<(String, ConnectError)>> {
        let attempt = |(name, address): (String, Result<SocketAddr, ConnectError>)| async move {
            match address {
                Ok(address) => Self::connect(address, config).await.map_err(|error| (name, error)),
                Err(error) => Err((name, error)),
            }
        };
        let mut attempts: FuturesUnordered<_> = addresses.into_iter().map(attempt).collect();
        let mut failures = Vec::new();
        while let Some(attempt) = attempts.next().await {
            match attempt {
                Ok(control) => return Ok(control),
                Err(failure) => failures.push(failure),
            }
        }
        Err(failures)
    }

    async fn connect(address: SocketAddr, config: &ClusterConfig) -> Result<Self, ConnectError> {
        let to = Destination::new(address, None);
        let (sender, events) = mpsc::channel(EVENTS);
        // What the session itself asks grows with the cluster, whatever is set for requests.
        let connection =
            ConnectionConfig { max_response: usize::MAX, ..(*config.pools.connection).clone() };
        let version = connection.max_version;
        let owner = Owner {
            retired: Arc::new(Notify::new()),
            vitals: Vitals::new(),
            waits: Arc::default(),
            room: Arc::new(WaitingRoom::new(0)),
        };
        // The semaphore is never closed.
        let permit = config.pools.attempts.acquire().await;
        let (connection, life) =
            Connection::open_to(to, Arc::new(connection), version, None, owner, Some(sender))
                .await?;
        drop(permit);
        let life = Life(tokio::spawn(life));
        let tables = SystemTables::new(connection, config);
        Ok(Self { tables, events, life })
    }

    /// The node that it is connected to.
    pub(super) fn address(&self) -> SocketAddr {
        self.tables.connection.address()
    }
}

/// The addresses of all contact points, looked up now.
pub(super) async fn contact_addresses(
    config: &ClusterConfig,
) -> Vec<(String, Result<SocketAddr, ConnectError>)> {
    let lookups = config.contact_points.iter().map(|point| async move {
        match resolve(point, config.default_port).await {
            Ok(found) => {
                found.into_iter().map(|address| (address.to_string(), Ok(address))).collect()
            }
            Err(error) => vec![(point.clone(), Err(ConnectError::from(error)))],
        }
    });
    futures::future::join_all(lookups).await.into_iter().flatten().collect()
}

/// What the failures of all contact points mean to whoever builds a session.
fn unreachable(failures: Vec<(String, ConnectError)>) -> BuildError {
    let refused = |error: &ConnectError| {
        matches!(error, ConnectError::Authentication(_) | ConnectError::NoCredentials { .. })
    };
    match failures.iter().find(|(_, error)| refused(error)) {
        Some((node, error)) => {
            BuildError::Authentication { node: node.clone(), error: error.clone() }
        }
        None => BuildError::Unreachable { failures },
    }
}
