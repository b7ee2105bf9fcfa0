mod keyspace;

use std::collections::HashSet;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use futures::future::join_all;
use helenus_policies::Distance;
use helenus_protocol::{Event, SchemaChange, StatusChange};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::control::{Control, EVENTS, contact_addresses};
use super::due::{Due, Scope};
use super::metadata::{MetadataError, News, SystemTables};
use super::offload::offload;
use super::policy::{Bounds, choose_policy};
use super::{BuildError, ClusterConfig, ClusterSnapshot};
use crate::alarm::alarm;
use crate::connection::Connection;
use crate::health::Watch;
use crate::pool::{Pool, cluster_name, random};
use crate::profile::{Profile, Profiles};
use crate::{ConnectError, ExecutionProfile, RequestErrorKind, SessionEvent};

/// How often the nodes' schema versions are compared while they differ.
const AGREEMENT_INTERVAL: Duration = Duration::from_millis(100);

/// What the session asks of the worker.
#[derive(Debug)]
pub(super) enum Command {
    AgreeOnSchema {
        connection: Arc<Connection>,
        change: SchemaChange,
        timeout: Duration,
        reply: oneshot::Sender<bool>,
    },
    SetProfile {
        profile: ExecutionProfile,
        reply: oneshot::Sender<()>,
    },
    UseKeyspace {
        cql: String,
        reply: oneshot::Sender<Result<SocketAddr, RequestErrorKind>>,
    },
    Shutdown(Instant),
}

/// The one task that changes what is known of the cluster. It owns the control connection and the pools' tasks.
#[derive(Debug)]
pub(super) struct Worker {
    config: Arc<ClusterConfig>,
    profiles: Arc<Profiles>,
    snapshot: Arc<ArcSwap<ClusterSnapshot>>,
    commands: mpsc::Receiver<Command>,
    control: Control,
    pools: JoinSet<()>,
    /// Who looks at how nodes do, and at what is held.
    watch: JoinSet<()>,
    agreements: JoinSet<Agreed>,
    /// Those who have the session switch to another keyspace.
    switches: JoinSet<()>,
}

/// What came of waiting until all nodes have a change of the schema.
#[derive(Debug)]
struct Agreed {
    agrees: bool,
    /// What the change changed of what is known.
    scope: Scope,
    reply: oneshot::Sender<bool>,
}

/// What made the worker stop waiting.
enum Happened {
    Event(Event),
    ControlLost,
    RefreshDue,
    Agreed(Agreed),
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
        let control = Control::contact(&config).await?;
        let (news, name) = tokio::join!(
            control.tables.read(Scope::all()),
            cluster_name(&control.tables.connection, config.metadata_timeout),
        );
        let news = news.map_err(|error| metadata_error(&control, error))?;
        if let Some(name) = name {
            // It is asked for once.
            let _ = config.pools.cluster_name.set(name);
        }
        let balancing = choose_policy(&config, news.nodes.as_deref().unwrap_or_default())?;
        let load_balancing = balancing.map(|policy| config.bounds.around(policy));
        let named = config.profiles.iter().map(|profile| within(profile, &config.bounds));
        let profiles = Profile { load_balancing, ..config.profile.clone() };
        let profiles = Profiles::new(profiles, named.collect(), config.tags.clone());
        let mut worker = Self {
            config: Arc::new(config),
            profiles: Arc::new(profiles),
            snapshot: Arc::default(),
            commands,
            control,
            pools: JoinSet::new(),
            watch: JoinSet::new(),
            agreements: JoinSet::new(),
            switches: JoinSet::new(),
        };
        worker.publish(news).await;
        let watch = Watch::new(worker.snapshot(), Arc::clone(&worker.config.pools));
        worker.watch.spawn(watch.run());
        let pools = Arc::clone(&worker.config.pools);
        if let Some(leaks) = pools.leaks.clone() {
            worker.watch.spawn(async move { leaks.run(&pools.events).await });
        }
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

    /// Keeps the snapshot true until the session shuts down.
    pub(super) async fn run(mut self) {
        let mut due = Due::default();
        loop {
            match self.wait(due.at()).await {
                Happened::Event(event) => {
                    let scope = self.take_hint(&event);
                    due.add(scope, self.config.debounce);
                }
                Happened::ControlLost => {
                    if let Some(deadline) = self.reconnect().await {
                        return self.end(deadline).await;
                    }
                    due.take();
                    due.add(Scope::all(), Duration::ZERO);
                }
                Happened::RefreshDue => {
                    let scope = due.take();
                    self.refresh(scope, &mut due).await;
                }
                Happened::Agreed(Agreed { agrees, scope, reply }) => {
                    self.refresh(scope, &mut due).await;
                    // Whoever asked may have gone.
                    let _ = reply.send(agrees);
                }
                Happened::Asked(Command::AgreeOnSchema { connection, change, timeout, reply }) => {
                    let scope = Scope::of(&Event::Schema(change), true);
                    let tables = SystemTables::new(connection, &self.config);
                    let snapshot = self.snapshot.load_full();
                    self.agreements.spawn(async move {
                        let agrees = agreement(&tables, &snapshot, timeout).await;
                        Agreed { agrees, scope, reply }
                    });
                }
                Happened::Asked(Command::SetProfile { profile, reply }) => {
                    self.set_profile(&profile, reply);
                }
                Happened::Asked(Command::UseKeyspace { cql, reply }) => {
                    self.use_keyspace(cql, reply);
                }
                Happened::Asked(Command::Shutdown(deadline)) => return self.end(deadline).await,
                Happened::Abandoned => return,
            }
        }
    }

    async fn wait(&mut self, refresh_at: Option<Instant>) -> Happened {
        tokio::select! {
            command = self.commands.recv() => command.map_or(Happened::Abandoned, Happened::Asked),
            event = self.control.events.recv() => event.map_or(Happened::ControlLost, Happened::Event),
            Some(Ok(agreed)) = self.agreements.join_next() => Happened::Agreed(agreed),
            () = alarm(refresh_at) => Happened::RefreshDue,
        }
    }

    /// Events are hints: UP is a reason to connect now, DOWN is not believed as long as connections work. Returns what
    /// is to be read again.
    fn take_hint(&self, event: &Event) -> Scope {
        tracing::debug!(?event, "the cluster reports");
        // Where they waited in a full queue, others were lost.
        if self.control.events.len() + 1 >= EVENTS {
            return Scope::all();
        }
        let Event::Status(change, address) = event else { return Scope::of(event, false) };
        let translated = self.config.translator.as_ref().map(|by| by.translate(*address));
        let address = translated.unwrap_or(*address);
        let snapshot = self.snapshot.load();
        let of_node = snapshot.pools().iter().find(|pool| pool.node().address == address);
        let is_known_up = of_node.is_some_and(|pool| pool.is_up());
        if let Some(pool) = of_node {
            pool.take_report(*change == StatusChange::Up);
        }
        Scope::of(event, is_known_up)
    }

    /// Moves the control connection to another node. Returns the deadline if the session shuts down meanwhile.
    async fn reconnect(&mut self) -> Option<Instant> {
        tracing::info!(node = %self.control.address(), "the control connection is lost");
        let config = Arc::clone(&self.config);
        let mut attempt = 0;
        loop {
            let candidates = self.candidates().await;
            match self.meanwhile(Control::connect_to_any(candidates, &config)).await {
                Ok(Ok(control)) => {
                    tracing::info!(node = %control.address(), "the control connection moved");
                    self.control = control;
                    let event = SessionEvent::ControlMoved { node: self.control.address() };
                    self.config.pools.events.emit(|| event);
                    return None;
                }
                Ok(Err(failures)) => {
                    tracing::warn!(?failures, "no node takes a control connection");
                }
                Err(deadline) => return Some(deadline),
            }
            let delay = config.pools.reconnection.delay(attempt, random());
            attempt = attempt.saturating_add(1);
            if let Err(deadline) = self.meanwhile(sleep(delay)).await {
                return Some(deadline);
            }
        }
    }

    /// Does what is asked without a control connection until `doing` is done. The deadline of a shutdown ends it before.
    async fn meanwhile<T>(&mut self, doing: impl Future<Output = T>) -> Result<T, Instant> {
        let mut doing = pin!(doing);
        loop {
            let command = tokio::select! {
                done = &mut doing => return Ok(done),
                command = self.commands.recv() => command,
            };
            match command {
                Some(Command::SetProfile { profile, reply }) => self.set_profile(&profile, reply),
                Some(Command::UseKeyspace { reply, .. }) => {
                    let _ = reply.send(Err(RequestErrorKind::NoNode));
                }
                Some(Command::AgreeOnSchema { reply, .. }) => {
                    let _ = reply.send(false);
                }
                Some(Command::Shutdown(deadline)) => return Err(deadline),
                None => return Err(Instant::now()),
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

    /// Reads what is in `scope` and publishes what it says. Where that fails, it is due again.
    async fn refresh(&mut self, scope: Scope, due: &mut Due) {
        if scope == Scope::default() {
            return;
        }
        match self.control.tables.read(scope.clone()).await {
            Ok(news) => self.publish(news).await,
            Err(error) => {
                tracing::warn!(node = %self.control.address(), %error, "cannot refresh the metadata");
                due.add(scope, self.config.metadata_timeout);
            }
        }
    }

    async fn publish(&mut self, news: News) {
        let (current, profiles) = (self.snapshot.load_full(), Arc::clone(&self.profiles));
        let pools = Arc::clone(&self.config.pools);
        let tokens = news.nodes.iter().flatten().map(|node| node.tokens.len()).sum();
        let next = offload(tokens, move || current.next(news, &profiles, &pools)).await;
        let Some((next, changes)) = next else { return };
        self.snapshot.store(Arc::new(next));
        let config = Arc::clone(&self.config);
        let events = &config.pools.events;
        for pool in changes.added {
            events.emit(|| SessionEvent::NodeAdded { node: pool.node().address });
            tracing::info!(node = %pool.node().address, datacenter = %pool.node().datacenter, "node added");
            self.keep(pool);
        }
        for pool in changes.removed {
            events.emit(|| SessionEvent::NodeRemoved { node: pool.node().address });
            tracing::info!(node = %pool.node().address, "node removed");
            pool.shut_down(Instant::now() + self.config.metadata_timeout);
        }
        while self.pools.try_join_next().is_some() {}
    }

    /// Keeps a pool at its size, where it has any.
    fn keep(&mut self, pool: Arc<Pool>) {
        if pool.distance() != Distance::Ignored && pool.begin() {
            self.pools.spawn(pool.run());
        }
    }

    /// Has requests follow another profile; nodes may be nearer or farther by its policy.
    fn set_profile(&mut self, profile: &ExecutionProfile, reply: oneshot::Sender<()>) {
        let profile = within(profile, &self.config.bounds);
        self.profiles = Arc::new(Profiles::clone(&self.profiles).with(profile));
        let current = self.snapshot.load_full();
        for pool in current.pools() {
            pool.set_distance(self.profiles.distance(pool.node()));
            self.keep(Arc::clone(pool));
        }
        // The pools look at their sizes again.
        self.config.pools.sizes.send_modify(|_| {});
        self.snapshot.store(Arc::new(current.with_profiles(&self.profiles)));
        // Whoever asked may have gone.
        let _ = reply.send(());
    }

    async fn end(mut self, deadline: Instant) {
        for pool in self.snapshot.load().pools() {
            pool.shut_down(deadline);
        }
        while self.pools.join_next().await.is_some() {}
        self.agreements.shutdown().await;
        self.switches.shutdown().await;
        self.watch.shutdown().await;
        let life = &mut self.control.life.0;
        life.abort();
        let _ = life.await;
        self.snapshot.store(Arc::default());
        self.config.pools.events.close();
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

/// A profile whose policy is within the session's bounds.
fn within(profile: &ExecutionProfile, bounds: &Bounds) -> ExecutionProfile {
    profile.clone().map_load_balancing(|policy| bounds.around(policy))
}

fn metadata_error(control: &Control, error: MetadataError) -> BuildError {
    BuildError::Metadata { node: control.address(), error: Box::new(error) }
}
