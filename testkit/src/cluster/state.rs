//! What the nodes of a cluster share.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::{ArcSwap, Guard};
use helenus_protocol::{Event, SchemaChange, StatusChange, TopologyChange};
use tokio::sync::broadcast;
use uuid::Uuid;

use super::member::Member;
use super::request_feed::RequestFeeds;
use super::{ConnectionId, Topology, Troubles};
use crate::cql::without_scylla_clauses;
use crate::engine::{Engine, Planned};
use crate::query_error::QueryError;
use crate::scylla::Scylla;
use crate::server::{Credentials, SpokenVersions};
use crate::system::ComputedTables;

/// Events that a connection which reads none may fall behind by.
const EVENT_BACKLOG: usize = 4096;

/// What a cluster is from its start to its end.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) name: String,
    pub(crate) versions: SpokenVersions,
    /// Who may connect; everyone if there is no list.
    pub(crate) credentials: Option<Credentials>,
    pub(crate) timeouts: Timeouts,
    /// How the nodes are ScyllaDB's, if they are.
    pub(crate) scylla: Option<Scylla>,
    /// Whether answers carry the payloads of their requests.
    pub(crate) mirrors_payloads: bool,
}

/// How long coordinators wait for replicas.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeouts {
    pub(crate) read: Duration,
    pub(crate) write: Duration,
}

#[derive(Debug)]
pub(crate) struct ClusterState {
    pub(crate) settings: Settings,
    pub(crate) engine: Engine,
    pub(crate) computed: ComputedTables,
    pub(crate) troubles: Troubles,
    pub(crate) feeds: RequestFeeds,
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<crate::tls::NodeTls>,
    topology: ArcSwap<Topology>,
    /// Held while the topology is replaced.
    changing: Mutex<()>,
    connections: AtomicU64,
    events: broadcast::Sender<Announcement>,
}

/// An event, how often it is told, and the node that it is about, which does not tell it itself.
#[derive(Debug, Clone)]
pub(crate) struct Announcement {
    pub(crate) event: Event,
    pub(crate) times: usize,
    pub(crate) about: Option<Uuid>,
}

impl ClusterState {
    pub(crate) fn new(
        settings: Settings,
        engine: Engine,
        members: Vec<Arc<Member>>,
        troubles: Troubles,
    ) -> Self {
        let topology = Topology::new(members, 0);
        engine.set_datacenters(topology.datacenters());
        Self {
            settings,
            engine,
            computed: ComputedTables::default(),
            troubles,
            feeds: RequestFeeds::default(),
            #[cfg(feature = "tls")]
            tls: None,
            topology: ArcSwap::from_pointee(topology),
            changing: Mutex::default(),
            connections: AtomicU64::new(0),
            events: broadcast::Sender::new(EVENT_BACKLOG),
        }
    }

    pub(crate) fn speaks_tls(&self) -> bool {
        #[cfg(feature = "tls")]
        return self.tls.is_some();
        #[cfg(not(feature = "tls"))]
        false
    }

    /// Plans a statement, which may have clauses that only ScyllaDB knows if the nodes are ScyllaDB's.
    pub(crate) fn plan(&self, cql: &str, keyspace: Option<&str>) -> Result<Planned, QueryError> {
        match self.settings.scylla {
            None => self.engine.plan(cql, keyspace),
            Some(_) => self.engine.plan(&without_scylla_clauses(cql), keyspace),
        }
    }

    pub(crate) fn topology(&self) -> Guard<Arc<Topology>> {
        self.topology.load()
    }

    pub(crate) fn change_topology(&self, change: impl FnOnce(&mut Vec<Arc<Member>>)) {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let current = self.topology();
        let mut members = current.members.clone();
        change(&mut members);
        let next = Topology::new(members, current.version + 1);
        self.engine.set_datacenters(next.datacenters());
        self.topology.store(Arc::new(next));
    }

    pub(crate) fn next_connection(&self) -> ConnectionId {
        ConnectionId(self.connections.fetch_add(1, Ordering::Relaxed) + 1)
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Announcement> {
        self.events.subscribe()
    }

    pub(crate) fn announce_schema_change(&self, change: SchemaChange) {
        self.announce(Announcement { event: Event::Schema(change), times: 1, about: None });
    }

    pub(super) fn announce_status(&self, member: &Member, change: StatusChange) {
        let event = Event::Status(change, member.address);
        self.announce(Announcement { event, times: 1, about: Some(member.host_id) });
    }

    pub(super) fn announce_topology(&self, member: &Member, change: TopologyChange) {
        let event = Event::Topology(change, member.address);
        self.announce(Announcement { event, times: 1, about: Some(member.host_id) });
    }

    pub(super) fn announce(&self, announcement: Announcement) {
        // It fails only where nobody listens.
        let _ = self.events.send(announcement);
    }
}
