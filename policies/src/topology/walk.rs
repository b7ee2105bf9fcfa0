use std::collections::HashMap;

use super::rules::{Rule, Rules};
use super::{NodeIndex, ReplicationStrategy, Topology};

/// The way around the ring from one part on, to the nodes that hold copies of it.
///
/// Each data center is walked by itself, over its own tokens: one with few nodes lies far apart among the tokens of a
/// large one.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    topology: &'a Topology,
    groups: Vec<Group>,
    /// Nodes of one rack have one number. Without racks each node has its own.
    racks: Vec<u32>,
    /// For each rack the last walk that met it.
    met: Vec<u32>,
    walks: u32,
    found: Vec<Found>,
}

/// The nodes among which a number of copies is shared out: a data center, or all nodes.
#[derive(Debug)]
struct Group {
    name: Option<String>,
    rule: Rule,
    /// Where in the ring the tokens of its nodes are.
    places: Vec<u32>,
    /// Where in `places` the last walk began: the next is likely to begin near it.
    last: usize,
}

impl Group {
    /// The index of the first token from `start` on.
    fn first(&mut self, start: usize) -> usize {
        let is_before = |place: &u32| (*place as usize) < start;
        let is_first = |index: usize| {
            let (before, from) = self.places.split_at(index);
            before.last().is_none_or(is_before) && !from.first().is_some_and(is_before)
        };
        let near = [self.last, self.last + 1].into_iter();
        let found = near.filter(|index| *index <= self.places.len()).find(|index| is_first(*index));
        self.last = found.unwrap_or_else(|| self.places.partition_point(is_before));
        self.last
    }
}

#[derive(Debug, Clone, Copy)]
struct Found {
    /// How far along the ring it was found.
    distance: usize,
    node: NodeIndex,
}

impl<'a> Walk<'a> {
    /// `None` for a strategy that no token decides.
    pub(super) fn new(topology: &'a Topology, strategy: &ReplicationStrategy) -> Option<Self> {
        let nodes = topology.nodes();
        let rules = Rules::new(topology, strategy)?;
        let (groups, racks) = match rules {
            Rules::ForAll(rule) => {
                let places = (0..).take(topology.ring().len()).collect();
                let racks = (0..).take(nodes.len()).collect();
                (vec![Group { name: None, rule, places, last: 0 }], racks)
            }
            Rules::ByDatacenter(rules) => (by_datacenter(topology, rules), rack_numbers(topology)),
        };
        let met = vec![0; nodes.len()];
        Some(Self { topology, groups, racks, met, walks: 0, found: Vec::new() })
    }

    /// Adds the nodes that hold copies of the part at `start` of the ring to `replicas`, the first owner first.
    pub(super) fn replicas(&mut self, start: usize, replicas: &mut Vec<NodeIndex>) {
        self.found.clear();
        for group in 0..self.groups.len() {
            let first = self.groups[group].first(start);
            self.walk(group, first, start);
        }
        if self.groups.len() > 1 {
            self.found.sort_unstable_by_key(|found| found.distance);
        }
        replicas.extend(self.found.iter().map(|found| found.node));
    }

    /// The parts of the ring, as ranges of places, whose copies are decided by walks that pass `place`, which is a
    /// token of the data center `of`.
    pub(super) fn passing(&mut self, place: usize, of: &str, mut give: impl FnMut(usize, usize)) {
        for group in 0..self.groups.len() {
            let Group { name, places, .. } = &self.groups[group];
            if name.as_deref().is_some_and(|name| name != of) || places.is_empty() {
                continue;
            }
            let count = places.len();
            let passed = places.partition_point(|other| (*other as usize) < place) % count;
            for back in 0..count {
                let first = (passed + count - back) % count;
                self.found.clear();
                // Who starts further back gets no further.
                if self.walk(group, first, 0) <= back {
                    break;
                }
                let places = &self.groups[group].places;
                let before = places[(first + count - 1) % count] as usize;
                give((before + 1) % self.topology.ring().len(), places[first] as usize);
            }
        }
    }

    /// Finds the copies of a group from its token `first` on; returns how many tokens were passed.
    fn walk(&mut self, group: usize, first: usize, start: usize) -> usize {
        let Group { rule, places, .. } = &self.groups[group];
        let Rule { mut copies, mut repeats } = *rule;
        let ring = self.topology.ring();
        let others = self.found.len();
        self.walks += 1;
        let (before, from) = places.split_at(first.min(places.len()));
        for (passed, place) in from.iter().chain(before).enumerate() {
            if copies == 0 {
                return passed;
            }
            let place = *place as usize;
            let node = ring[place].1;
            let met = &mut self.met[self.racks[node.get()] as usize];
            if *met == self.walks {
                let is_found = self.found[others..].iter().any(|found| found.node == node);
                if is_found || repeats == 0 {
                    continue;
                }
                repeats -= 1;
            }
            *met = self.walks;
            copies -= 1;
            let distance = (place + ring.len() - start) % ring.len();
            self.found.push(Found { distance, node });
        }
        places.len()
    }
}

fn by_datacenter(topology: &Topology, rules: Vec<(String, Rule)>) -> Vec<Group> {
    let group = |(name, rule)| Group { name: Some(name), rule, places: Vec::new(), last: 0 };
    let mut groups: Vec<_> = rules.into_iter().map(group).collect();
    let mut group_of = vec![None; topology.nodes().len()];
    for (index, group) in groups.iter().enumerate() {
        for node in topology.datacenter(group.name.as_deref().unwrap_or_default()) {
            group_of[node.get()] = Some(index);
        }
    }
    for (place, (_, owner)) in (0..).zip(topology.ring()) {
        if let Some(group) = group_of[owner.get()] {
            groups[group].places.push(place);
        }
    }
    groups
}

fn rack_numbers(topology: &Topology) -> Vec<u32> {
    let mut numbers = HashMap::new();
    let number = |node: &super::Node| {
        let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        *numbers.entry((node.datacenter.clone(), node.rack.clone())).or_insert(next)
    };
    topology.nodes().iter().map(number).collect()
}
