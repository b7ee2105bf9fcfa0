use std::ops::AddAssign;

use super::Counter;
use crate::CloseReason;

/// Connections that were closed, by reason; counts are since the session was built.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClosedConnections {
    /// The server closed them.
    pub by_peer: u64,
    /// The socket broke.
    pub io: u64,
    /// The server sent what makes no sense: damaged segments, unknown streams, impossible lengths.
    pub garbage: u64,
    /// A heartbeat was not answered in time.
    pub heartbeat: u64,
    /// Too many of their requests were given up.
    pub orphans: u64,
    /// They did not follow the session to another keyspace.
    pub keyspace: u64,
    /// They were as old as connections may become.
    pub expired: u64,
    /// They were idle, and others were enough.
    pub idle: u64,
    /// The pool became smaller.
    pub surplus: u64,
    /// The session, or the node's pool, ended.
    pub drained: u64,
}

impl ClosedConnections {
    /// All of them.
    pub fn total(&self) -> u64 {
        let Self { by_peer, io, garbage, heartbeat, orphans, keyspace, .. } = *self;
        let by_choice = self.expired + self.idle + self.surplus + self.drained;
        by_peer + io + garbage + heartbeat + orphans + keyspace + by_choice
    }
}

impl AddAssign for ClosedConnections {
    fn add_assign(&mut self, other: Self) {
        self.by_peer += other.by_peer;
        self.io += other.io;
        self.garbage += other.garbage;
        self.heartbeat += other.heartbeat;
        self.orphans += other.orphans;
        self.keyspace += other.keyspace;
        self.expired += other.expired;
        self.idle += other.idle;
        self.surplus += other.surplus;
        self.drained += other.drained;
    }
}

/// Counts them.
#[derive(Debug, Default)]
pub(crate) struct ClosedCounters {
    by_peer: Counter,
    io: Counter,
    garbage: Counter,
    heartbeat: Counter,
    orphans: Counter,
    keyspace: Counter,
    expired: Counter,
    idle: Counter,
    surplus: Counter,
    drained: Counter,
}

impl ClosedCounters {
    pub(crate) fn count(&self, reason: &CloseReason) {
        let counter = match reason {
            CloseReason::ByPeer | CloseReason::ShuttingDown => &self.by_peer,
            CloseReason::Io(_) => &self.io,
            CloseReason::Garbage(_)
            | CloseReason::BadSegment(_)
            | CloseReason::UnknownStream { .. } => &self.garbage,
            CloseReason::HeartbeatTimeout { .. } => &self.heartbeat,
            CloseReason::TooManyOrphans { .. } => &self.orphans,
            CloseReason::Keyspace => &self.keyspace,
            CloseReason::Expired { .. } => &self.expired,
            CloseReason::Idle { .. } => &self.idle,
            CloseReason::Surplus => &self.surplus,
            CloseReason::Drained => &self.drained,
        };
        counter.add_one();
    }

    pub(crate) fn get(&self) -> ClosedConnections {
        ClosedConnections {
            by_peer: self.by_peer.get(),
            io: self.io.get(),
            garbage: self.garbage.get(),
            heartbeat: self.heartbeat.get(),
            orphans: self.orphans.get(),
            keyspace: self.keyspace.get(),
            expired: self.expired.get(),
            idle: self.idle.get(),
            surplus: self.surplus.get(),
            drained: self.drained.get(),
        }
    }
}
