//! What the connections of a proxy share.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::prepared_texts::PreparedTexts;
use crate::cluster::{ClientConnection, ConnectionId};
use crate::fault::{ActiveFault, FaultHost, Faults};
use crate::recording::RecordSender;

#[derive(Debug)]
pub(super) struct ProxyState {
    pub(super) address: SocketAddr,
    pub(super) node: SocketAddr,
    pub(super) connect_timeout: Duration,
    pub(super) records: Option<RecordSender>,
    pub(super) faults: Faults,
    pub(super) prepared: PreparedTexts,
    /// Counts the changes of the faults, some of which are about connections.
    changes: watch::Sender<u64>,
    next: AtomicU64,
    open: Mutex<BTreeMap<ConnectionId, ClientConnection>>,
}

impl ProxyState {
    pub(super) fn new(
        address: SocketAddr,
        node: SocketAddr,
        connect_timeout: Duration,
        records: Option<RecordSender>,
    ) -> Self {
        Self {
            address,
            node,
            connect_timeout,
            records,
            faults: Faults::default(),
            prepared: PreparedTexts::default(),
            changes: watch::Sender::default(),
            next: AtomicU64::new(0),
            open: Mutex::default(),
        }
    }

    /// Hears of every change of the faults.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    pub(super) fn connections(&self) -> Vec<ClientConnection> {
        self.open().values().cloned().collect()
    }

    pub(super) fn connection_count(&self) -> usize {
        self.open().len()
    }

    /// Counts a connection until the guard is dropped.
    pub(super) fn open_connection(self: &Arc<Self>, client: SocketAddr) -> OpenConnection {
        let id = ConnectionId(self.next.fetch_add(1, Ordering::Relaxed) + 1);
        let connection =
            ClientConnection { id, node: self.node, client, hears_events: false, shard: None };
        self.open().insert(id, connection);
        OpenConnection { state: self.clone(), id, client }
    }

    /// A connection registers for events.
    pub(super) fn note_listener(&self, id: ConnectionId) {
        if let Some(connection) = self.open().get_mut(&id) {
            connection.hears_events = true;
        }
    }

    fn open(&self) -> MutexGuard<'_, BTreeMap<ConnectionId, ClientConnection>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FaultHost for ProxyState {
    fn add_fault(&self, fault: Arc<ActiveFault>, lane: usize) {
        self.faults.add(fault, lane);
        self.changes.send_modify(|changes| *changes += 1);
    }

    fn remove_fault(&self, fault: &Arc<ActiveFault>) {
        self.faults.remove(fault);
        self.changes.send_modify(|changes| *changes += 1);
    }
}

/// A connection that counts as open.
#[derive(Debug)]
pub(super) struct OpenConnection {
    pub(super) state: Arc<ProxyState>,
    pub(super) id: ConnectionId,
    pub(super) client: SocketAddr,
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.state.open().remove(&self.id);
    }
}
