//! A data center as a test sees it.

use super::Node;
use crate::fault::{Fault, InjectedFault};

/// The nodes of one data center of an [`EmbeddedCluster`](super::EmbeddedCluster).
#[derive(Debug, Clone)]
pub struct Datacenter {
    pub(super) nodes: Vec<Node>,
}

impl Datacenter {
    /// The nodes, stopped ones included.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Makes something go wrong on all of its nodes.
    pub fn inject(&self, fault: Fault) -> InjectedFault {
        let members = self.nodes.iter().map(|node| node.member.clone());
        InjectedFault::inject(fault, members.collect())
    }
}
