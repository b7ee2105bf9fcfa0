use std::sync::Arc;

use tokio::time::Instant;

use super::Upkeep;
use crate::connection::{CloseReason, Connection};
use crate::pool::member::Member;
use crate::pool::opening::Purpose;
use crate::pool::random;

/// What is too old or not needed goes, one connection at a time.
impl Upkeep {
    /// Whether the pool is whole and none of its connections is about to end, so that one may be replaced.
    fn is_at_rest(&self) -> bool {
        self.opening.is_empty()
            && self.members.len() == self.target()
            && self.lives.len() == self.members.len()
    }

    /// When the next connection is too old; what happens until the pool is at rest wakes it up anyway.
    pub(super) fn next_expiry(&self) -> Option<Instant> {
        let expiries = self.members.iter().filter_map(|member| member.expires);
        expiries.min().filter(|_| self.is_at_rest())
    }

    /// Opens the successor of the connection that has been too old for longest.
    pub(super) fn recycle(&mut self, now: Instant) {
        if self.next_expiry().is_none_or(|expiry| expiry > now) {
            return;
        }
        let oldest =
            self.members.iter().min_by_key(|member| (member.expires.is_none(), member.expires));
        if let Some(oldest) = oldest.map(|member| Arc::clone(&member.connection)) {
            self.open(Purpose::Successor(oldest));
        }
    }

    /// Lets a connection go whose successor is there.
    pub(super) fn replace(&mut self, old: Option<&Arc<Connection>>) {
        if let Some(place) = self.place_of(old) {
            let old = self.members.swap_remove(place);
            self.pool.publish(&self.members);
            old.connection.drain(old.expiry());
        }
    }

    /// Keeps a connection for which no successor could be made: an old one is better than none.
    pub(super) fn put_off(&mut self, old: Option<&Arc<Connection>>, now: Instant) {
        let delay = self.settings.reconnection.delay(0, random());
        if let Some(place) = self.place_of(old) {
            self.members[place].expires = Some(now + delay);
        }
    }

    pub(super) fn place_of(&self, connection: Option<&Arc<Connection>>) -> Option<usize> {
        let connection = connection?;
        self.members.iter().position(|member| Arc::ptr_eq(&member.connection, connection))
    }

    /// When a connection above the core may have been idle for too long.
    pub(super) fn next_idle(&self) -> Option<Instant> {
        let max_idle = self.settings.config.max_idle?;
        if self.members.len() <= self.least() || !self.is_at_rest() {
            return None;
        }
        self.members.iter().filter_map(|member| member.idle_at(max_idle)).min()
    }

    /// Closes the connection above the core that has been idle for longest, if that is too long.
    pub(super) fn reap(&mut self, now: Instant) {
        let Some(max_idle) = self.settings.config.max_idle else { return };
        if self.next_idle().is_none_or(|idle| idle > now) {
            return;
        }
        self.members.iter_mut().for_each(|member| member.look(now));
        let idle_for = |member: &Member| member.idle_for(now);
        let idlest = self.members.iter().enumerate().max_by_key(|(_, member)| idle_for(member));
        let Some((place, _)) = idlest.filter(|(_, member)| idle_for(member) >= max_idle) else {
            return;
        };
        let idle = self.members.swap_remove(place);
        if let Some(scaler) = &mut self.scaler {
            scaler.settle_for(self.members.len());
        }
        idle.connection.drain(CloseReason::Idle { time: idle.idle_for(now) });
    }
}
