//! What a node knows of a client beside its address.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How far a client has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum ClientStage {
    /// It has sent no STARTUP yet.
    #[default]
    Established,
    Authenticating,
    Ready,
}

impl ClientStage {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Established => "established",
            Self::Authenticating => "authenticating",
            Self::Ready => "ready",
        }
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct ClientDetails {
    pub(crate) stage: ClientStage,
    /// What STARTUP said.
    pub(crate) options: Vec<(String, String)>,
    /// Of the protocol, once STARTUP has chosen it.
    pub(crate) version: Option<u8>,
    pub(crate) keyspace: Option<String>,
    pub(crate) user: Option<String>,
    pub(crate) requests: ClientRequests,
}

/// How many requests a connection has brought.
#[derive(Debug, Clone, Default)]
pub(crate) struct ClientRequests(Arc<AtomicU64>);

impl ClientRequests {
    pub(crate) fn count_one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
