use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use helenus_policies::{ClusterState, Distance, Latency, LoadBalancing, Node, NodeIndex, Topology};
use helenus_protocol::Token;
use proptest::prelude::*;
use uuid::Uuid;

/// A node in any state.
#[derive(Debug, Clone)]
pub(crate) struct State {
    datacenter: u8,
    rack: u8,
    tokens: Vec<i64>,
    is_up: bool,
    is_set_back: bool,
    in_flight: usize,
    /// Mean and age, in milliseconds.
    latency: Option<(u64, u64)>,
    /// Seconds.
    up_for: Option<u64>,
}

prop_compose! {
    pub(crate) fn state()(
        datacenter in 0..3_u8,
        rack in 0..3_u8,
        tokens in prop::collection::vec(any::<i64>(), 1..4),
        is_up in prop::bool::weighted(0.8),
        is_set_back in prop::bool::weighted(0.2),
        in_flight in 0..50_usize,
        latency in prop::option::of((0..100_u64, 0..30_000_u64)),
        up_for in prop::option::of(0..60_u64),
    ) -> State {
        State { datacenter, rack, tokens, is_up, is_set_back, in_flight, latency, up_for }
    }
}

pub(crate) fn topology(states: &[State]) -> Topology {
    let node = |(number, state): (u32, &State)| Node {
        index: NodeIndex::default(),
        host_id: Uuid::from_u128(number.into()),
        address: (Ipv4Addr::from_bits(0x0a00_0001 + number), 9042).into(),
        datacenter: format!("dc{}", state.datacenter).into(),
        rack: format!("r{}", state.rack).into(),
        release_version: None,
        tokens: state.tokens.iter().copied().map(Token).collect(),
    };
    Topology::new((0..).zip(states).map(node).collect())
}

/// A cluster as the session of a policy sees it.
pub(crate) struct Cluster<'a> {
    pub(crate) topology: &'a Topology,
    pub(crate) states: &'a [State],
    pub(crate) policy: &'a dyn LoadBalancing,
    pub(crate) now: Instant,
}

impl ClusterState for Cluster<'_> {
    fn topology(&self) -> &Topology {
        self.topology
    }

    fn is_up(&self, node: NodeIndex) -> bool {
        self.states[node.get()].is_up
    }

    fn distance(&self, node: NodeIndex) -> Distance {
        self.policy.distance(&self.topology.nodes()[node.get()])
    }

    fn in_flight(&self, node: NodeIndex) -> usize {
        self.states[node.get()].in_flight
    }

    fn now(&self) -> Option<Instant> {
        Some(self.now)
    }

    fn latency(&self, node: NodeIndex) -> Option<Latency> {
        let (mean, age) = self.states[node.get()].latency?;
        let last = self.now.checked_sub(Duration::from_millis(age))?;
        Some(Latency { mean: Duration::from_millis(mean), measurements: 100, last })
    }

    fn up_since(&self, node: NodeIndex) -> Option<Instant> {
        self.now.checked_sub(Duration::from_secs(self.states[node.get()].up_for?))
    }

    fn is_set_back(&self, node: NodeIndex) -> bool {
        self.states[node.get()].is_set_back
    }
}
