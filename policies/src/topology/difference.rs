use std::collections::HashMap;

use super::{NodeIndex, Topology};

/// How a topology differs from the one before it.
#[derive(Debug)]
pub(super) struct Difference<'a> {
    /// For each node of the topology before, its index now; `None` where it is gone, or stands elsewhere.
    pub(super) indices: Vec<Option<NodeIndex>>,
    /// For each token, its place in the ring before, where the same node owned it.
    pub(super) origins: Vec<Option<u32>>,
    /// Where tokens came, went or changed hands.
    pub(super) changes: Vec<Change<'a>>,
}

/// A token that came, or went.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change<'a> {
    /// Where it is now; of one that went, the place of the next.
    pub(super) place: usize,
    /// Of the node whose it is, or was.
    pub(super) datacenter: &'a str,
}

impl<'a> Difference<'a> {
    pub(super) fn new(before: &'a Topology, now: &'a Topology) -> Self {
        let came = |place, owner| Change { place, datacenter: datacenter(now, owner) };
        let went = |place, owner| Change { place, datacenter: datacenter(before, owner) };
        let indices = indices(before, now);
        let mut origins = Vec::with_capacity(now.ring().len());
        let mut changes = Vec::new();
        let mut old = (0..).zip(before.ring()).peekable();
        for (place, (token, owner)) in now.ring().iter().enumerate() {
            while let Some((_, (_, gone))) = old.next_if(|(_, (old, _))| old < token) {
                changes.push(went(place, *gone));
            }
            let same = old.next_if(|(_, (old, _))| old == token);
            let origin = same.filter(|(_, (_, old))| indices[old.get()] == Some(*owner));
            if origin.is_none() {
                changes.push(came(place, *owner));
                changes.extend(same.map(|(_, (_, gone))| went(place, *gone)));
            }
            origins.push(origin.map(|(place, _)| place));
        }
        // What was behind the last token belonged to the first.
        changes.extend(old.map(|(_, (_, gone))| went(0, *gone)));
        Self { indices, origins, changes }
    }
}

fn datacenter(topology: &Topology, index: NodeIndex) -> &str {
    &topology.nodes()[index.get()].datacenter
}

fn indices(before: &Topology, now: &Topology) -> Vec<Option<NodeIndex>> {
    let known: HashMap<_, _> = now.nodes().iter().map(|node| (node.host_id, node)).collect();
    let index = |old: &super::Node| {
        let node = known.get(&old.host_id)?;
        let is_there = node.datacenter == old.datacenter && node.rack == old.rack;
        is_there.then_some(node.index)
    };
    before.nodes().iter().map(index).collect()
}
