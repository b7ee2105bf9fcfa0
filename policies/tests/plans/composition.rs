use helenus_policies::{
    DatacenterDistance, DcAware, Deny, Distance, Evaluated, Filtered, HostList, LatencyAware,
    LeastInFlight, LoadBalancing, Node, RackAware, ReadWriteSplit, ReplicaOrder, RoundRobin,
    Routing, SetBack, SlowStart, StatementKind, TokenAware, WeightedRandom,
};
use proptest::prelude::*;
use uuid::Uuid;

/// How policies are put together.
#[derive(Debug, Clone)]
pub(crate) enum Composition {
    RoundRobin,
    DcAware {
        remote_hosts: usize,
        for_local: bool,
    },
    RackAware {
        remote_hosts: usize,
    },
    TokenAware(Box<Composition>, ReplicaOrder),
    LeastInFlight(Box<Composition>),
    LatencyAware(Box<Composition>),
    SlowStart(Box<Composition>),
    SetBack(Box<Composition>),
    Weighted(Box<Composition>),
    /// Without the node of this number.
    Filtered(Box<Composition>, u32),
    /// `dc1` is so near.
    Evaluated(Box<Composition>, Distance),
    Split(Box<Composition>, Box<Composition>),
}

use Composition::{
    Evaluated as Said, Filtered as Without, LatencyAware as Latency, LeastInFlight as Least,
    RackAware as Rack, SetBack as Back, SlowStart as Slow, Split, TokenAware as Tokens, Weighted,
};

pub(crate) fn composition() -> impl Strategy<Value = Composition> {
    let leaf = prop_oneof![
        Just(Composition::RoundRobin),
        (0..3_usize, any::<bool>()).prop_map(|(remote_hosts, for_local)| {
            Composition::DcAware { remote_hosts, for_local }
        }),
        (0..3_usize).prop_map(|remote_hosts| Rack { remote_hosts }),
    ];
    leaf.prop_recursive(4, 12, 2, |inner| {
        let boxed = || inner.clone().prop_map(Box::new);
        prop_oneof![
            3 => (boxed(), order()).prop_map(|(child, order)| Tokens(child, order)),
            1 => boxed().prop_map(Least),
            1 => boxed().prop_map(Latency),
            1 => boxed().prop_map(Slow),
            1 => boxed().prop_map(Back),
            1 => boxed().prop_map(Weighted),
            1 => (boxed(), 0..12_u32).prop_map(|(child, node)| Without(child, node)),
            1 => (boxed(), distance()).prop_map(|(child, distance)| Said(child, distance)),
            1 => (boxed(), boxed()).prop_map(|(reads, writes)| Split(reads, writes)),
        ]
    })
}

fn order() -> impl Strategy<Value = ReplicaOrder> {
    prop::sample::select(vec![ReplicaOrder::Shuffled, ReplicaOrder::LeastBusy, ReplicaOrder::Ring])
}

fn distance() -> impl Strategy<Value = Distance> {
    prop::sample::select(vec![Distance::Local, Distance::Remote, Distance::Ignored])
}

impl Composition {
    pub(crate) fn build(&self) -> Box<dyn LoadBalancing> {
        let local = |remote_hosts| DcAware::new("dc0").with_remote_hosts(remote_hosts);
        match self {
            Self::RoundRobin => Box::new(RoundRobin),
            Self::DcAware { remote_hosts, for_local } => {
                Box::new(local(*remote_hosts).with_remote_for_local_consistency(*for_local))
            }
            Rack { remote_hosts } => Box::new(RackAware::new(local(*remote_hosts), "r1")),
            Tokens(child, order) => Box::new(TokenAware::new(child.build()).with_order(*order)),
            Least(child) => Box::new(LeastInFlight::new(child.build())),
            Latency(child) => Box::new(LatencyAware::new(child.build())),
            Slow(child) => Box::new(SlowStart::new(child.build())),
            Back(child) => Box::new(SetBack::new(child.build())),
            Weighted(child) => Box::new(WeightedRandom::new(child.build(), weight)),
            Without(child, node) => {
                let list = HostList::default().with_host_ids([Uuid::from_u128((*node).into())]);
                Box::new(Filtered::new(child.build(), Deny(list)))
            }
            Said(child, distance) => {
                let said = DatacenterDistance::default().with("dc1", *distance);
                Box::new(Evaluated::new(child.build(), said))
            }
            Split(reads, writes) => Box::new(ReadWriteSplit::new(reads.build(), writes.build())),
        }
    }

    /// Whether a request may go to a node at all.
    pub(crate) fn may(&self, node: &Node, routing: &Routing<'_>) -> bool {
        let remote = |hosts, for_local| hosts > 0 && (for_local || !routing.consistency.is_local());
        match self {
            Self::RoundRobin => true,
            Self::DcAware { remote_hosts, for_local } => {
                is_local(node) || remote(*remote_hosts, *for_local)
            }
            Rack { remote_hosts } => is_local(node) || remote(*remote_hosts, false),
            Without(child, denied) => child.may(node, routing) && node.index.0 != *denied,
            Said(_, distance) if is_said(node) => *distance != Distance::Ignored,
            Split(reads, writes) => side(reads, writes, routing).may(node, routing),
            Tokens(child, _)
            | Said(child, _)
            | Least(child)
            | Latency(child)
            | Slow(child)
            | Back(child)
            | Weighted(child) => child.may(node, routing),
        }
    }

    /// Whether a node must be in the plan if it is up.
    pub(crate) fn must(&self, node: &Node, routing: &Routing<'_>) -> bool {
        match self {
            Self::RoundRobin => true,
            Self::DcAware { .. } | Rack { .. } => is_local(node),
            Without(child, denied) => child.must(node, routing) && node.index.0 != *denied,
            Said(_, Distance::Ignored) if is_said(node) => false,
            Split(reads, writes) => side(reads, writes, routing).must(node, routing),
            Tokens(child, _)
            | Said(child, _)
            | Least(child)
            | Latency(child)
            | Slow(child)
            | Back(child)
            | Weighted(child) => child.must(node, routing),
        }
    }
}

fn weight(node: &Node) -> f64 {
    f64::from(node.index.0 % 3) / 2.0
}

fn is_local(node: &Node) -> bool {
    &*node.datacenter == "dc0"
}

fn is_said(node: &Node) -> bool {
    &*node.datacenter == "dc1"
}

fn side<'a>(
    reads: &'a Composition,
    writes: &'a Composition,
    routing: &Routing<'_>,
) -> &'a Composition {
    if routing.kind == StatementKind::Read { reads } else { writes }
}
