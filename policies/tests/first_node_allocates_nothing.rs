//! The first node of a plan costs no allocation, whatever the policy.

use std::alloc::System;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use helenus_policies::{
    ClusterState, DcAware, Deny, Distance, Evaluated, Filtered, HostList, Latency, LatencyAware,
    LeastInFlight, LoadBalancing, Node, NodeIndex, Plan, RackAware, ReadWriteSplit, ReplicaOrder,
    ReplicaTable, ReplicationStrategy, RoundRobin, Routing, SetBack, SlowStart, TokenAware,
    Topology, WeightedRandom,
};
use helenus_protocol::{Consistency, Token};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use uuid::Uuid;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

struct Cluster {
    topology: Topology,
    table: ReplicaTable,
    now: Instant,
}

impl Cluster {
    fn new() -> Self {
        let node = |number: u8| Node {
            index: NodeIndex::default(),
            host_id: Uuid::from_u128(number.into()),
            address: (Ipv4Addr::new(10, 0, 0, number), 9042).into(),
            datacenter: ["dc1", "dc2"][usize::from(number % 2)].into(),
            rack: ["r1", "r2"][usize::from(number / 2 % 2)].into(),
            release_version: None,
            tokens: vec![Token(i64::from(number) * 1_000)],
        };
        let topology = Topology::new((0..40).map(node).collect());
        let table = topology.replicas(&ReplicationStrategy::Simple { factor: 6 });
        Self { topology, table, now: Instant::now() }
    }
}

impl ClusterState for Cluster {
    fn topology(&self) -> &Topology {
        &self.topology
    }

    fn is_up(&self, node: NodeIndex) -> bool {
        !node.0.is_multiple_of(7)
    }

    fn distance(&self, node: NodeIndex) -> Distance {
        if node.0.is_multiple_of(2) { Distance::Local } else { Distance::Remote }
    }

    fn in_flight(&self, node: NodeIndex) -> usize {
        node.get()
    }

    fn now(&self) -> Option<Instant> {
        Some(self.now)
    }

    fn latency(&self, node: NodeIndex) -> Option<Latency> {
        let mean = Duration::from_millis(1 + u64::from(node.0 % 5));
        Some(Latency { mean, measurements: 100, last: self.now })
    }

    fn up_since(&self, _: NodeIndex) -> Option<Instant> {
        Some(self.now)
    }

    fn is_set_back(&self, node: NodeIndex) -> bool {
        node.0.is_multiple_of(3)
    }
}

#[test]
fn the_first_node_of_a_plan_costs_no_allocation() {
    let cluster = Cluster::new();
    let dc = || DcAware::new("dc1").with_remote_hosts(2);
    let replicas = || TokenAware::new(dc());
    let no_host = Deny(HostList::default());
    let policies: Vec<Box<dyn LoadBalancing>> = vec![
        Box::new(RoundRobin),
        Box::new(RackAware::new(dc(), "r1")),
        Box::new(replicas()),
        Box::new(replicas().with_order(ReplicaOrder::LeastBusy)),
        Box::new(replicas().with_order(ReplicaOrder::Ring)),
        Box::new(LeastInFlight::new(replicas())),
        Box::new(LatencyAware::new(replicas())),
        Box::new(SlowStart::new(replicas())),
        Box::new(SetBack::new(replicas())),
        Box::new(WeightedRandom::new(replicas(), |_: &Node| 0.5)),
        Box::new(Filtered::new(replicas(), no_host)),
        Box::new(Evaluated::new(replicas(), |_: &Node| Some(Distance::Remote))),
        Box::new(ReadWriteSplit::new(replicas(), dc())),
    ];
    for policy in &policies {
        let region = Region::new(ALLOCATOR);
        for seed in 0..100 {
            let routing = Routing {
                token: Some(Token(i64::try_from(seed).unwrap() * 400)),
                replicas: Some(&cluster.table),
                ..Routing::new(Consistency::One, seed)
            };
            assert!(Plan::default().next(&**policy, &routing, &cluster).is_some());
        }
        assert_eq!(region.change().allocations, 0, "{policy:?}");
    }
}
