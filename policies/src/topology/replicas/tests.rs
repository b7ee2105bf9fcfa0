use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::Node;

/// Nodes `(data center, rack, tokens)` by index.
fn topology(nodes: &[(&str, &str, &[i64])]) -> Topology {
    let node = |(dc, rack, tokens): &(&str, &str, &[i64])| Node {
        index: NodeIndex(0),
        host_id: Uuid::nil(),
        address: ([127, 0, 0, 1], 9042).into(),
        datacenter: (*dc).into(),
        rack: (*rack).into(),
        release_version: None,
        tokens: tokens.iter().copied().map(Token).collect(),
    };
    Topology::new(nodes.iter().map(node).collect())
}

fn indices(table: &ReplicaTable, token: i64) -> Vec<u32> {
    table.replicas(Token(token)).iter().map(|index| index.0).collect()
}

#[test]
fn a_part_of_the_ring_belongs_to_the_token_at_its_end() {
    let topology = topology(&[("dc1", "r1", &[0]), ("dc1", "r1", &[100]), ("dc1", "r1", &[200])]);
    let table = topology.replicas(&ReplicationStrategy::Simple { factor: 2 });
    assert_eq!(indices(&table, 0), [0, 1]);
    assert_eq!(indices(&table, 1), [1, 2]);
    assert_eq!(indices(&table, 200), [2, 0]);
    assert_eq!(indices(&table, 201), [0, 1]);
    assert_eq!(indices(&table, i64::MIN), [0, 1]);
}

#[test]
fn vnodes_never_make_one_node_two_replicas() {
    let topology = topology(&[("dc1", "r1", &[0, 10, 20]), ("dc1", "r1", &[30])]);
    let table = topology.replicas(&ReplicationStrategy::Simple { factor: 3 });
    assert_eq!(indices(&table, -5), [0, 1]);
}

#[test]
fn each_data_center_gets_its_copies_on_different_racks() {
    let topology = topology(&[
        ("dc1", "r1", &[0]),
        ("dc1", "r1", &[10]),
        ("dc1", "r2", &[20]),
        ("dc2", "r1", &[5]),
        ("dc2", "r1", &[15]),
    ]);
    let factors = [("dc1".to_owned(), 2), ("dc2".to_owned(), 1), ("gone".to_owned(), 3)];
    let strategy = ReplicationStrategy::NetworkTopology { factors: factors.into() };
    let table = topology.replicas(&strategy);
    assert_eq!(indices(&table, 0), [0, 3, 2]);
    assert_eq!(indices(&table, 6), [1, 4, 2]);
}

#[test]
fn too_few_racks_are_filled_up_with_the_first_nodes_met() {
    let topology = topology(&[
        ("dc1", "r1", &[0]),
        ("dc1", "r1", &[10]),
        ("dc1", "r1", &[20]),
        ("dc1", "r2", &[30]),
    ]);
    let factors = [("dc1".to_owned(), 3)];
    let strategy = ReplicationStrategy::NetworkTopology { factors: factors.into() };
    assert_eq!(indices(&topology.replicas(&strategy), 0), [0, 1, 3]);
}

#[test]
fn a_strategy_that_no_token_decides_has_no_replicas() {
    let topology = topology(&[("dc1", "r1", &[0])]);
    let strategy = ReplicationStrategy::Other { class: "LocalStrategy".into() };
    assert_eq!(indices(&topology.replicas(&strategy), 0), [0_u32; 0]);
    let empty = Topology::default().replicas(&ReplicationStrategy::Simple { factor: 1 });
    assert_eq!(indices(&empty, 0), [0_u32; 0]);
}

proptest! {
    #[test]
    fn replicas_are_distinct_and_as_many_as_can_be(
        nodes in proptest::collection::vec((0..3_u8, 0..4_u8, proptest::collection::vec(any::<i64>(), 1..8)), 1..12),
        factor in 1..5_usize,
        token: i64,
    ) {
        let names: Vec<(String, String, Vec<i64>)> = nodes
            .into_iter()
            .map(|(dc, rack, tokens)| (format!("dc{dc}"), format!("r{rack}"), tokens))
            .collect();
        let nodes: Vec<_> =
            names.iter().map(|(dc, rack, tokens)| (dc.as_str(), rack.as_str(), tokens.as_slice())).collect();
        let topology = topology(&nodes);
        let factors: BTreeMap<_, _> = (0..3).map(|dc| (format!("dc{dc}"), factor)).collect();
        let table = topology.replicas(&ReplicationStrategy::NetworkTopology { factors });
        let replicas = indices(&table, token);
        let distinct: BTreeSet<_> = replicas.iter().collect();
        prop_assert_eq!(distinct.len(), replicas.len());
        let expected: usize =
            topology.datacenters().map(|(_, nodes)| nodes.len().min(factor)).sum();
        prop_assert_eq!(replicas.len(), expected);
    }

    #[test]
    fn a_table_made_from_the_one_before_is_the_table(
        nodes in proptest::collection::vec(place(), 1..12),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), 0..5_u8, place()), 0..4),
        factors in proptest::collection::btree_map("dc[0-2]", 0..5_usize, 0..3),
        factor in 0..5_usize,
    ) {
        let mut now: Vec<_> = (0..).zip(nodes).map(described).collect();
        let before = Topology::new(now.clone());
        for (number, (index, kind, place)) in (100..).zip(changes) {
            let changed = described((number, place));
            let index = index.index(now.len());
            match kind {
                0 => now.push(changed),
                1 if now.len() > 1 => drop(now.swap_remove(index)),
                2 => now[index].tokens = changed.tokens,
                3 => now[index].rack = changed.rack,
                _ => now[index] = changed,
            }
        }
        let next = before.next(now.clone());
        let new = Topology::new(now);
        prop_assert_eq!(next.ring(), new.ring());
        prop_assert_eq!(next.nodes(), new.nodes());
        for strategy in [
            ReplicationStrategy::NetworkTopology { factors },
            ReplicationStrategy::Simple { factor },
        ] {
            let table = next.next_replicas(&strategy, &before, &before.replicas(&strategy));
            prop_assert_eq!(&table, &new.replicas(&strategy));
            for start in 0..new.ring().len() {
                prop_assert_eq!(table.of_part(start), by_the_book(&new, start, &strategy));
            }
        }
    }

    #[test]
    fn one_change_among_many_tokens_is_found(
        nodes in proptest::collection::vec((0..3_u8, 0..4_u8, 10..40_usize), 4..12),
        index: prop::sample::Index,
        seed: u64,
        kind in 0..3_u8,
        factor in 1..4_usize,
    ) {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut described = |(number, (dc, rack, tokens)): (u128, (u8, u8, usize))| {
            let tokens = (0..tokens).map(|_| random.i64(..)).collect();
            described((number, (dc, rack, tokens)))
        };
        let mut now: Vec<_> = (0..).zip(nodes.clone()).map(&mut described).collect();
        let before = Topology::new(now.clone());
        let index = index.index(now.len());
        let (dc, rack, _) = nodes[index];
        match kind {
            0 => drop(now.remove(index)),
            1 => now.insert(index, described((100, (dc, rack, 1)))),
            _ => now[index].tokens[0] = Token(random.i64(..)),
        }
        let factors: BTreeMap<_, _> = (0..3).map(|dc| (format!("dc{dc}"), factor)).collect();
        let strategy = ReplicationStrategy::NetworkTopology { factors };
        let new = Topology::new(now.clone());
        let table = before.next(now).next_replicas(&strategy, &before, &before.replicas(&strategy));
        prop_assert_eq!(table, new.replicas(&strategy));
    }
}

type Place = (u8, u8, Vec<i64>);

/// A data center, a rack and tokens, some of which other nodes have, too.
fn place() -> impl Strategy<Value = Place> {
    (0..3_u8, 0..4_u8, proptest::collection::vec(0..60_i64, 1..8))
}

fn described((number, (dc, rack, tokens)): (u128, Place)) -> Node {
    Node {
        index: NodeIndex(0),
        host_id: Uuid::from_u128(number),
        address: ([127, 0, 0, 1], 9042).into(),
        datacenter: format!("dc{dc}").into(),
        rack: format!("r{rack}").into(),
        release_version: None,
        tokens: tokens.into_iter().map(Token).collect(),
    }
}

/// The replicas as the strategies' documents describe them: along the whole ring, node by node.
fn by_the_book(
    topology: &Topology,
    start: usize,
    strategy: &ReplicationStrategy,
) -> Vec<NodeIndex> {
    match strategy {
        ReplicationStrategy::Simple { factor } => simple(topology, start, *factor),
        ReplicationStrategy::NetworkTopology { factors } => {
            network(topology, start, factors, &racks(topology))
        }
        ReplicationStrategy::Other { .. } => Vec::new(),
    }
}

/// The owners of the ring's parts, from one part on, all the way around.
fn owners(topology: &Topology, start: usize) -> impl Iterator<Item = &Node> {
    let (before, from) = topology.ring().split_at(start);
    from.iter().chain(before).filter_map(|(_, owner)| topology.node(*owner))
}

fn simple(topology: &Topology, start: usize, factor: usize) -> Vec<NodeIndex> {
    let factor = factor.min(topology.nodes().len());
    let mut replicas = Vec::with_capacity(factor);
    for node in owners(topology, start) {
        if replicas.len() == factor {
            break;
        }
        if !replicas.contains(&node.index) {
            replicas.push(node.index);
        }
    }
    replicas
}

/// How many racks each data center has.
fn racks(topology: &Topology) -> BTreeMap<&str, usize> {
    let racks: BTreeSet<(&str, &str)> =
        topology.nodes().iter().map(|node| (&*node.datacenter, &*node.rack)).collect();
    let mut counts = BTreeMap::new();
    for (datacenter, _) in racks {
        *counts.entry(datacenter).or_insert(0) += 1;
    }
    counts
}

/// What one data center still takes, while the ring is walked.
struct Wanted<'a> {
    left: usize,
    /// How many nodes may share a rack with another replica: no more than there are racks too few.
    repeats: usize,
    racks: Vec<&'a str>,
}

fn network(
    topology: &Topology,
    start: usize,
    factors: &BTreeMap<String, usize>,
    racks: &BTreeMap<&str, usize>,
) -> Vec<NodeIndex> {
    let mut wanted: BTreeMap<&str, Wanted<'_>> = factors
        .iter()
        .map(|(datacenter, factor)| {
            let rack_count = racks.get(datacenter.as_str()).copied().unwrap_or(0);
            let left = (*factor).min(topology.datacenter(datacenter).len());
            let repeats = factor.saturating_sub(rack_count);
            (datacenter.as_str(), Wanted { left, repeats, racks: Vec::new() })
        })
        .collect();
    let mut left: usize = wanted.values().map(|wanted| wanted.left).sum();
    let mut replicas = Vec::with_capacity(left);
    for node in owners(topology, start) {
        if left == 0 {
            break;
        }
        let Some(wanted) = wanted.get_mut(&*node.datacenter) else { continue };
        if wanted.left == 0 || replicas.contains(&node.index) {
            continue;
        }
        if wanted.racks.contains(&&*node.rack) {
            let Some(repeats) = wanted.repeats.checked_sub(1) else { continue };
            wanted.repeats = repeats;
        } else {
            wanted.racks.push(&node.rack);
        }
        wanted.left -= 1;
        left -= 1;
        replicas.push(node.index);
    }
    replicas
}
