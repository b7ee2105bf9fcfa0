//! What the nodes of a cluster share.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use helenus_protocol::{Event, SchemaChange, StatusChange};
use tokio::sync::broadcast;
use uuid::Uuid;

use super::member::Member;
use crate::engine::Engine;
use crate::replica::{Place, Placement};
use crate::server::{Credentials, SpokenVersions};

/// Events that a connection which reads none may fall behind by.
const EVENT_BACKLOG: usize = 4096;

#[derive(Debug)]
pub(crate) struct ClusterState {
    pub(crate) name: String,
    pub(crate) engine: Engine,
    pub(crate) members: Vec<Arc<Member>>,
    pub(crate) versions: SpokenVersions,
    /// Who may connect; everyone if there is no list.
    pub(crate) credentials: Option<Credentials>,
    pub(crate) placement: Placement,
    /// Nodes that are not up.
    down: AtomicUsize,
    events: broadcast::Sender<Announcement>,
}

/// An event, and the node that it is about, which does not tell it itself.
#[derive(Debug, Clone)]
pub(crate) struct Announcement {
    pub(crate) event: Event,
    pub(crate) about: Option<Uuid>,
}

impl ClusterState {
    pub(crate) fn new(
        name: String,
        engine: Engine,
        members: Vec<Arc<Member>>,
        versions: SpokenVersions,
        credentials: Option<Credentials>,
    ) -> Self {
        let placement = Placement::new(members.iter().map(|member| {
            let (datacenter, rack) = (member.datacenter.clone(), member.rack.clone());
            (Place { datacenter, rack }, member.tokens.clone())
        }));
        Self {
            placement,
            down: AtomicUsize::new(members.len()),
            name,
            engine,
            members,
            versions,
            credentials,
            events: broadcast::Sender::new(EVENT_BACKLOG),
        }
    }

    pub(crate) fn all_are_up(&self) -> bool {
        self.down.load(Ordering::Acquire) == 0
    }

    /// Says whether a node is up; returns whether it was.
    pub(crate) fn set_up(&self, member: &Member, is_up: bool) -> bool {
        let was_up = member.set_up(is_up);
        match (was_up, is_up) {
            (false, true) => self.down.fetch_sub(1, Ordering::AcqRel),
            (true, false) => self.down.fetch_add(1, Ordering::AcqRel),
            _ => 0,
        };
        was_up
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Announcement> {
        self.events.subscribe()
    }

    pub(crate) fn announce_schema_change(&self, change: SchemaChange) {
        self.announce(Event::Schema(change), None);
    }

    pub(crate) fn announce_status(&self, member: &Member, change: StatusChange) {
        self.announce(Event::Status(change, member.address), Some(member.host_id));
    }

    fn announce(&self, event: Event, about: Option<Uuid>) {
        // It fails only where nobody listens.
        let _ = self.events.send(Announcement { event, about });
    }
}
