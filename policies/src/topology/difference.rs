use std::collections::HashMap;

use super::{NodeIndex, Topology};

/// How a topology differs from the one before it.
#[derive(Debug)]
pub(super) struct Difference {
    /// For each node of the topology before, its index now; `None` where it is gone, or stands elsewhere.
    pub(super) indices: Vec<Option<NodeIndex>>,
    /// For each token, its place in the ring before, where the same node owned it.
    pub(super) origins: Vec<Option<u32>>,
    /// Where tokens came, went or changed hands: the place, and the node whose data center it is about.
    pub(super) changes: Vec<Change>,
}

/// A token that came, or went.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change {
    /// Where it is now; of one that went, the place of the next.
    pub(super) place: usize,
    pub(super) owner: Owner,
}

/// Whose token it is, or was.
#[derive(Debug, Clone, Copy)]
pub(super) enum Owner {
    Now(NodeIndex),
    Before(NodeIndex),
}

impl Difference {
    pub(super) fn new(before: &Topology, now: &Topology) -> Self {
        let indices = indices(before, now);
        let mut origins = Vec::with_capacity(now.ring().len());
        let mut changes = Vec::new();
        let mut old = (0..).zip(before.ring()).peekable();
        for (place, (token, owner)) in now.ring().iter().enumerate() {
            while let Some((_, (_, gone))) = old.next_if(|(_, (old, _))| old < token) {
                changes.push(Change { place, owner: Owner::Before(*gone) });
            }
            let same = old.next_if(|(_, (old, _))| old == token);
            let origin = same.filter(|(_, (_, old))| indices[old.get()] == Some(*owner));
            if origin.is_none() {
                changes.push(Change { place, owner: Owner::Now(*owner) });
                let gone = same.map(|(_, (_, gone))| Change { place, owner: Owner::Before(*gone) });
                changes.extend(gone);
            }
            origins.push(origin.map(|(place, _)| place));
        }
        // What was behind the last token belonged to the first.
        changes.extend(old.map(|(_, (_, gone))| Change { place: 0, owner: Owner::Before(*gone) }));
        Self { indices, origins, changes }
    }
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
