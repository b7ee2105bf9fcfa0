use std::collections::BTreeMap;
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
        let mut datacenters: BTreeMap<Arc<str>, Vec<NodeIndex>> = BTreeMap::new();
        let mut racks: BTreeMap<Arc<str>, BTreeMap<Arc<str>, Vec<NodeIndex>>> = BTreeMap::new();
        let mut ring = Vec::with_capacity(nodes.iter().map(|node| node.tokens.len()).sum());
        for (index, node) in (0..).map(NodeIndex).zip(&mut nodes) {
            node.index = index;
            datacenters.entry(node.datacenter.clone()).or_default().push(index);
            let datacenter = racks.entry(node.datacenter.clone()).or_default();
            datacenter.entry(node.rack.clone()).or_default().push(index);
            ring.extend(node.tokens.iter().map(|token| (*token, index)));
        }
        ring.sort_unstable();
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
}
