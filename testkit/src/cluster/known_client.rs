//! A client as its node knows it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use helenus_protocol::{ProtocolVersion, Startup};

/// What a node tells of a client that has sent STARTUP, for as long as it is connected.
#[derive(Debug)]
pub(crate) struct KnownClient {
    pub(crate) address: SocketAddr,
    pub(crate) version: ProtocolVersion,
    pub(crate) startup: Startup,
    requests: AtomicU64,
    standing: Mutex<ClientStanding>,
}

/// How far a client has come.
#[derive(Debug, Clone, Default)]
pub(crate) struct ClientStanding {
    /// Whether it may send statements.
    pub(crate) is_ready: bool,
    pub(crate) user: Option<String>,
    pub(crate) keyspace: Option<String>,
}

impl KnownClient {
    pub(crate) fn new(address: SocketAddr, version: ProtocolVersion, startup: Startup) -> Self {
        let requests = AtomicU64::new(1);
        Self { address, version, startup, requests, standing: Mutex::default() }
    }

    pub(crate) fn count_request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// The requests that it has sent, STARTUP included.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    pub(crate) fn standing(&self) -> ClientStanding {
        self.lock().clone()
    }

    pub(crate) fn stand(&self, standing: ClientStanding) {
        *self.lock() = standing;
    }

    fn lock(&self) -> MutexGuard<'_, ClientStanding> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
