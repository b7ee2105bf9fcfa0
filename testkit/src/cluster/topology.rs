//! The nodes of a cluster at one time.

use std::sync::Arc;

use super::member::Member;
use crate::replica::{Place, Placement};

#[derive(Debug)]
pub(crate) struct Topology {
    pub(crate) members: Vec<Arc<Member>>,
    pub(crate) placement: Placement,
    /// Larger for every later topology.
    pub(crate) version: u64,
}

impl Topology {
    pub(super) fn new(members: Vec<Arc<Member>>, version: u64) -> Self {
        let placement = Placement::new(members.iter().map(|member| {
            let (datacenter, rack) = (member.datacenter.clone(), member.rack.clone());
            (Place { datacenter, rack }, member.tokens().to_vec())
        }));
        Self { members, placement, version }
    }

    /// The names of the data centers, in the order in which they came to be.
    pub(super) fn datacenters(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for member in &self.members {
            if !names.contains(&member.datacenter) {
                names.push(member.datacenter.clone());
            }
        }
        names
    }
}
