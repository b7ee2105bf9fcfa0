//! A small cluster for the tests of policies.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use helenus_protocol::{Consistency, Token};
use uuid::Uuid;

use super::{ClusterState, Distance, LoadBalancing, Plan, Routing};
use crate::{Latency, Node, NodeIndex, Topology};

/// A cluster whose nodes are as the test says.
#[derive(Debug)]
pub(super) struct Simulated {
    pub(super) topology: Topology,
    pub(super) down: Vec<u32>,
    pub(super) set_back: Vec<u32>,
    /// Requests in flight, by node.
    pub(super) in_flight: Vec<usize>,
    /// Mean latency and how long ago it was measured, by node.
    pub(super) latencies: Vec<Option<(Duration, Duration)>>,
    /// How long each node has been up.
    pub(super) up_for: Vec<Duration>,
    pub(super) now: Instant,
}

impl Simulated {
    /// Nodes in these data centers; node `n` owns token `100 * n`.
    pub(super) fn new(datacenters: &[&str]) -> Self {
        Self::with_racks(&datacenters.iter().map(|dc| (*dc, "r1")).collect::<Vec<_>>())
    }

    /// Nodes in these data centers and racks.
    pub(super) fn with_racks(places: &[(&str, &str)]) -> Self {
        let node = |(n, (dc, rack)): (u8, &(&str, &str))| Node {
            index: NodeIndex(0),
            host_id: Uuid::from_u128(n.into()),
            address: (Ipv4Addr::new(127, 0, 0, n + 1), 9042).into(),
            datacenter: (*dc).into(),
            rack: (*rack).into(),
            release_version: None,
            tokens: vec![Token(100 * i64::from(n))],
        };
        Self {
            topology: Topology::new((0..).zip(places).map(node).collect()),
            down: vec![],
            set_back: vec![],
            in_flight: vec![],
            latencies: vec![],
            up_for: vec![],
            // Far enough from the clock's start for whatever was measured before.
            now: Instant::now() + Duration::from_secs(3600),
        }
    }

    /// The whole plan of a request.
    pub(super) fn plan(&self, policy: &dyn LoadBalancing, routing: &Routing<'_>) -> Vec<u32> {
        let mut plan = Plan::default();
        let cluster = Seen { simulated: self, policy };
        std::iter::from_fn(|| plan.next(policy, routing, &cluster)).map(|node| node.0).collect()
    }

    /// How often each node comes first in the plans of a thousand requests.
    pub(super) fn firsts(&self, policy: &dyn LoadBalancing, routing: &Routing<'_>) -> Vec<u32> {
        let mut firsts = vec![0; self.topology.nodes().len()];
        for seed in 0..1000 {
            let plan = self.plan(policy, &Routing { seed, ..*routing });
            firsts[plan[0] as usize] += 1;
        }
        firsts
    }

    /// The explanation of a plan, as it is displayed.
    pub(super) fn explain(&self, policy: &dyn LoadBalancing, routing: &Routing<'_>) -> String {
        Plan::explain(policy, routing, &Seen { simulated: self, policy }).to_string()
    }
}

/// A simulated cluster as the session of a policy sees it.
pub(super) struct Seen<'a> {
    pub(super) simulated: &'a Simulated,
    pub(super) policy: &'a dyn LoadBalancing,
}

impl ClusterState for Seen<'_> {
    fn topology(&self) -> &Topology {
        &self.simulated.topology
    }

    fn is_up(&self, node: NodeIndex) -> bool {
        !self.simulated.down.contains(&node.0)
    }

    fn distance(&self, node: NodeIndex) -> Distance {
        let node = self.simulated.topology.node(node);
        node.map_or(Distance::Ignored, |node| self.policy.distance(node))
    }

    fn in_flight(&self, node: NodeIndex) -> usize {
        self.simulated.in_flight.get(node.get()).copied().unwrap_or(0)
    }

    fn now(&self) -> Option<Instant> {
        Some(self.simulated.now)
    }

    fn latency(&self, node: NodeIndex) -> Option<Latency> {
        let (mean, age) = self.simulated.latencies.get(node.get()).copied().flatten()?;
        Some(Latency { mean, measurements: 100, last: self.simulated.now - age })
    }

    fn up_since(&self, node: NodeIndex) -> Option<Instant> {
        self.simulated.up_for.get(node.get()).map(|up| self.simulated.now - *up)
    }

    fn is_set_back(&self, node: NodeIndex) -> bool {
        self.simulated.set_back.contains(&node.0)
    }
}

/// A request without a token.
pub(super) fn routing(seed: u64) -> Routing<'static> {
    Routing::new(Consistency::One, seed)
}
