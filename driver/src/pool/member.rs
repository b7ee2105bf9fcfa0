use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::random;
use crate::connection::{CloseReason, Connection};

/// A connection that takes requests, and how long it may stay.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) connection: Arc<Connection>,
    made: Instant,
    /// When another is to take its place.
    pub(super) expires: Option<Instant>,
    /// Requests that it had been sent when it was last looked at.
    requests: u64,
    used: Instant,
    /// How often it has followed the session to another keyspace.
    pub(super) switches: u64,
    /// Whether it is about to.
    pub(super) is_switching: bool,
}

impl Member {
    /// Stays for `max_age`, less up to a tenth.
    pub(super) fn new(
        connection: Arc<Connection>,
        max_age: Option<Duration>,
        switches: u64,
    ) -> Self {
        let made = Instant::now();
        let jitter = |age: Duration| age / 10 * u32::try_from(random() % 1000).unwrap_or(0) / 1000;
        let expires = max_age.and_then(|age| made.checked_add(age - jitter(age)));
        let (requests, used, is_switching) = (0, made, false);
        Self { connection, made, expires, requests, used, switches, is_switching }
    }

    /// Why it goes, now that another has taken its place.
    pub(super) fn expiry(&self) -> CloseReason {
        CloseReason::Expired { age: self.made.elapsed() }
    }

    /// When it will have been unused for `max_idle`, if it is not used until then.
    pub(super) fn idle_at(&self, max_idle: Duration) -> Option<Instant> {
        self.used.checked_add(max_idle)
    }

    /// Looks whether it has been used since the last look.
    pub(super) fn look(&mut self, now: Instant) {
        let requests = self.connection.requests();
        if requests != self.requests {
            (self.requests, self.used) = (requests, now);
        }
    }

    /// How long it has been unused.
    pub(super) fn idle_for(&self, now: Instant) -> Duration {
        now - self.used
    }
}
