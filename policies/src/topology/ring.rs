use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use helenus_protocol::Token;

use super::{Node, NodeIndex, ReplicaTable, ReplicationStrategy};

/// All nodes of a cluster at one moment. It never changes; a change makes a new one.
#[derive(Debug, Clone, Default)]
pub struct Topology {
    nodes: Vec<Node>,
    datacenters: BTreeMap<Arc<str>, Vec<NodeIndex>>,
    /// By data center, then by rack.
    racks: BTreeMap<Arc<str>, BTreeMap<Arc<str>, Vec<NodeIndex>>>,
    ring: Vec<(Token, NodeIndex)>,
}

impl Topology {
    /// A topology of these nodes; their `index` is set to their place.
    pub fn new(mut nodes: Vec<Node>) -> Self {
        let mut ring = Vec::with_capacity(nodes.iter().map(|node| node.tokens.len()).sum());
        for (index, node) in (0..).map(NodeIndex).zip(&mut nodes) {
            node.index = index;
            ring.extend(node.tokens.iter().map(|token| (*token, index)));
        }
        ring.sort_unstable();
        Self::with_ring(nodes, ring)
    }

    /// The topology after this one, with these nodes. It costs what has changed, beside a copy.
    #[must_use]
    pub fn next(&self, mut nodes: Vec<Node>) -> Self {
        let known: HashMap<_, _> = self.nodes.iter().map(|node| (node.host_id, node)).collect();
        let mut indices = vec![None; self.nodes.len()];
        let mut new = Vec::new();
        for (index, node) in (0..).map(NodeIndex).zip(&mut nodes) {
            node.index = index;
            match known.get(&node.host_id).filter(|known| known.tokens == node.tokens) {
                Some(known) => indices[known.index.get()] = Some(index),
                None => new.extend(node.tokens.iter().map(|token| (*token, index))),
            }
        }
        new.sort_unstable();
        let mut new = new.into_iter().peekable();
        let mut ring = Vec::with_capacity(self.ring.len() + new.len());
        for (token, owner) in &self.ring {
            let Some(index) = indices[owner.get()] else { continue };
            while let Some(before) = new.next_if(|(other, _)| other < token) {
                ring.push(before);
            }
            ring.push((*token, index));
        }
        ring.extend(new);
        // Nodes that say they own the same token are sorted by their indices, which may be others now.
        if !ring.is_sorted() {
            ring.sort_unstable();
        }
        Self::with_ring(nodes, ring)
    }

    fn with_ring(nodes: Vec<Node>, ring: Vec<(Token, NodeIndex)>) -> Self {
        let mut datacenters: BTreeMap<Arc<str>, Vec<NodeIndex>> = BTreeMap::new();
        let mut racks: BTreeMap<Arc<str>, BTreeMap<Arc<str>, Vec<NodeIndex>>> = BTreeMap::new();
        for node in &nodes {
            datacenters.entry(node.datacenter.clone()).or_default().push(node.index);
            let datacenter = racks.entry(node.datacenter.clone()).or_default();
            datacenter.entry(node.rack.clone()).or_default().push(node.index);
        }
        Self { nodes, datacenters, racks, ring }
    }

    /// Every node, by its index.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Whether a topology of `nodes` would be this one.
    pub fn has(&self, nodes: &[Node]) -> bool {
        let of = |node: &Node| (node.host_id, node.address);
        let is_same = |(known, node): (&Node, &Node)| {
            of(known) == of(node)
                && (&known.datacenter, &known.rack) == (&node.datacenter, &node.rack)
                && known.tokens == node.tokens
        };
        self.nodes.len() == nodes.len() && self.nodes.iter().zip(nodes).all(is_same)
    }

    /// A node. `None` for an index of another topology.
    pub fn node(&self, index: NodeIndex) -> Option<&Node> {
        self.nodes.get(index.get())
    }

    /// The nodes of a data center; none where there is no such data center.
    pub fn datacenter(&self, name: &str) -> &[NodeIndex] {
        self.datacenters.get(name).map_or(&[], Vec::as_slice)
    }

    /// The nodes of a rack; none where there is no such rack.
    pub fn rack(&self, datacenter: &str, rack: &str) -> &[NodeIndex] {
        let racks = self.racks.get(datacenter);
        racks.and_then(|racks| racks.get(rack)).map_or(&[], Vec::as_slice)
    }

    /// How many racks a data center has.
    pub(super) fn rack_count(&self, datacenter: &str) -> usize {
        self.racks.get(datacenter).map_or(0, BTreeMap::len)
    }

    /// Every data center, by name, with its nodes.
    pub fn datacenters(&self) -> impl Iterator<Item = (&Arc<str>, &[NodeIndex])> {
        self.datacenters.iter().map(|(name, nodes)| (name, nodes.as_slice()))
    }

    /// Every token, in order, with the node that owns the part of the ring that ends there.
    pub fn ring(&self) -> &[(Token, NodeIndex)] {
        &self.ring
    }

    /// Who holds copies of what, under a strategy.
    pub fn replicas(&self, strategy: &ReplicationStrategy) -> ReplicaTable {
        ReplicaTable::new(self, strategy)
    }

    /// The same as [`replicas`](Self::replicas), made from the table of the topology `before`: only those parts of the
    /// ring are looked at that a change may concern.
    pub fn next_replicas(
        &self,
        strategy: &ReplicationStrategy,
        before: &Self,
        table: &ReplicaTable,
    ) -> ReplicaTable {
        table.next(before, self, strategy)
    }
}
