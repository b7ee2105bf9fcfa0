//! Where the nodes are, on the ring and off it.

use std::collections::{BTreeMap, HashSet};

use helenus_protocol::Token;

use super::Strategy;

/// A node's data center and rack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) datacenter: String,
    pub(crate) rack: String,
}

#[derive(Debug)]
pub(crate) struct Placement {
    places: Vec<Place>,
    /// Every token with its node, in order.
    ring: Vec<(Token, usize)>,
    /// Nodes by data center.
    sizes: BTreeMap<String, usize>,
    /// Racks by data center.
    racks: BTreeMap<String, usize>,
}

impl Placement {
    pub(crate) fn new(nodes: impl IntoIterator<Item = (Place, Vec<Token>)>) -> Self {
        let (mut places, mut ring, mut sizes) = (Vec::new(), Vec::new(), BTreeMap::new());
        let mut racks = BTreeMap::<_, HashSet<_>>::new();
        for (node, (place, tokens)) in nodes.into_iter().enumerate() {
            ring.extend(tokens.into_iter().map(|token| (token, node)));
            *sizes.entry(place.datacenter.clone()).or_default() += 1;
            racks.entry(place.datacenter.clone()).or_default().insert(place.rack.clone());
            places.push(place);
        }
        ring.sort_unstable();
        let racks = racks.into_iter().map(|(datacenter, racks)| (datacenter, racks.len()));
        Self { places, ring, sizes, racks: racks.collect() }
    }

    pub(crate) fn datacenter(&self, node: usize) -> &str {
        self.places.get(node).map_or("", |place| &place.datacenter)
    }

    /// Nodes in all.
    pub(super) fn size(&self) -> usize {
        self.places.len()
    }

    /// Nodes in a data center.
    pub(super) fn size_of(&self, datacenter: &str) -> usize {
        self.sizes.get(datacenter).copied().unwrap_or(0)
    }

    pub(super) fn has_one_datacenter(&self) -> bool {
        self.sizes.len() == 1
    }

    /// The tokens of nodes between two places of the ring, both included.
    pub(super) fn tokens_within(&self, first: Token, last: Token) -> impl Iterator<Item = Token> {
        let tokens = self.ring.iter().map(|(token, _)| *token);
        tokens.filter(move |token| (first..=last).contains(token))
    }

    /// The nodes that hold a token's partitions, the token's owner first.
    pub(crate) fn replicas(&self, token: Token, strategy: &Strategy) -> Vec<usize> {
        let start = self.ring.partition_point(|(owned, _)| *owned < token);
        let walk = self.ring[start..].iter().chain(&self.ring[..start]).map(|(_, node)| *node);
        match strategy {
            Strategy::Local => Vec::new(),
            Strategy::Simple(factor) => {
                let mut seen = HashSet::new();
                walk.filter(|node| seen.insert(*node)).take(*factor).collect()
            }
            Strategy::NetworkTopology(factors) => self.spread(walk, factors),
        }
    }

    /// In every data center the first nodes of the walk, each in a rack of its own as long as there are racks.
    fn spread(
        &self,
        walk: impl Iterator<Item = usize>,
        factors: &BTreeMap<String, usize>,
    ) -> Vec<usize> {
        let mut choices: BTreeMap<&str, Choice<'_>> = factors
            .iter()
            .map(|(datacenter, factor)| {
                let racks = self.racks.get(datacenter).copied().unwrap_or(0);
                let wanted = (*factor).min(self.size_of(datacenter));
                let repeats = wanted.saturating_sub(racks);
                (datacenter.as_str(), Choice { wanted, repeats, racks: HashSet::new() })
            })
            .collect();
        let mut replicas = Vec::new();
        let mut seen = HashSet::new();
        for node in walk {
            let Some(place) = self.places.get(node).filter(|_| seen.insert(node)) else { continue };
            if let Some(choice) = choices.get_mut(place.datacenter.as_str())
                && choice.takes(&place.rack)
            {
                replicas.push(node);
                if choices.values().all(|choice| choice.wanted == 0) {
                    break;
                }
            }
        }
        replicas
    }
}

/// How far the choice of a data center's replicas is.
struct Choice<'a> {
    wanted: usize,
    /// Replicas that may be in a rack that has one already.
    repeats: usize,
    racks: HashSet<&'a str>,
}

impl<'a> Choice<'a> {
    fn takes(&mut self, rack: &'a str) -> bool {
        if self.wanted == 0 {
            return false;
        }
        if !self.racks.insert(rack) {
            if self.repeats == 0 {
                return false;
            }
            self.repeats -= 1;
        }
        self.wanted -= 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placement(nodes: &[(&str, &str, &[i64])]) -> Placement {
        Placement::new(nodes.iter().map(|(datacenter, rack, tokens)| {
            let place = Place { datacenter: (*datacenter).into(), rack: (*rack).into() };
            (place, tokens.iter().copied().map(Token).collect())
        }))
    }

    fn network(factors: &[(&str, usize)]) -> Strategy {
        let factors = factors.iter().map(|(name, factor)| ((*name).to_owned(), *factor));
        Strategy::NetworkTopology(factors.collect())
    }

    #[test]
    fn the_simple_strategy_takes_the_next_nodes_of_the_ring() {
        let placement =
            placement(&[("a", "1", &[0, 30]), ("a", "1", &[10, 40]), ("b", "1", &[20])]);
        let replicas = |token, factor| placement.replicas(Token(token), &Strategy::Simple(factor));
        assert_eq!(replicas(5, 1), [1]);
        assert_eq!(replicas(10, 2), [1, 2]);
        assert_eq!(replicas(25, 2), [0, 1]);
        assert_eq!(replicas(41, 3), [0, 1, 2]);
        assert_eq!(replicas(20, 9), [2, 0, 1]);
        assert!(placement.replicas(Token(0), &Strategy::Local).is_empty());
    }

    #[test]
    fn the_network_topology_strategy_spreads_over_racks_before_it_repeats_one() {
        let placement = placement(&[
            ("a", "1", &[0]),
            ("a", "1", &[10]),
            ("a", "2", &[20]),
            ("b", "1", &[5]),
            ("b", "1", &[25]),
        ]);
        let replicas = |token, factors: &[_]| placement.replicas(Token(token), &network(factors));
        assert_eq!(replicas(0, &[("a", 2)]), [0, 2]);
        assert_eq!(replicas(0, &[("a", 3)]), [0, 1, 2]);
        assert_eq!(replicas(6, &[("a", 1), ("b", 1)]), [1, 4]);
        assert_eq!(replicas(21, &[("a", 2), ("b", 2)]), [4, 0, 3, 2]);
        assert_eq!(replicas(0, &[("a", 9), ("c", 2)]).len(), 3);
    }
}
