use std::collections::HashMap;
use std::sync::Arc;

use helenus_policies::{
    ClusterState, Distance, LoadBalancing, Node, NodeIndex, ReplicaTable, ReplicationStrategy,
    Topology,
};

use super::metadata::Keyspaces;
use crate::pool::{Pool, PoolSettings};

/// The cluster at one moment: its nodes, their pools, and who holds copies of what.
#[derive(Debug, Default)]
pub(crate) struct ClusterSnapshot {
    topology: Topology,
    /// By the nodes' indices.
    pools: Vec<Arc<Pool>>,
    keyspaces: HashMap<String, Arc<ReplicaTable>>,
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
        nodes: Vec<Node>,
        keyspaces: &Keyspaces,
        policy: &dyn LoadBalancing,
        settings: &PoolSettings,
    ) -> (Self, Changes) {
        let topology = Topology::new(nodes);
        let mut added = Vec::new();
        let pools: Vec<_> = topology
            .nodes()
            .iter()
            .map(|node| match self.pool_of(node) {
                Some(pool) => Arc::clone(pool),
                None => {
                    let distance = policy.distance(node);
                    let pool = Arc::new(Pool::new(node.clone(), distance, settings));
                    if distance != Distance::Ignored {
                        added.push(Arc::clone(&pool));
                    }
                    pool
                }
            })
            .collect();
        let is_gone = |old: &&Arc<Pool>| pools.iter().all(|pool| !Arc::ptr_eq(pool, old));
        let removed = self.pools.iter().filter(is_gone).cloned().collect();
        let keyspaces = replica_tables(&topology, keyspaces);
        (Self { topology, pools, keyspaces }, Changes { added, removed })
    }

    fn pool_of(&self, node: &Node) -> Option<&Arc<Pool>> {
        self.pools.iter().find(|pool| {
            let known = pool.node();
            known.host_id == node.host_id
                && known.address == node.address
                && known.datacenter == node.datacenter
        })
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
        self.keyspaces.get(keyspace).map(|table| &**table)
    }
}

/// Keyspaces with the same strategy share one table.
fn replica_tables(
    topology: &Topology,
    keyspaces: &Keyspaces,
) -> HashMap<String, Arc<ReplicaTable>> {
    let mut tables: HashMap<&ReplicationStrategy, Arc<ReplicaTable>> = HashMap::new();
    keyspaces
        .iter()
        .map(|(keyspace, strategy)| {
            let table =
                tables.entry(strategy).or_insert_with(|| Arc::new(topology.replicas(strategy)));
            (keyspace.clone(), Arc::clone(table))
        })
        .collect()
}

impl ClusterState for ClusterSnapshot {
    fn topology(&self) -> &Topology {
        &self.topology
    }

    fn is_up(&self, node: NodeIndex) -> bool {
        self.pool(node).is_some_and(|pool| pool.is_up())
    }

    fn in_flight(&self, node: NodeIndex) -> usize {
        self.pool(node).map_or(0, |pool| pool.in_flight())
    }
}
