use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use helenus_protocol::SchemaChange;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::worker::{Command, Worker};
use super::{BuildError, ClusterConfig, ClusterSnapshot};
use crate::connection::Connection;
use crate::pool::PoolSettings;
use crate::{ExecutionProfile, RequestErrorKind};

/// Commands that wait for the worker.
const COMMANDS: usize = 64;

/// The session's hold on the cluster. Dropped, it takes every task and connection with it.
#[derive(Debug)]
pub(crate) struct ClusterHandle {
    snapshot: Arc<ArcSwap<ClusterSnapshot>>,
    pools: Arc<PoolSettings>,
    commands: mpsc::Sender<Command>,
    worker: Mutex<Option<JoinHandle<()>>>,
}

impl ClusterHandle {
    /// Connects to a contact point, reads the metadata and opens the pools.
    pub(crate) async fn connect(config: ClusterConfig) -> Result<Self, BuildError> {
        let (commands, inbox) = mpsc::channel(COMMANDS);
        let pools = Arc::clone(&config.pools);
        let worker = Worker::start(config, inbox).await?;
        let snapshot = worker.snapshot();
        let worker = Mutex::new(Some(tokio::spawn(worker.run())));
        Ok(Self { snapshot, pools, commands, worker })
    }

    /// The cluster as it is known now.
    pub(crate) fn snapshot(&self) -> impl Deref<Target = Arc<ClusterSnapshot>> {
        self.snapshot.load()
    }

    /// What its pools share.
    pub(crate) fn pools(&self) -> &PoolSettings {
        &self.pools
    }

    /// Has requests follow another profile, in the place of the one that had its name.
    pub(crate) async fn set_profile(&self, profile: ExecutionProfile) {
        let (reply, answer) = oneshot::channel();
        let command = Command::SetProfile { profile, reply };
        if self.commands.send(command).await.is_ok() {
            // The worker that goes before it answers has no requests to serve any more.
            let _ = answer.await;
        }
    }

    /// Switches the session to another keyspace by a statement USE; returns the node that took it first, once all
    /// connections have followed.
    pub(crate) async fn use_keyspace(&self, cql: String) -> Result<SocketAddr, RequestErrorKind> {
        let (reply, answer) = oneshot::channel();
        let command = Command::UseKeyspace { cql, reply };
        // A worker that has gone has shut down.
        self.commands.send(command).await.map_err(|_| RequestErrorKind::ShutDown)?;
        answer.await.unwrap_or(Err(RequestErrorKind::ShutDown))
    }

    /// Waits until all nodes that are up have the schema of the node behind `connection`, then reads what
    /// `change` changed.
    /// Returns whether they came to agree in time.
    pub(crate) async fn agree_on_schema(
        &self,
        connection: Arc<Connection>,
        change: SchemaChange,
        timeout: Duration,
    ) -> bool {
        let (reply, answer) = oneshot::channel();
        let command = Command::AgreeOnSchema { connection, change, timeout, reply };
        self.commands.send(command).await.is_ok() && answer.await.unwrap_or(false)
    }

    /// Ends everything: no new requests, those under way until the deadline. Returns once nothing is left.
    pub(crate) async fn shut_down(&self, deadline: Instant) {
        // Where the worker is gone already there is nothing left to tell.
        let _ = self.commands.send(Command::Shutdown(deadline)).await;
        let worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(worker) = worker {
            let _ = worker.await;
        }
    }
}

impl Drop for ClusterHandle {
    fn drop(&mut self) {
        let worker = self.worker.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(worker) = worker {
            worker.abort();
        }
    }
}
