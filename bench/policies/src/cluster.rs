use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, Ordering};

use fastrand::Rng;
use helenus_policies::{
    ClusterState, DcAware, Distance, LoadBalancing, Node, NodeIndex, ReplicaTable,
    ReplicationStrategy, TokenAware, Topology,
};
use helenus_protocol::Token;
use uuid::Uuid;

/// Tokens of each node: the default of Cassandra up to 3.11, and the most that is common.
pub const TOKENS: usize = 256;

const DATACENTER: &str = "dc1";
const RACKS: usize = 3;
const COPIES: usize = 3;

/// A cluster as a session sees it, with one keyspace.
#[derive(Debug)]
pub struct Cluster {
    topology: Topology,
    table: ReplicaTable,
    up: Vec<AtomicBool>,
    distances: Vec<Distance>,
}

impl Cluster {
    /// A cluster of these nodes, all of them up.
    pub fn new(nodes: Vec<Node>) -> Self {
        let up = nodes.iter().map(|_| AtomicBool::new(true)).collect();
        let topology = Topology::new(nodes);
        let table = topology.replicas(&strategy());
        let policy = policy();
        let distances = topology.nodes().iter().map(|node| policy.distance(node)).collect();
        Self { topology, table, up, distances }
    }

    /// The replicas of the keyspace.
    pub fn table(&self) -> &ReplicaTable {
        &self.table
    }
}

impl ClusterState for Cluster {
    fn topology(&self) -> &Topology {
        &self.topology
    }

    fn is_up(&self, node: NodeIndex) -> bool {
        self.up.get(node.get()).is_some_and(|up| up.load(Ordering::Relaxed))
    }

    fn distance(&self, node: NodeIndex) -> Distance {
        self.distances.get(node.get()).copied().unwrap_or(Distance::Ignored)
    }

    fn in_flight(&self, _: NodeIndex) -> usize {
        0
    }
}

/// Nodes of one data center in three racks, with tokens at random, the same each time.
pub fn nodes(count: u32) -> Vec<Node> {
    let mut random = Rng::with_seed(u64::from(count));
    let mut node = |number: u32| Node {
        index: NodeIndex::default(),
        host_id: Uuid::from_u128(u128::from(number) + 1),
        address: (Ipv4Addr::from_bits(0x0a00_0001 + number), 9042).into(),
        datacenter: DATACENTER.into(),
        rack: format!("r{}", number as usize % RACKS + 1).into(),
        release_version: None,
        tokens: (0..TOKENS).map(|_| Token(random.i64(..))).collect(),
    };
    (0..count).map(&mut node).collect()
}

/// Three copies, on different racks.
pub fn strategy() -> ReplicationStrategy {
    ReplicationStrategy::NetworkTopology { factors: [(DATACENTER.to_owned(), COPIES)].into() }
}

/// What a session uses unless it is told otherwise.
pub(crate) fn policy() -> Box<dyn LoadBalancing> {
    Box::new(TokenAware::new(DcAware::new(DATACENTER)))
}
