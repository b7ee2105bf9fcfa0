use std::cmp::Reverse;
use std::fmt;
use std::sync::atomic::Ordering;

use helenus_policies::Distance;
use helenus_protocol::ShardingInfo;

use super::Upkeep;
use crate::connection::{Connection, ShardGate};
use crate::pool::Pool;
use crate::pool::member::Member;
use crate::pool::opening::Purpose;

/// Each core of a local ScyllaDB node gets a connection at least, whatever the size of the pool is.
impl Upkeep {
    fn sharding(&self) -> Option<&ShardingInfo> {
        self.members.iter().find_map(|member| member.connection.sharding())
    }

    /// How the node divides its data, where connections can choose the part that they reach.
    fn choosable(&self) -> Option<&ShardingInfo> {
        let is_encrypted = self.settings.connection.is_encrypted();
        let is_of_use = !self.pool.lacks_shard_port.load(Ordering::Relaxed);
        self.sharding().filter(|of| is_of_use && ShardGate::to(0, of, is_encrypted).is_some())
    }

    /// The fewest connections that the pool is content with.
    pub(super) fn least(&self) -> usize {
        let is_local = self.pool.distance() == Distance::Local;
        let shards = self.sharding().filter(|_| is_local && self.size.core > 0);
        shards.map_or(self.size.core, |of| self.size.core.max(of.shards.get().into()))
    }

    /// Connections that shards lack to have the same share of the pool. Those in the making that take any shard may yet
    /// come to them.
    pub(super) fn missing_at_shards(&self) -> usize {
        let Some(sharding) = self.choosable() else { return 0 };
        let share = self.target() / usize::from(sharding.shards.get());
        let (made, to_come) = (self.at_shards(), self.shards_to_come.len());
        let lacks = |shard| share.saturating_sub(made.iter().filter(|one| **one == shard).count());
        let lacking: usize = (0..sharding.shards.get()).map(lacks).sum();
        lacking.saturating_sub(self.round.under_way.saturating_sub(to_come))
    }

    /// The shards of all connections that are made, or are in the making for one.
    fn at_shards(&self) -> Vec<u16> {
        let made = self.members.iter().filter_map(shard_of);
        made.chain(self.shards_to_come.iter().copied()).collect()
    }

    /// The way to the shard that the next connection is for; `None` where it takes what it is given.
    pub(super) fn gate(&self, purpose: &Purpose) -> Option<ShardGate> {
        let sharding = self.choosable()?;
        let shard = match purpose {
            Purpose::Successor(old) => old.sharding()?.shard,
            Purpose::First | Purpose::Missing => {
                let all = self.at_shards();
                let count = |shard: &u16| all.iter().filter(|one| *one == shard).count();
                (0..sharding.shards.get()).min_by_key(count)?
            }
        };
        ShardGate::to(shard, sharding, self.settings.connection.is_encrypted())
    }

    /// A connection that was meant for a shard is made, or could not be.
    pub(super) fn shard_has_come(&mut self, shard: u16, made: Option<&Connection>) {
        if let Some(place) = self.shards_to_come.iter().position(|one| *one == shard) {
            self.shards_to_come.swap_remove(place);
        }
        let reached = made.and_then(Connection::sharding).map(|sharding| sharding.shard);
        if reached.is_some_and(|reached| reached != shard) {
            self.pool.give_up_choosing_shards(&"the client's port is changed on the way");
        }
    }

    /// The least busy connection of those whose shard has the most.
    pub(super) fn least_needed(&self) -> Option<usize> {
        let neighbours = |member: &Member| {
            self.members.iter().filter(|other| shard_of(other) == shard_of(member)).count()
        };
        let need = |(_, member): &(usize, &Member)| {
            (Reverse(neighbours(member)), member.connection.in_flight())
        };
        self.members.iter().enumerate().min_by_key(need).map(|(place, _)| place)
    }
}

fn shard_of(member: &Member) -> Option<u16> {
    member.connection.sharding().map(|sharding| sharding.shard)
}

impl Pool {
    /// Takes the shards that the node gives from now on.
    pub(in crate::pool) fn give_up_choosing_shards(&self, why: &dyn fmt::Display) {
        if !self.lacks_shard_port.swap(true, Ordering::Relaxed) {
            tracing::warn!(node = %self.node.address, %why, "the shard-aware port is of no use");
        }
    }
}
