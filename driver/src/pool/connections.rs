use std::ops::Deref;
use std::sync::Arc;

use helenus_protocol::{ShardingInfo, Token};

use super::choice::{Aim, less_busy, scattered};
use crate::connection::Connection;

/// The connections of a pool that take requests.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    /// Those that reach the same shard are neighbours.
    all: Vec<Arc<Connection>>,
    shards: Option<Shards>,
}

/// Which connections reach which core of a ScyllaDB node.
#[derive(Debug)]
struct Shards {
    sharding: ShardingInfo,
    /// Where the connections of each shard begin, and where the last one's end.
    starts: Vec<usize>,
}

impl Connections {
    pub(super) fn new(mut all: Vec<Arc<Connection>>) -> Self {
        let sharding = all.iter().find_map(|connection| connection.sharding()).copied();
        let shards = sharding.map(|sharding| {
            let shard = |connection: &Arc<Connection>| connection.sharding().map(|of| of.shard);
            all.sort_by_key(shard);
            let shards = 0..=sharding.shards.get();
            let start = |wanted| all.partition_point(|connection| shard(connection) < Some(wanted));
            Shards { sharding, starts: shards.map(start).collect() }
        });
        Self { all, shards }
    }

    /// The less busy of two that reach the request's shard; of any two, where there are no shards or none of them does.
    #[inline]
    pub(super) fn best(&self, aim: Aim) -> Option<&Arc<Connection>> {
        let near = match (&self.shards, aim.token) {
            (Some(shards), Some(token)) => self.at(shards, token),
            _ => &self.all,
        };
        less_busy(near, scattered(aim.seed))
    }

    fn at(&self, shards: &Shards, token: Token) -> &[Arc<Connection>] {
        let shard = usize::from(shards.sharding.shard_of(token));
        match &self.all[shards.starts[shard]..shards.starts[shard + 1]] {
            [] => &self.all,
            there => there,
        }
    }
}

impl Deref for Connections {
    type Target = [Arc<Connection>];

    fn deref(&self) -> &[Arc<Connection>] {
        &self.all
    }
}
