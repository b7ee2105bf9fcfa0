use std::collections::{BTreeMap, BTreeSet};

use helenus_protocol::Token;

use super::token_index::TokenIndex;
use super::{Node, NodeIndex, ReplicationStrategy, Topology};

/// For every part of the ring the nodes that hold copies of it, computed once for a strategy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReplicaTable {
    ends: Vec<Token>,
    /// Leads from a token's highest bits to where it is looked for in `ends`.
    index: TokenIndex,
    /// Where the replicas of each part start in `replicas`; one more than there are parts.
    starts: Vec<u32>,
    replicas: Vec<NodeIndex>,
}

impl ReplicaTable {
    pub(super) fn new(topology: &Topology, strategy: &ReplicationStrategy) -> Self {
        let mut table = Self { starts: vec![0], ..Self::default() };
        let walk: Box<dyn Fn(usize) -> Vec<NodeIndex> + '_> = match strategy {
            ReplicationStrategy::Simple { factor } => {
                Box::new(move |start| simple(topology, start, *factor))
            }
            ReplicationStrategy::NetworkTopology { factors } => {
                let racks = racks(topology);
                Box::new(move |start| network(topology, start, factors, &racks))
            }
            ReplicationStrategy::Other { .. } => return table,
        };
        for (start, (end, _)) in topology.ring().iter().enumerate() {
            table.ends.push(*end);
            table.replicas.extend(walk(start));
            table.starts.push(u32::try_from(table.replicas.len()).unwrap_or(u32::MAX));
        }
        table.index = TokenIndex::new(&table.ends);
        table
    }

    /// The nodes that hold copies of a token, the first owner first; none where no token decides.
    #[inline]
    pub fn replicas(&self, token: Token) -> &[NodeIndex] {
        if self.ends.is_empty() {
            return &[];
        }
        // A part ends with its token; what lies behind the last one belongs to the first.
        let part = self.index.find(&self.ends, token) % self.ends.len();
        &self.replicas[self.starts[part] as usize..self.starts[part + 1] as usize]
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    /// Nodes `(data center, rack, tokens)` by index.
    fn topology(nodes: &[(&str, &str, &[i64])]) -> Topology {
        let node = |(dc, rack, tokens): &(&str, &str, &[i64])| Node {
            index: NodeIndex(0),
            host_id: Uuid::nil(),
            address: ([127, 0, 0, 1], 9042).into(),
            datacenter: (*dc).into(),
            rack: (*rack).into(),
            tokens: tokens.iter().copied().map(Token).collect(),
        };
        Topology::new(nodes.iter().map(node).collect())
    }

    fn indices(table: &ReplicaTable, token: i64) -> Vec<u32> {
        table.replicas(Token(token)).iter().map(|index| index.0).collect()
    }

    #[test]
    fn a_part_of_the_ring_belongs_to_the_token_at_its_end() {
        let topology =
            topology(&[("dc1", "r1", &[0]), ("dc1", "r1", &[100]), ("dc1", "r1", &[200])]);
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
    }
}
