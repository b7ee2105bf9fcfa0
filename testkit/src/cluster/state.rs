//! What the nodes of a cluster share.

use std::sync::Arc;

use helenus_protocol::{Event, SchemaChange, StatusChange};
use tokio::sync::broadcast;
use uuid::Uuid;

use super::member::Member;
use crate::engine::Engine;
use crate::server::Credentials;

/// Events that a connection which reads none may fall behind by.
const EVENT_BACKLOG: usize = 4096;

#[derive(Debug)]
pub(crate) struct ClusterState {
    pub(crate) name: String,
    pub(crate) engine: Engine,
    pub(crate) members: Vec<Arc<Member>>,
    /// Who may connect; everyone if there is no list.
    pub(crate) credentials: Option<Credentials>,
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
        credentials: Option<Credentials>,
    ) -> Self {
        Self { name, engine, members, credentials, events: broadcast::Sender::new(EVENT_BACKLOG) }
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
