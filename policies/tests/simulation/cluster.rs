use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use helenus_policies::{
    ClusterState, DecayedLatency, Distance, Latency, LoadBalancing, Node, NodeIndex, ReplicaTable,
    ReplicationStrategy, Topology,
};
use helenus_protocol::Token;
use uuid::Uuid;

use super::scenario::Scenario;

/// Parts of the ring that each node owns.
const TOKENS: usize = 16;
const COPIES: usize = 3;

/// The cluster as the client sees it.
#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) start: Instant,
    pub(crate) elapsed: Duration,
    pub(crate) table: ReplicaTable,
    pub(crate) seen: Vec<Seen>,
    topology: Topology,
}

/// What the client knows of a node.
#[derive(Debug)]
pub(crate) struct Seen {
    /// Since when it has been up, as far as the client knows.
    pub(crate) up_since: Option<Duration>,
    pub(crate) in_flight: usize,
    pub(crate) latency: DecayedLatency,
    distance: Distance,
}

impl Cluster {
    pub(crate) fn new(scenario: &Scenario, policy: &dyn LoadBalancing, start: Instant) -> Self {
        let mut random = fastrand::Rng::with_seed(1);
        let places =
            scenario.datacenters.iter().flat_map(|(dc, nodes)| (0..*nodes).map(move |_| *dc));
        let nodes = (0_u32..).zip(places).map(|(number, datacenter)| Node {
            index: NodeIndex::default(),
            host_id: Uuid::from_u128(u128::from(number) + 1),
            address: (Ipv4Addr::from_bits(0x0a00_0001 + number), 9042).into(),
            datacenter: datacenter.into(),
            rack: "r1".into(),
            release_version: None,
            tokens: vec![],
        });
        let mut nodes: Vec<_> = nodes.collect();
        share_the_ring(&mut nodes, &mut random);
        let topology = Topology::new(nodes);
        let factors = scenario.datacenters.iter().map(|(dc, _)| ((*dc).to_owned(), COPIES));
        let strategy = ReplicationStrategy::NetworkTopology { factors: factors.collect() };
        let seen = |node: &Node| Seen {
            up_since: Some(Duration::ZERO),
            in_flight: 0,
            latency: DecayedLatency::new(start),
            distance: policy.distance(node),
        };
        Self {
            start,
            elapsed: Duration::ZERO,
            table: topology.replicas(&strategy),
            seen: topology.nodes().iter().map(seen).collect(),
            topology,
        }
    }

    pub(crate) fn time(&self) -> Instant {
        self.start + self.elapsed
    }
}

/// Gives every node as much of the ring as any other, in parts that lie in random order: what is uneven then is the
/// policy's doing.
fn share_the_ring(nodes: &mut [Node], random: &mut fastrand::Rng) {
    let parts = nodes.len() * TOKENS;
    let mut order: Vec<_> = (0..nodes.len()).collect();
    for part in 0..parts {
        if part % nodes.len() == 0 {
            random.shuffle(&mut order);
        }
        let end = i64::MIN.wrapping_add_unsigned(u64::MAX / parts as u64 * part as u64);
        nodes[order[part % nodes.len()]].tokens.push(Token(end));
    }
}

impl ClusterState for Cluster {
    fn topology(&self) -> &Topology {
        &self.topology
    }

    fn is_up(&self, node: NodeIndex) -> bool {
        self.seen[node.get()].up_since.is_some()
    }

    fn distance(&self, node: NodeIndex) -> Distance {
        self.seen[node.get()].distance
    }

    fn in_flight(&self, node: NodeIndex) -> usize {
        self.seen[node.get()].in_flight
    }

    fn now(&self) -> Option<Instant> {
        Some(self.time())
    }

    fn latency(&self, node: NodeIndex) -> Option<Latency> {
        self.seen[node.get()].latency.get()
    }

    fn up_since(&self, node: NodeIndex) -> Option<Instant> {
        self.seen[node.get()].up_since.map(|since| self.start + since)
    }
}
