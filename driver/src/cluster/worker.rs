use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use futures::future::join_all;
use helenus_policies::{DcAware, LoadBalancing, Node, TokenAware};
use helenus_protocol::{Event, StatusChange};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use super::control::{Control, contact_addresses, unreachable};
use super::metadata::{Keyspaces, MetadataError, SystemTables};
use super::{BuildError, ClusterConfig, ClusterSnapshot};
use crate::ConnectError;
use crate::connection::Connection;
use crate::pool::{Pool, random};

/// How often the nodes' schema versions are compared while they differ.
const AGREEMENT_INTERVAL: Duration = Duration::from_millis(100);

/// What the session asks of the worker.
#[derive(Debug)]
pub(super) enum Command {
    AgreeOnSchema { connection: Arc<Connection>, timeout: Duration, reply: oneshot::Sender<bool> },
    Shutdown(Instant),
}

/// The one task that changes what is known of the cluster. It owns the control connection and the pools' tasks.
#[derive(Debug)]
pub(super) struct Worker {
    config: Arc<ClusterConfig>,
    policy: Arc<dyn LoadBalancing>,
    snapshot: Arc<ArcSwap<ClusterSnapshot>>,
    commands: mpsc::Receiver<Command>,
    control: Control,
    pools: JoinSet<()>,
    agreements: JoinSet<(bool, oneshot::Sender<bool>)>,
}

/// What made the worker stop waiting.
enum Happened {
    Event(Event),
    ControlLost,
    RefreshDue,
    Agreed(bool, oneshot::Sender<bool>),
    Asked(Command),
    Abandoned,
}

impl Worker {
    /// Connects and reads the metadata; returns when every pool has tried to open.
    pub(super) async fn start(
        config: ClusterConfig,
        commands: mpsc::Receiver<Command>,
    ) -> Result<Self, BuildError> {
        if config.contact_points.is_empty() {
            return Err(BuildError::NoContactPoints);
        }
        let addresses = contact_addresses(&config).await;
        let control = Control::connect_to_any(addresses, &config).await.map_err(unreachable)?;
        let (nodes, keyspaces) =
            read(&control.tables).await.map_err(|error| metadata_error(&control, error))?;
        let policy = choose_policy(&config, &nodes)?;
        let mut worker = Self {
            config: Arc::new(config),
            policy,
            snapshot: Arc::default(),
            commands,
            control,
            pools: JoinSet::new(),
            agreements: JoinSet::new(),
        };
        worker.publish(nodes, &keyspaces);
        let snapshot = worker.snapshot.load_full();
        join_all(snapshot.pools().iter().map(|pool| pool.tried())).await;
        if !snapshot.pools().iter().any(|pool| pool.is_up()) {
            let failure =
                |pool: &Arc<Pool>| Some((pool.node().address.to_string(), pool.failure()?));
            let failures = snapshot.pools().iter().filter_map(failure).collect();
            return Err(BuildError::NoNode { failures });
        }
        Ok(worker)
    }

    pub(super) fn snapshot(&self) -> Arc<ArcSwap<ClusterSnapshot>> {
        Arc::clone(&self.snapshot)
    }

    pub(super) fn policy(&self) -> Arc<dyn LoadBalancing> {
        Arc::clone(&self.policy)
    }

    /// Keeps the snapshot true until the session shuts down.
    pub(super) async fn run(mut self) {
        let mut refresh_at = None;
        loop {
            match self.wait(refresh_at).await {
                Happened::Event(event) => {
                    self.take_hint(&event);
                    refresh_at.get_or_insert(Instant::now() + self.config.debounce);
                }
                Happened::ControlLost => {
                    if let Some(deadline) = self.reconnect().await {
                        return self.end(deadline).await;
                    }
                    refresh_at = Some(Instant::now());
                }
                Happened::RefreshDue => {
                    refresh_at = None;
                    if let Err(error) = self.refresh().await {
                        tracing::warn!(node = %self.control.address(), %error, "cannot refresh the metadata");
                        refresh_at = Some(Instant::now() + self.config.metadata_timeout);
                    }
                }
                Happened::Agreed(agreed, reply) => {
                    if let Err(error) = self.refresh().await {
                        tracing::warn!(node = %self.control.address(), %error, "cannot refresh the metadata");
                        refresh_at.get_or_insert(Instant::now() + self.config.debounce);
                    }
                    // Whoever asked may have gone.
                    let _ = reply.send(agreed);
                }
                Happened::Asked(Command::AgreeOnSchema { connection, timeout, reply }) => {
                    let tables = SystemTables { connection, timeout: self.config.metadata_timeout };
                    let snapshot = self.snapshot.load_full();
                    self.agreements.spawn(async move {
                        (agreement(&tables, &snapshot, timeout).await, reply)
                    });
                }
                Happened::Asked(Command::Shutdown(deadline)) => return self.end(deadline).await,
                Happened::Abandoned => return,
            }
        }
    }

    async fn wait(&mut self, refresh_at: Option<Instant>) -> Happened {
        let due = async {
            match refresh_at {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            command = self.commands.recv() => command.map_or(Happened::Abandoned, Happened::Asked),
            event = self.control.events.recv() => event.map_or(Happened::ControlLost, Happened::Event),
            Some(Ok((agreed, reply))) = self.agreements.join_next() => Happened::Agreed(agreed, reply),
            () = due => Happened::RefreshDue,
        }
    }

    /// Events are hints: UP is a reason to connect now, DOWN is not believed as long as connections work.
    fn take_hint(&self, event: &Event) {
        tracing::debug!(?event, "the cluster reports");
        if let Event::Status(change, address) = event {
            let snapshot = self.snapshot.load();
            let of_node = snapshot.pools().iter().find(|pool| pool.node().address == *address);
            if let Some(pool) = of_node {
                pool.take_report(*change == StatusChange::Up);
            }
        }
    }

    /// Moves the control connection to another node. Returns the deadline if the session shuts down meanwhile.
    async fn reconnect(&mut self) -> Option<Instant> {
        tracing::info!(node = %self.control.address(), "the control connection is lost");
        let mut attempt = 0;
        loop {
            let candidates = self.candidates().await;
            tokio::select! {
                found = Control::connect_to_any(candidates, &self.config) => match found {
                    Ok(control) => {
                        tracing::info!(node = %control.address(), "the control connection moved");
                        self.control = control;
                        return None;
                    }
                    Err(failures) => {
                        tracing::warn!(?failures, "no node takes a control connection");
                    }
                },
                deadline = shutdown(&mut self.commands) => return Some(deadline),
            }
            let delay = self.config.pools.reconnection.delay(attempt, random());
            attempt = attempt.saturating_add(1);
            tokio::select! {
                () = sleep(delay) => {}
                deadline = shutdown(&mut self.commands) => return Some(deadline),
            }
        }
    }

    /// The nodes that are up; where none is, all that are known, and whatever the contact points' names mean today.
    async fn candidates(&self) -> Vec<(String, Result<SocketAddr, ConnectError>)> {
        let snapshot = self.snapshot.load_full();
        let named = |pool: &Arc<Pool>| (pool.node().address.to_string(), Ok(pool.node().address));
        let up: Vec<_> = snapshot.pools().iter().filter(|pool| pool.is_up()).map(named).collect();
        if !up.is_empty() {
            return up;
        }
        let mut all: Vec<_> = snapshot.pools().iter().map(named).collect();
        let mut known: HashSet<_> = all.iter().filter_map(|(_, node)| node.clone().ok()).collect();
        let contacts = contact_addresses(&self.config).await.into_iter();
        // A node that is down is not helped by being tried twice.
        all.extend(
            contacts.filter(|(_, node)| node.as_ref().map_or(true, |node| known.insert(*node))),
        );
        all
    }

    /// Reads the metadata and publishes what it says.
    async fn refresh(&mut self) -> Result<(), MetadataError> {
        let (nodes, keyspaces) = read(&self.control.tables).await?;
        self.publish(nodes, &keyspaces);
        Ok(())
    }

    fn publish(&mut self, nodes: Vec<Node>, keyspaces: &Keyspaces) {
        let current = self.snapshot.load_full();
        let (next, changes) = current.next(nodes, keyspaces, &*self.policy, &self.config.pools);
        self.snapshot.store(Arc::new(next));
        for pool in changes.added {
            tracing::info!(node = %pool.node().address, datacenter = %pool.node().datacenter, "node added");
            self.pools.spawn(pool.run());
        }
        for pool in changes.removed {
            tracing::info!(node = %pool.node().address, "node removed");
            pool.shut_down(Instant::now() + self.config.metadata_timeout);
        }
        while self.pools.try_join_next().is_some() {}
    }

    async fn end(mut self, deadline: Instant) {
        for pool in self.snapshot.load().pools() {
            pool.shut_down(deadline);
        }
        while self.pools.join_next().await.is_some() {}
        self.agreements.shutdown().await;
        let life = &mut self.control.life.0;
        life.abort();
        let _ = life.await;
        self.snapshot.store(Arc::default());
    }
}

/// The deadline of a shutdown, once one is asked for. What else is asked meanwhile finds no cluster to ask.
async fn shutdown(commands: &mut mpsc::Receiver<Command>) -> Instant {
    loop {
        match commands.recv().await {
            Some(Command::Shutdown(deadline)) => return deadline,
            Some(Command::AgreeOnSchema { reply, .. }) => {
                let _ = reply.send(false);
            }
            None => return Instant::now(),
        }
    }
}

/// Whether the nodes that are up come to have one schema version within `timeout`.
async fn agreement(tables: &SystemTables, snapshot: &ClusterSnapshot, timeout: Duration) -> bool {
    let deadline = Instant::now() + timeout;
    loop {
        let up: HashSet<_> = snapshot
            .pools()
            .iter()
            .filter(|pool| pool.is_believed_up())
            .map(|pool| pool.node().host_id)
            .collect();
        if let Ok(versions) = tables.schema_versions().await {
            let seen: HashSet<_> = versions
                .iter()
                .filter(|(host, _)| up.contains(host))
                .map(|(_, version)| version)
                .collect();
            if seen.len() <= 1 {
                return true;
            }
        }
        if Instant::now() + AGREEMENT_INTERVAL >= deadline {
            return false;
        }
        sleep(AGREEMENT_INTERVAL).await;
    }
}

/// Every node, and the replication of every keyspace.
async fn read(tables: &SystemTables) -> Result<(Vec<Node>, Keyspaces), MetadataError> {
    tokio::try_join!(tables.nodes(), tables.keyspaces())
}

fn metadata_error(control: &Control, error: MetadataError) -> BuildError {
    BuildError::Metadata { node: control.address(), error: Box::new(error) }
}

fn choose_policy(
    config: &ClusterConfig,
    nodes: &[Node],
) -> Result<Arc<dyn LoadBalancing>, BuildError> {
    let mut known: Vec<String> = nodes.iter().map(|node| node.datacenter.to_string()).collect();
    known.sort_unstable();
    known.dedup();
    if let Some(wanted) = config.local_datacenter.as_ref().filter(|dc| !known.contains(dc)) {
        return Err(BuildError::UnknownDatacenter { wanted: wanted.clone(), known });
    }
    if let Some(policy) = &config.load_balancing {
        return Ok(Arc::clone(policy));
    }
    let local = match (&config.local_datacenter, nodes.first()) {
        (Some(local), _) => local.as_str(),
        // The first node is the one that answered.
        (None, Some(contact)) => &contact.datacenter,
        (None, None) => "",
    };
    if config.local_datacenter.is_none() && known.len() > 1 {
        tracing::warn!(local, ?known, "no local data center is set; the contact point's is taken");
    }
    Ok(Arc::new(TokenAware::new(DcAware::new(local))))
}
