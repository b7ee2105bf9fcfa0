use std::net::Ipv4Addr;

use uuid::Uuid;

use super::Options;

pub(super) const DATACENTER: &str = "dc1";

/// The nodes as the system tables tell of them.
#[derive(Debug)]
pub(super) struct Cluster {
    pub(super) nodes: Vec<Node>,
}

#[derive(Debug)]
pub(super) struct Node {
    pub(super) host_id: Uuid,
    pub(super) address: Ipv4Addr,
    pub(super) port: u16,
    pub(super) rack: String,
    pub(super) tokens: Vec<String>,
}

impl Cluster {
    /// Nodes in three racks, whose tokens take turns on the ring.
    pub(super) fn new(options: &Options, port: u16) -> Self {
        let (nodes, tokens) = (u64::from(options.nodes), u64::from(options.tokens));
        let step = u64::MAX / (nodes * tokens);
        let token = |node: u64, turn: u64| {
            let above_minimum = step * (turn * nodes + node + 1);
            i64::MIN.wrapping_add_unsigned(above_minimum).to_string()
        };
        let node = |number: u16| Node {
            host_id: Uuid::from_u128(
                0x6265_6e63_6800_4000_8000_0000_0000_0000 + u128::from(number),
            ),
            address: address(number),
            port,
            rack: format!("r{}", number % 3 + 1),
            tokens: (0..tokens).map(|turn| token(number.into(), turn)).collect(),
        };
        Self { nodes: (0..options.nodes).map(node).collect() }
    }

    /// Copies of each row.
    pub(super) fn replication_factor(&self) -> usize {
        self.nodes.len().min(3)
    }
}

/// The address of a node, by its number from 0.
pub(super) fn address(node: u16) -> Ipv4Addr {
    Ipv4Addr::from_bits(Ipv4Addr::LOCALHOST.to_bits() + u32::from(node))
}
