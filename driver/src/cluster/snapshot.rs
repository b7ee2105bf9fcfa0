use std::sync::Arc;
use std::time::Instant;

use helenus_policies::{Node, NodeIndex, ReplicaTable, ReplicationStrategy, Topology};
use rustc_hash::{FxHashMap, FxHashSet};
use uuid::Uuid;

use super::Moment;
use super::due::KeyspaceScope;
use super::metadata::News;
use crate::health::Exceptions;
use crate::pool::{Pool, PoolSettings};
use crate::profile::Profiles;

/// The cluster at one moment: its nodes, their pools, and who holds copies of what.
#[derive(Debug, Clone, Default)]
pub(crate) struct ClusterSnapshot {
    topology: Arc<Topology>,
    exceptions: Arc<Exceptions>,
    /// By the nodes' indices.
    pools: Vec<Arc<Pool>>,
    /// Keyspaces with the same strategy share a table.
    tables: FxHashMap<ReplicationStrategy, Arc<ReplicaTable>>,
    keyspaces: FxHashMap<String, Keyspace>,
    profiles: Arc<Profiles>,
    /// How many topologies came before its own: indices of nodes mean nothing in another one.
    version: u64,
}

#[derive(Debug, Clone)]
struct Keyspace {
    strategy: Arc<ReplicationStrategy>,
    table: Arc<ReplicaTable>,
}

/// What became of the pools from one snapshot to the next.
pub(super) struct Changes {
    pub(super) added: Vec<Arc<Pool>>,
    pub(super) removed: Vec<Arc<Pool>>,
}

impl ClusterSnapshot {
    /// The snapshot after this one. Nodes that are still where they were keep their pools.
    pub(super) fn next(
        &self,
        news: News,
        profiles: &Arc<Profiles>,
        settings: &Arc<PoolSettings>,
    ) -> (Self, Changes) {
        let News { nodes, keyspaces, scope } = news;
        let other_nodes = nodes.filter(|nodes| !self.topology.has(nodes));
        let is_same = other_nodes.is_none();
        let topology = match other_nodes {
            None => Arc::clone(&self.topology),
            Some(nodes) => Arc::new(self.topology.next(nodes)),
        };
        let known: FxHashMap<Uuid, &Arc<Pool>> =
            self.pools.iter().map(|pool| (pool.node().host_id, pool)).collect();
        let mut added = Vec::new();
        let pools: Vec<_> = topology
            .nodes()
            .iter()
            .map(|node| match known.get(&node.host_id) {
                Some(pool) if is_where_it_was(pool.node(), node) => Arc::clone(pool),
                _ => {
                    let distance = profiles.distance(node);
                    let pool = Arc::new(Pool::new(node.clone(), distance, settings));
                    added.push(Arc::clone(&pool));
                    pool
                }
            })
            .collect();
        let kept: FxHashSet<*const Pool> = pools.iter().map(Arc::as_ptr).collect();
        let is_gone = |old: &&Arc<Pool>| !kept.contains(&Arc::as_ptr(old));
        let removed = self.pools.iter().filter(is_gone).cloned().collect();
        let mut tables = FxHashMap::default();
        let next_table = |strategy: &ReplicationStrategy| match self.tables.get(strategy) {
            Some(table) if is_same => Arc::clone(table),
            Some(table) => Arc::new(topology.next_replicas(strategy, &self.topology, table)),
            None => Arc::new(topology.replicas(strategy)),
        };
        let mut table_of = |strategy: &ReplicationStrategy| {
            let table = tables.entry(strategy.clone()).or_insert_with(|| next_table(strategy));
            Arc::clone(table)
        };
        let was_read = |keyspace: &String| match &scope {
            KeyspaceScope::All => true,
            KeyspaceScope::These(these) => these.contains(keyspace),
        };
        let kept = self.keyspaces.iter().filter(|(keyspace, _)| !was_read(keyspace));
        let kept = kept.map(|(keyspace, known)| (keyspace.clone(), known.strategy.clone()));
        let read = keyspaces.into_iter().map(|(keyspace, strategy)| (keyspace, Arc::new(strategy)));
        let with_table = |(name, strategy): (String, Arc<ReplicationStrategy>)| {
            let table = table_of(&strategy);
            (name, Keyspace { strategy, table })
        };
        let keyspaces = kept.chain(read).map(with_table).collect();
        let version = if is_same { self.version } else { self.version + 1 };
        let exceptions = Arc::clone(&settings.exceptions);
        let profiles = Arc::clone(profiles);
        let next = Self { topology, exceptions, pools, tables, keyspaces, profiles, version };
        (next, Changes { added, removed })
    }

    /// The same cluster for requests that follow other profiles.
    pub(super) fn with_profiles(&self, profiles: &Arc<Profiles>) -> Self {
        Self { profiles: Arc::clone(profiles), ..self.clone() }
    }

    /// What requests follow.
    #[inline]
    pub(crate) fn profiles(&self) -> &Profiles {
        &self.profiles
    }

    /// The snapshot as policies see it at some time.
    pub(crate) fn at(&self, now: Instant) -> Moment<'_> {
        Moment { cluster: self, now }
    }

    /// Its nodes and their tokens.
    pub(crate) fn topology(&self) -> &Topology {
        &self.topology
    }

    /// Whether there are nodes that are not as usual.
    #[inline]
    pub(crate) fn exceptions(&self) -> &Exceptions {
        &self.exceptions
    }

    /// Tells its topology from all others of the session.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// A node's pool.
    pub(crate) fn pool(&self, node: NodeIndex) -> Option<&Arc<Pool>> {
        self.pools.get(node.get())
    }

    /// Every node's pool.
    pub(crate) fn pools(&self) -> &[Arc<Pool>] {
        &self.pools
    }

    /// The replicas of a keyspace.
    pub(crate) fn replicas(&self, keyspace: &str) -> Option<&ReplicaTable> {
        self.keyspaces.get(keyspace).map(|keyspace| &*keyspace.table)
    }
}

/// Whether a pool can go on serving a node.
fn is_where_it_was(before: &Node, now: &Node) -> bool {
    before.address == now.address && before.datacenter == now.datacenter
}
