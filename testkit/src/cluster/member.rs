//! What the cluster knows of one of its nodes.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use helenus_protocol::Token;
use tokio::sync::watch;
use uuid::Uuid;

use super::request_log::RequestLog;
use super::{ClientConnection, ConnectionId, KnownClient, OwnWrites, Pauses, Troubles};
use crate::fault::{ActiveFault, FaultHost, Faults};
use crate::server::PreparedStatements;

/// What a node is when it joins.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) address: SocketAddr,
    /// Where its peers would reach it.
    pub(crate) storage_port: u16,
    pub(crate) datacenter: String,
    pub(crate) rack: String,
    pub(crate) host_id: Uuid,
    pub(crate) tokens: Vec<Token>,
    /// Of a node of ScyllaDB.
    pub(crate) shards: Option<NonZeroU16>,
}

/// A node: where it is, what it owns and what it was asked.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) address: SocketAddr,
    pub(crate) storage_port: u16,
    pub(crate) datacenter: String,
    pub(crate) rack: String,
    pub(crate) host_id: Uuid,
    pub(crate) prepared: PreparedStatements,
    pub(crate) own_writes: OwnWrites,
    pub(crate) pauses: watch::Sender<Pauses>,
    pub(crate) faults: Faults,
    pub(crate) log: RequestLog,
    tokens: ArcSwap<Vec<Token>>,
    shards: Option<NonZeroU16>,
    reported_schema: Mutex<ReportedSchema>,
    standing: Mutex<Standing>,
    troubles: Troubles,
    up: AtomicBool,
    requests: AtomicU64,
    connections: Mutex<BTreeMap<ConnectionId, ClientConnection>>,
    /// Those of the connections on which STARTUP was sent.
    known_clients: Mutex<BTreeMap<ConnectionId, Arc<KnownClient>>>,
}

/// Whether the node is one of the cluster's, and in trouble.
#[derive(Debug, Default)]
struct Standing {
    has_left: bool,
    is_in_trouble: bool,
}

/// Which version of the schema a node reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum ReportedSchema {
    #[default]
    Current,
    /// The last that it heard of before it stopped or froze.
    Last(Uuid),
    /// One that it was told to disagree with.
    Other(Uuid),
}

impl Member {
    /// A node that is not up yet.
    pub(crate) fn new(identity: Identity, troubles: Troubles) -> Self {
        let member = Self {
            address: identity.address,
            storage_port: identity.storage_port,
            datacenter: identity.datacenter,
            rack: identity.rack,
            host_id: identity.host_id,
            prepared: PreparedStatements::default(),
            own_writes: OwnWrites::default(),
            pauses: watch::Sender::default(),
            faults: Faults::default(),
            log: RequestLog::default(),
            tokens: ArcSwap::from_pointee(identity.tokens),
            shards: identity.shards,
            reported_schema: Mutex::default(),
            standing: Mutex::default(),
            troubles,
            up: AtomicBool::new(false),
            requests: AtomicU64::new(0),
            connections: Mutex::default(),
            known_clients: Mutex::default(),
        };
        member.take_stock();
        member
    }

    pub(crate) fn tokens(&self) -> Arc<Vec<Token>> {
        self.tokens.load_full()
    }

    pub(super) fn move_to(&self, tokens: Vec<Token>) {
        self.tokens.store(Arc::new(tokens));
    }

    pub(crate) fn is_up(&self) -> bool {
        self.up.load(Ordering::Acquire)
    }

    /// Says whether the node is up; returns whether it was.
    pub(crate) fn set_up(&self, up: bool) -> bool {
        let was_up = self.up.swap(up, Ordering::AcqRel);
        self.take_stock();
        was_up
    }

    pub(crate) fn is_frozen(&self) -> bool {
        self.pauses.borrow().is_frozen
    }

    pub(crate) fn freeze(&self, is_frozen: bool) {
        self.pauses.send_modify(|pauses| pauses.is_frozen = is_frozen);
        self.take_stock();
    }

    fn heed_faults(&self) {
        self.pauses.send_modify(|pauses| pauses.faults_changed += 1);
        self.take_stock();
    }

    /// The node is none of the cluster's any more.
    pub(super) fn leave(&self) {
        lock(&self.standing).has_left = true;
        self.take_stock();
    }

    /// Tells the cluster whether coordinators have to look at what this node is up to.
    fn take_stock(&self) {
        let mut standing = lock(&self.standing);
        let is_in_trouble = !standing.has_left
            && (!self.is_up() || self.is_frozen() || self.faults.are_about_replicas());
        match (standing.is_in_trouble, is_in_trouble) {
            (false, true) => self.troubles.begin(),
            (true, false) => self.troubles.end(),
            _ => {}
        }
        standing.is_in_trouble = is_in_trouble;
    }

    /// The version of the schema that it reports, where `current` is the one that there is.
    pub(crate) fn schema_version(&self, current: Uuid) -> Uuid {
        match *lock(&self.reported_schema) {
            ReportedSchema::Current => current,
            ReportedSchema::Last(version) | ReportedSchema::Other(version) => version,
        }
    }

    pub(super) fn report_schema_version(&self, version: Option<Uuid>) {
        *lock(&self.reported_schema) =
            version.map_or(ReportedSchema::Current, ReportedSchema::Other);
    }

    /// It hears of no change behind `version`, until it catches up.
    pub(super) fn miss_schema_changes(&self, version: Uuid) {
        let mut reported = lock(&self.reported_schema);
        if *reported == ReportedSchema::Current {
            *reported = ReportedSchema::Last(version);
        }
    }

    pub(super) fn catch_up_with_schema(&self) {
        let mut reported = lock(&self.reported_schema);
        if matches!(*reported, ReportedSchema::Last(_)) {
            *reported = ReportedSchema::Current;
        }
    }

    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    pub(crate) fn count_request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn connection_count(&self) -> usize {
        lock(&self.connections).len()
    }

    pub(crate) fn connections(&self) -> Vec<ClientConnection> {
        lock(&self.connections).values().cloned().collect()
    }

    pub(crate) fn known_clients(&self) -> Vec<Arc<KnownClient>> {
        lock(&self.known_clients).values().cloned().collect()
    }

    /// A client sent STARTUP.
    pub(crate) fn meet(&self, id: ConnectionId, client: Arc<KnownClient>) {
        lock(&self.known_clients).insert(id, client);
    }

    /// A connection registered for events.
    pub(crate) fn note_listener(&self, id: ConnectionId) {
        if let Some(connection) = lock(&self.connections).get_mut(&id) {
            connection.hears_events = true;
        }
    }

    /// Counts a connection until the guard is dropped.
    pub(crate) fn open_connection(
        self: &Arc<Self>,
        id: ConnectionId,
        client: SocketAddr,
        entrance: Entrance,
    ) -> OpenConnection {
        let mut connections = lock(&self.connections);
        let shard = self.shards.map(|shards| match entrance {
            Entrance::ShardAware => client.port() % shards,
            Entrance::Plain => least_busy(shards, connections.values()),
        });
        let node = self.address;
        let connection = ClientConnection { id, node, client, hears_events: false, shard };
        connections.insert(id, connection);
        OpenConnection { member: self.clone(), id, client, shard }
    }
}

impl FaultHost for Member {
    fn add_fault(&self, fault: Arc<ActiveFault>, lane: usize) {
        self.faults.add(fault, lane);
        self.heed_faults();
    }

    fn remove_fault(&self, fault: &Arc<ActiveFault>) {
        self.faults.remove(fault);
        self.heed_faults();
    }
}

/// Which of a node's ports a client came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entrance {
    Plain,
    /// The client's port chooses the shard.
    ShardAware,
}

/// The shard with the fewest connections, the first of several.
fn least_busy<'a>(
    shards: NonZeroU16,
    connections: impl Iterator<Item = &'a ClientConnection>,
) -> u16 {
    let mut counts = vec![0_usize; usize::from(shards.get())];
    for shard in connections.filter_map(|connection| connection.shard) {
        counts[usize::from(shard)] += 1;
    }
    (0..shards.get()).min_by_key(|shard| counts[usize::from(*shard)]).unwrap_or(0)
}

/// A connection that counts as open.
#[derive(Debug)]
pub(crate) struct OpenConnection {
    pub(crate) member: Arc<Member>,
    pub(crate) id: ConnectionId,
    pub(crate) client: SocketAddr,
    pub(crate) shard: Option<u16>,
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        lock(&self.member.known_clients).remove(&self.id);
        lock(&self.member.connections).remove(&self.id);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
