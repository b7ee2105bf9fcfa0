//! What the cluster knows of one of its nodes.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use helenus_protocol::Token;
use tokio::sync::watch;
use uuid::Uuid;

use super::{CoordinatedStatement, Pauses};
use crate::fault::{ActiveFault, Faults};
use crate::server::PreparedStatements;

/// Statements that a node remembers.
const LOG_CAPACITY: usize = 10_000;

/// A node: where it is, what it owns and what it was asked.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) address: SocketAddr,
    pub(crate) datacenter: String,
    pub(crate) rack: String,
    pub(crate) host_id: Uuid,
    pub(crate) tokens: Vec<Token>,
    pub(crate) prepared: PreparedStatements,
    pub(crate) pauses: watch::Sender<Pauses>,
    pub(crate) faults: Faults,
    up: AtomicBool,
    requests: AtomicU64,
    connections: AtomicUsize,
    statements: Mutex<VecDeque<CoordinatedStatement>>,
}

impl Member {
    pub(crate) fn new(
        address: SocketAddr,
        datacenter: String,
        rack: String,
        tokens: Vec<Token>,
    ) -> Self {
        Self {
            address,
            datacenter,
            rack,
            host_id: Uuid::new_v4(),
            tokens,
            prepared: PreparedStatements::default(),
            pauses: watch::Sender::default(),
            faults: Faults::default(),
            up: AtomicBool::new(false),
            requests: AtomicU64::new(0),
            connections: AtomicUsize::new(0),
            statements: Mutex::new(VecDeque::new()),
        }
    }

    pub(crate) fn is_up(&self) -> bool {
        self.up.load(Ordering::Acquire)
    }

    /// Says whether the node is up; returns whether it was.
    pub(crate) fn set_up(&self, up: bool) -> bool {
        self.up.swap(up, Ordering::AcqRel)
    }

    pub(crate) fn freeze(&self, is_frozen: bool) {
        self.pauses.send_modify(|pauses| pauses.is_frozen = is_frozen);
    }

    pub(crate) fn add_fault(&self, fault: Arc<ActiveFault>) {
        self.faults.add(fault);
        self.pauses.send_modify(|pauses| pauses.reads = self.faults.pauses_reads());
    }

    pub(crate) fn remove_fault(&self, fault: &Arc<ActiveFault>) {
        self.faults.remove(fault);
        self.pauses.send_modify(|pauses| pauses.reads = self.faults.pauses_reads());
    }

    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    pub(crate) fn count_request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Acquire)
    }

    /// Counts a connection until the guard is dropped.
    pub(crate) fn open_connection(self: &Arc<Self>) -> OpenConnection {
        self.connections.fetch_add(1, Ordering::AcqRel);
        OpenConnection { member: self.clone() }
    }

    /// Remembers a statement, and forgets the oldest where there are too many.
    pub(crate) fn record(&self, statement: CoordinatedStatement) {
        let mut statements = self.statements.lock().unwrap_or_else(PoisonError::into_inner);
        if statements.len() == LOG_CAPACITY {
            statements.pop_front();
        }
        statements.push_back(statement);
    }

    pub(crate) fn statements(&self) -> Vec<CoordinatedStatement> {
        self.statements.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    pub(crate) fn forget_statements(&self) {
        self.statements.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// A connection that counts as open.
#[derive(Debug)]
pub(crate) struct OpenConnection {
    pub(crate) member: Arc<Member>,
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.member.connections.fetch_sub(1, Ordering::AcqRel);
    }
}
